#include "ledger_db.h"

#include <stdio.h>

int ledger_other_account(struct ledger *ledger, sluice_text provider, sluice_text account, char out[128],
                         sluice_error *error) {
    struct query *find;
    int result = ledger_statement(ledger, STATEMENT_ACCOUNT_OTHER,
                                  "SELECT account FROM accounts WHERE provider = ?1 AND NOT EXISTS"
                                  " (SELECT 1 FROM accounts WHERE provider = ?1 AND account = ?2)"
                                  " ORDER BY lower(account) = lower(?2) DESC, id DESC",
                                  &find, error);
    out[0] = 0;
    if (result)
        return result;
    ledger_bind_text(ledger, find, 1, provider);
    ledger_bind_text(ledger, find, 2, account);
    result = ledger_step(ledger, find, error);
    if (result == 1) {
        const char *name = ledger_column_string(ledger, find, 0);
        snprintf(out, 128, "%s", name ? name : "");
        ledger_reset(ledger, find);
    }
    return result < 0 ? result : 0;
}

int ledger_account_counted(struct ledger *ledger, sluice_text provider, sluice_text account,
                           int32_t since_quarter, struct ledger_counted *out, sluice_error *error) {
    struct query *sum;
    money by_state[ORDER_STATE_COUNT] = {0};
    int result = ledger_settle_totals(ledger, error);
    *out = (struct ledger_counted){0};
    if (!result)
        result = ledger_statement(
            ledger, STATEMENT_ACCOUNT_COUNTED,
            "SELECT state, sum(amount) FROM totals WHERE (day >= ?1 OR day BETWEEN ?4 AND ?5)"
            " AND account = (SELECT id FROM accounts WHERE provider = ?2 AND account = ?3)"
            " GROUP BY state",
            &sum, error);
    if (result)
        return result;
    ledger_bind_int(ledger, sum, 1, since_quarter);
    ledger_bind_text(ledger, sum, 2, provider);
    ledger_bind_text(ledger, sum, 3, account);
    ledger_bind_int(ledger, sum, 4, ledger_utc_day(since_quarter));
    ledger_bind_int(ledger, sum, 5, LEDGER_QUARTERS - 1);
    while ((result = ledger_step(ledger, sum, error)) == 1)
        ledger_take_sum(ledger, sum, by_state);
    if (!result)
        result = ledger_add_pending(ledger, provider, account, since_quarter, INT32_MAX, by_state, error);
    for (int state = 0; state < ORDER_STATE_COUNT; state++) {
        money *of = state == ORDER_CLAIMED || state == ORDER_SENDING ? &out->open : &out->closed;
        if (order_state_counts_in_caps((enum order_state)state))
            *of = money_add(*of, by_state[state]);
    }
    return result;
}
