#include "history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool history_is_of(const struct history *history, sluice_text file) {
    return history->file && strlen(history->file) == file.len &&
           (file.len == 0 || memcmp(history->file, file.ptr, file.len) == 0);
}

int history_add(struct history *history, sluice_text file, uint64_t imported, uint64_t skipped) {
    if (!history_is_of(history, file)) {
        char *copy = strndup(file.len ? file.ptr : "", file.len);
        if (!copy)
            return -1;
        free(history->file);
        *history = (struct history){.table = history->table, .file = copy};
    }
    history->imported += imported;
    history->skipped += skipped;
    history->changed = true;
    return 0;
}

static int ask(const struct history *history, struct connection *connection, const char *row,
               PGresult **result, sluice_error *error) {
    char imported[24], skipped[24];
    const char *const values[] = {history->file, imported, skipped, row};
    struct sql sql = {0};
    snprintf(imported, sizeof imported, "%llu", (unsigned long long)history->imported);
    snprintf(skipped, sizeof skipped, "%llu", (unsigned long long)history->skipped);
    if (*row)
        sql_add(
            &sql,
            "UPDATE %s SET filename = $1, rows_imported = $2, rows_skipped = $3 WHERE id = $4 RETURNING id",
            history->table);
    else
        sql_add(&sql, "INSERT INTO %s(filename, rows_imported, rows_skipped) VALUES($1, $2, $3) RETURNING id",
                history->table);
    int failed = sql.failed ? connection->host->fail(error, SLUICE_E_IO, "out of memory")
                            : connection_query(connection, sql.text, *row ? 4 : 3, values, result, error);
    sql_free(&sql);
    return failed;
}

/* One row a file and run, which grows with each commit: a run that breaks off leaves what it has done. A row
 * whose commit was lost is there, or it isn't. */
int history_write(struct history *history, struct connection *connection, sluice_error *error) {
    PGresult *result = NULL;
    if (!history->changed)
        return 0;
    int failed = ask(history, connection, history->row, &result, error);
    if (!failed && *history->row && !pq.ntuples(result)) {
        pq.clear(result);
        failed = ask(history, connection, "", &result, error);
    }
    if (!failed && pq.ntuples(result))
        snprintf(history->row, sizeof history->row, "%s", pq.getvalue(result, 0, 0));
    history->changed = failed != 0;
    if (!failed)
        pq.clear(result);
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
