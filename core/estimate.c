#include "estimate.h"

#include <stdlib.h>
#include <string.h>

enum { SEEN_MOST = 512 * 1024 }; /* identifiers that are told apart: 8 MiB */

static bool insert(uint64_t *table, size_t room, uint64_t key) {
    size_t at = key & (room - 1);
    while (table[at] && table[at] != key)
        at = (at + 1) & (room - 1);
    bool fresh = !table[at];
    table[at] = key;
    return fresh;
}

static bool grow(struct estimate *estimate) {
    size_t room = estimate->seen_room ? estimate->seen_room * 2 : 4096;
    uint64_t *table = calloc(room, sizeof *table);
    if (!table)
        return false;
    for (size_t i = 0; i < estimate->seen_room; i++)
        if (estimate->seen[i])
            insert(table, room, estimate->seen[i]);
    free(estimate->seen);
    estimate->seen = table;
    estimate->seen_room = room;
    return true;
}

/* Did this key not come before? Past the limit every key counts as new, and the sums say "at most". */
static bool is_new(struct estimate *estimate, const struct order_key *key) {
    uint64_t word;
    memcpy(&word, key->bytes, sizeof word);
    word |= 1; /* 0 marks a free place */
    if (estimate->seen_count >= SEEN_MOST)
        estimate->at_most = true;
    else if (2 * estimate->seen_count >= estimate->seen_room && !grow(estimate))
        estimate->at_most = true;
    if (estimate->at_most)
        return true;
    bool fresh = insert(estimate->seen, estimate->seen_room, word);
    estimate->seen_count += fresh;
    return fresh;
}

static int count_service(struct estimate *estimate, const struct order_maker *maker,
                         const struct order *order, sluice_error *error) {
    size_t at = 0;
    while (at < estimate->service_count && estimate->services[at].service != order->service)
        at++;
    if (at == estimate->service_room) {
        size_t room = estimate->service_room ? estimate->service_room * 2 : 16;
        struct service_estimate *more = realloc(estimate->services, room * sizeof *more);
        if (!more)
            return fail_memory(error);
        estimate->services = more;
        estimate->service_room = room;
    }
    struct service_estimate *service = &estimate->services[at];
    if (at == estimate->service_count) {
        *service = (struct service_estimate){.service = order->service, .price = order_price(maker, order)};
        estimate->service_count++;
    }
    service->orders++;
    service->cost = money_add(service->cost, service->price);
    estimate->orders++;
    estimate->cost = money_add(estimate->cost, service->price);
    return 0;
}

static int count_order(struct estimate *estimate, const struct order_maker *maker, struct ledger *ledger,
                       const struct order *order, sluice_error *error) {
    struct claim claim = {0};
    if (!is_new(estimate, &order->key)) {
        estimate->duplicate++;
        return 0;
    }
    int failed = ledger_look(ledger, 0, &order->key, order->parameters, &claim, error);
    if (failed)
        return failed;
    switch (claim.answer) {
    case ANSWER_CLAIMED:
        if (!order->unpriced.code)
            return count_service(estimate, maker, order, error);
        estimate->rejected++;
        break;
    case ANSWER_DUPLICATE:
        estimate->duplicate++;
        break;
    case ANSWER_IN_DOUBT:
        estimate->in_doubt++;
        break;
    case ANSWER_LIVE:
        estimate->skipped++;
        break;
    case ANSWER_REJECTED:
    case ANSWER_DIFFERS:
        estimate->rejected++;
        break;
    }
    return 0;
}

static void refuse(void *user, const struct batch *batch, uint32_t row, const struct order_refusal *refusal) {
    struct estimate *estimate = user;
    (void)batch, (void)row, (void)refusal;
    estimate->rejected++;
}

int estimate_batch(struct estimate *estimate, const struct order_maker *maker, struct ledger *ledger,
                   struct batch *batch, sluice_error *error) {
    struct lot *lot = lot_make(maker, batch, refuse, estimate, error);
    int failed = error->code;
    if (!lot)
        return failed;
    failed = ledger_read_begin(ledger, error);
    for (uint32_t i = 0; !failed && i < lot->count; i++)
        failed = count_order(estimate, maker, ledger, &lot->orders[i], error);
    ledger_read_end(ledger);
    lot_free(lot);
    return failed;
}

void estimate_end(struct estimate *estimate) {
    free(estimate->seen);
    estimate->seen = NULL;
    estimate->seen_room = 0;
}

void estimate_free(struct estimate *estimate) {
    estimate_end(estimate);
    free(estimate->services);
    *estimate = (struct estimate){0};
}
