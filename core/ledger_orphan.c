/* Orders that a run was sending when it died, and that no other run has found yet: for a plan, which mustn't
 * put them in doubt, but has to know that a run would. */
#include "ledger_db.h"
#include "ledger_settle.h"

int ledger_orphans(struct ledger *ledger, int64_t account, int (*each)(void *user, const struct doubt *doubt),
                   void *user, sluice_error *error) {
    struct doubt doubt;
    struct query *rows;
    int64_t looked = 0;
    bool alive = true;
    int result = ledger_statement(
        ledger, STATEMENT_ORPHANS_READ,
        "SELECT " LEDGER_DOUBT " FROM orders AS o INDEXED BY orders_open"
        " WHERE (o.state = 1 OR o.state = 2 OR o.state = 4) AND o.state = 2 AND o.account = ?1 ORDER BY o.id",
        &rows, error);
    if (result)
        return result;
    ledger_bind_int(ledger, rows, 1, account);
    while ((result = ledger_step(ledger, rows, error)) == 1) {
        ledger_read_doubt(ledger, rows, &doubt);
        if (doubt.run != looked && (result = ledger_run_alive(ledger, doubt.run, &alive, error)) < 0)
            break;
        looked = doubt.run;
        doubt.live = false;
        if (!alive && each(user, &doubt))
            break;
    }
    ledger_reset(ledger, rows);
    return result < 0 ? result : 0;
}
