#include "ledger_db.h"

#include <stdio.h>

int ledger_other_account(struct ledger *ledger, sluice_text provider, sluice_text account, char out[128],
                         sluice_error *error) {
    sqlite3_stmt *find;
    int result =
        ledger_statement(ledger, STATEMENT_ACCOUNT_OTHER,
                         "SELECT account FROM accounts WHERE provider = ?1 AND NOT EXISTS"
                         " (SELECT 1 FROM accounts WHERE provider = ?1 AND account = ?2) ORDER BY id DESC",
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
        ledger->sqlite->sqlite3_reset(find);
    }
    return result < 0 ? result : 0;
}
