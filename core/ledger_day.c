#include "ledger_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int ledger_now(struct ledger *ledger, int32_t clock_quarter, int32_t *quarter, sluice_error *error) {
    static const char name[] = "last quarter";
    char value[32];
    int failed = ledger_setting(ledger, name, value, sizeof value, error);
    long last = failed || !*value ? INT32_MIN : strtol(value, NULL, 10);
    *quarter = last > clock_quarter && last <= INT32_MAX ? (int32_t)last : clock_quarter;
    if (failed || !ledger->changing || last >= clock_quarter)
        return failed;
    snprintf(value, sizeof value, "%" PRId32, clock_quarter);
    return ledger_set(ledger, name, value, error);
}

int32_t ledger_utc_day(int32_t quarter) {
    return quarter < LEDGER_QUARTERS ? quarter : quarter / LEDGER_DAY_QUARTERS;
}

int ledger_day_counted(struct ledger *ledger, sluice_text provider, sluice_text account, struct zone_span day,
                       money *out, sluice_error *error) {
    struct query *sum;
    money by_state[ORDER_STATE_COUNT] = {0};
    int result = ledger_settle_totals(ledger, error);
    *out = 0;
    if (!result)
        result =
            ledger_statement(ledger, STATEMENT_DAY_COUNTED,
                             "SELECT state, sum(amount) FROM totals WHERE (day BETWEEN ?1 AND ?4 OR day = ?5)"
                             " AND account = (SELECT id FROM accounts WHERE provider = ?2 AND account = ?3)"
                             " GROUP BY state",
                             &sum, error);
    if (result)
        return result;
    ledger_bind_int(ledger, sum, 1, day.first);
    ledger_bind_text(ledger, sum, 2, provider);
    ledger_bind_text(ledger, sum, 3, account);
    ledger_bind_int(ledger, sum, 4, day.last);
    ledger_bind_int(ledger, sum, 5, day.day);
    while ((result = ledger_step(ledger, sum, error)) == 1)
        ledger_take_sum(ledger, sum, by_state);
    if (!result)
        result = ledger_add_pending(ledger, provider, account, day.first, day.last, by_state, error);
    for (int state = 0; state < ORDER_STATE_COUNT; state++)
        if (order_state_counts_in_caps((enum order_state)state))
            *out = money_add(*out, by_state[state]);
    return result;
}
