#include "ledger_db.h"

#include "clock.h"

int ledger_day_counted(struct ledger *ledger, sluice_text provider, sluice_text account, int32_t day,
                       money *out, sluice_error *error) {
    sqlite3_stmt *sum;
    int result = ledger_write_totals(ledger, error); /* what this transaction has counted so far */
    *out = 0;
    if (!result)
        result =
            ledger_statement(ledger, STATEMENT_DAY_COUNTED,
                             "SELECT state, sum(amount) FROM totals WHERE day = ?1 AND account ="
                             " (SELECT id FROM accounts WHERE provider = ?2 AND account = ?3) GROUP BY state",
                             &sum, error);
    if (result)
        return result;
    ledger_bind_int(ledger, sum, 1, day ? day : (int32_t)(clock_wall_ms() / (24 * 60 * 60 * 1000)));
    ledger_bind_text(ledger, sum, 2, provider);
    ledger_bind_text(ledger, sum, 3, account);
    while ((result = ledger_step(ledger, sum, error)) == 1)
        if (order_state_counts_in_caps((enum order_state)ledger_column_int(ledger, sum, 0)))
            *out = money_add(*out, ledger_column_int(ledger, sum, 1));
    return result < 0 ? result : 0;
}
