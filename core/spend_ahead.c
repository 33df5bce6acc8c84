/* What a turn will ask of the ledger, said before it begins: one that is a network away answers at once. */
#include "ledger_ahead.h"
#include "spend_parts.h"

#include "clock.h"

enum { LOOKED_MOST = 8 * GROUP_ROWS }; /* claims tried in one turn, refused ones too */

static void expect_landed(struct spend *spend, const struct flight *landed) {
    for (const struct flight *flight = landed; flight; flight = flight->next)
        for (uint32_t i = 0; i < flight->count; i++) {
            const struct verdict *verdict =
                flight->end == FLIGHT_REPLIED ? call_verdict(&flight->call, i) : NULL;
            ledger_expect_order(spend->ledger, flight->orders[i]->id);
            if (verdict && verdict->kind == SLUICE_VERDICT_PLACED)
                ledger_expect_order_id(spend->ledger, verdict->order_id);
        }
}

/* Orders of a lot from `at` on; how many. */
static uint64_t expect_lot(struct spend *spend, const struct lot *lot, uint32_t at, uint64_t most) {
    uint64_t count = 0;
    for (; at < lot->count && count < most; at++, count++)
        ledger_expect_key(spend->ledger, &lot->orders[at].key);
    return count;
}

/* In the order in which spend_next_order takes them. */
static uint64_t expect_claims(struct spend *spend, uint64_t most) {
    uint64_t count = 0;
    int64_t now = clock_us();
    for (const struct order *order = spend->again; order && order->not_before_us <= now && count < most;
         order = order->next, count++)
        ledger_expect_key(spend->ledger, &order->key);
    if (spend->lot)
        count += expect_lot(spend, spend->lot, spend->lot_next, most - count);
    pthread_mutex_lock(&spend->lock);
    for (const struct lot *lot = spend->lots; lot && count < most; lot = lot->next)
        count += expect_lot(spend, lot, 0, most - count);
    pthread_mutex_unlock(&spend->lock);
    return count;
}

/* As many as may be claimed, and as many more as there may be known ones among them, going by the last turn.
 */
void spend_expect(struct spend *spend, const struct flight *landed, uint64_t rows) {
    uint64_t most = rows + 2 * spend->refused;
    spend->looks = LOOKED_MOST;
    if (!ledger_is_far(spend->ledger))
        return;
    expect_landed(spend, landed);
    if (rows && spend->run->watch)
        ledger_expect_askers(spend->ledger);
    if (rows)
        spend->looks = expect_claims(spend, most < LOOKED_MOST ? most : LOOKED_MOST);
}
