#include "ledger_check.h"

#include <stdio.h>
#include <string.h>

#include "ledger_db.h"

/* Postgres looks after its own files. */
int ledger_check(struct ledger *ledger, char *wrong, size_t room, sluice_error *error) {
    const struct sqlite_library *sqlite = ledger->sqlite;
    sqlite3_stmt *look = NULL;
    wrong[0] = 0;
    if (ledger->remote)
        return 0;
    int result = sqlite->sqlite3_prepare_v3(ledger->db, "PRAGMA quick_check(1)", -1, 0, &look, NULL);
    if (result == SQLITE_OK)
        result = sqlite->sqlite3_step(look);
    const unsigned char *said = result == SQLITE_ROW ? sqlite->sqlite3_column_text(look, 0) : NULL;
    if (said)
        snprintf(wrong, room, "%s", strcmp((const char *)said, "ok") == 0 ? "" : (const char *)said);
    int failed =
        said ? 0 : fail(error, SLUICE_E_IO, "%s: %s", ledger->path, sqlite->sqlite3_errmsg(ledger->db));
    sqlite->sqlite3_finalize(look);
    return failed;
}
