#include "ledger_settle.h"
#include "ledger_db.h"

#include <string.h>

static bool same_row(const struct ledger_total *a, const struct ledger_total *b) {
    return a->state == b->state && a->run == b->run && a->account == b->account && a->quarter == b->quarter &&
           strcmp(a->currency, b->currency) == 0;
}

int ledger_write_totals(struct ledger *ledger, sluice_error *error) {
    struct query *add;
    int failed = ledger_statement(
        ledger, STATEMENT_TOTAL_ADD,
        "INSERT INTO totals (day, account, run, currency, state, orders, amount) VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6, ?7)"
        " ON CONFLICT DO UPDATE SET orders = orders + excluded.orders, amount = amount + excluded.amount",
        &add, error);
    for (size_t i = 0; !failed && i < ledger->total_count; i++) {
        const struct ledger_total *row = &ledger->totals[i];
        if (!row->orders && !row->amount)
            continue;
        ledger_bind_int(ledger, add, 1, row->quarter);
        ledger_bind_int(ledger, add, 2, row->account);
        ledger_bind_int(ledger, add, 3, row->run);
        ledger_bind_string(ledger, add, 4, row->currency);
        ledger_bind_int(ledger, add, 5, row->state);
        ledger_bind_int(ledger, add, 6, row->orders);
        ledger_bind_int(ledger, add, 7, row->amount);
        failed = ledger_execute(ledger, add, error);
    }
    ledger->total_count = 0;
    return failed;
}

int ledger_count_order(struct ledger *ledger, const struct ledger_total *row, int by, sluice_error *error) {
    struct ledger_total *total = ledger->totals, *end = total + ledger->total_count;
    money amount = row->amount == MONEY_NONE ? 0 : row->amount;
    while (total < end && !same_row(total, row))
        total++;
    if (total == ledger->totals + LEDGER_TOTALS) {
        int failed = ledger_write_totals(ledger, error);
        if (failed)
            return failed;
        total = end = ledger->totals;
    }
    if (total == end) {
        *total = *row;
        total->orders = 0;
        total->amount = 0;
        ledger->total_count++;
    }
    total->orders += by;
    total->amount = money_add(total->amount, by > 0 ? amount : -amount);
    return 0;
}

int ledger_settle_totals(struct ledger *ledger, sluice_error *error) {
    return ledger->remote ? 0 : ledger_write_totals(ledger, error);
}

void ledger_take_sum(struct ledger *ledger, struct query *row, money out[ORDER_STATE_COUNT]) {
    int64_t state = ledger_column_int(ledger, row, 0);
    if (state > ORDER_NONE && state < ORDER_STATE_COUNT)
        out[state] = ledger_column_int(ledger, row, 1);
}

int ledger_add_pending(struct ledger *ledger, sluice_text provider, sluice_text account, int32_t first,
                       int32_t last, money out[ORDER_STATE_COUNT], sluice_error *error) {
    int64_t id = 0;
    int failed = ledger->total_count ? ledger_account(ledger, provider, account, false, &id, error) : 0;
    for (size_t i = 0; !failed && i < ledger->total_count; i++) {
        const struct ledger_total *row = &ledger->totals[i];
        if (row->account == id && row->quarter >= first && row->quarter <= last)
            out[row->state] = money_add(out[row->state], row->amount);
    }
    return failed;
}
