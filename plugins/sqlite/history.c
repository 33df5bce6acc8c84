#include "history.h"

#include <stdlib.h>
#include <string.h>

bool history_is_of(const struct history *history, sluice_text file) {
    return history->file && strlen(history->file) == file.len &&
           (file.len == 0 || memcmp(history->file, file.ptr, file.len) == 0);
}

int history_add(struct history *history, sluice_text file, uint64_t imported, uint64_t skipped,
                sluice_error *error) {
    if (!history_is_of(history, file)) {
        char *copy = strndup(file.len ? file.ptr : "", file.len);
        if (!copy)
            return database_fail_memory(history->db, error);
        free(history->file);
        *history = (struct history){.db = history->db, .file = copy};
    }
    history->imported += imported;
    history->skipped += skipped;
    history->changed = true;
    return 0;
}

/* One row a file and run, which grows with each commit: so it is right after a crash, too. */
int history_write(struct history *history, sluice_error *error) {
    static const char insert[] = "INSERT INTO import_history(filename, rows_imported, rows_skipped) "
                                 "VALUES(?1, ?2, ?3) RETURNING rowid";
    static const char update[] =
        "UPDATE import_history SET rows_imported = ?2, rows_skipped = ?3 WHERE rowid = ?4 RETURNING rowid";
    sqlite3_stmt *statement = NULL;
    if (!history->changed)
        return 0;
    int failed = database_prepare(history->db, history->row ? update : insert, &statement, error);
    if (failed)
        return failed;
    sqlite.bind_text(statement, 1, history->file, -1, SQLITE_STATIC);
    sqlite.bind_int64(statement, 2, (int64_t)history->imported);
    sqlite.bind_int64(statement, 3, (int64_t)history->skipped);
    if (history->row)
        sqlite.bind_int64(statement, 4, history->row);
    int result = sqlite.step(statement);
    if (result == SQLITE_ROW)
        history->row = sqlite.column_int64(statement, 0);
    while (result == SQLITE_ROW)
        result = sqlite.step(statement);
    if (result != SQLITE_DONE)
        failed = database_fail(history->db, result, error);
    history->changed = failed != 0;
    sqlite.finalize(statement);
    return failed;
}

void history_say(const struct history *history, const sluice_host *host, sluice_self *self) {
    if (history->file)
        host->log(self, SLUICE_LOG_INFO, "%s%s%llu order%s new or with news, %llu known", history->file,
                  *history->file ? ": " : "", (unsigned long long)history->imported,
                  history->imported == 1 ? "" : "s", (unsigned long long)history->skipped);
}

void history_free(struct history *history) {
    free(history->file);
    *history = (struct history){0};
}
