#include "ledger_db.h"

#include <stdio.h>

int ledger_setting(struct ledger *ledger, const char *name, char *out, size_t room, sluice_error *error) {
    struct query *read;
    int result = ledger_statement(ledger, STATEMENT_SETTING_READ,
                                  "SELECT value FROM settings WHERE name = ?1", &read, error);
    out[0] = 0;
    if (result)
        return result;
    ledger_bind_string(ledger, read, 1, name);
    result = ledger_step(ledger, read, error);
    const char *value = result == 1 ? ledger_column_string(ledger, read, 0) : NULL;
    if (value && (size_t)snprintf(out, room, "%s", value) >= room)
        out[0] = 0;
    ledger_reset(ledger, read);
    return result < 0 ? result : 0;
}

int ledger_set(struct ledger *ledger, const char *name, const char *value, sluice_error *error) {
    struct query *write;
    int failed = ledger_check_changing(ledger, error);
    if (!failed)
        failed =
            ledger_statement(ledger, STATEMENT_SETTING_WRITE,
                             "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)", &write, error);
    if (failed)
        return failed;
    ledger_bind_string(ledger, write, 1, name);
    ledger_bind_string(ledger, write, 2, value);
    return ledger_execute(ledger, write, error);
}
