/* A job that is sent again has the same rows. Another one by the same name is a mistake of whoever sends it,
 * and an order that would never be placed. */
#include <string.h>

#include "inbox_parts.h"

struct sent {
    int64_t id, rows;
    bool found, same;
};

static bool is_blob(struct inbox_db *db, sqlite3_stmt *row, int at, const uint8_t *bytes, size_t size) {
    size_t stored = (size_t)db->sqlite->sqlite3_column_bytes(row, at);
    return stored == size && (!size || memcmp(db->sqlite->sqlite3_column_blob(row, at), bytes, size) == 0);
}

static int compare_head(struct inbox_db *db, const struct inbox_entry *entry, struct sent *out,
                        sluice_error *error) {
    const struct inbox_job *job = entry->job;
    sqlite3_stmt *find;
    int result = inbox_db_statement(
        db, INBOX_JOB_SENT,
        "SELECT id, rows, repeat, columns, max_price FROM jobs WHERE pipeline = ?1 AND name = ?2", &find,
        error);
    if (result)
        return result;
    inbox_db_text(db, find, 1, job->pipeline);
    inbox_db_text(db, find, 2, job->name);
    result = inbox_db_step(db, find, error);
    if (result != 1)
        return result;
    *out = (struct sent){
        .id = inbox_db_number(db, find, 0), .rows = inbox_db_number(db, find, 1), .found = true};
    out->same = out->rows == (int64_t)job->rows->selected &&
                (inbox_db_number(db, find, 2) != 0) == job->repeat &&
                inbox_db_amount(db, find, 4) == job->max_price &&
                is_blob(db, find, 3, entry->columns.bytes, entry->columns.used);
    db->sqlite->sqlite3_reset(find);
    return 0;
}

static int compare_rows(struct inbox_db *db, const struct inbox_entry *entry, struct sent *sent,
                        sluice_error *error) {
    sqlite3_stmt *find;
    size_t begin = 0;
    int64_t count = 0;
    int result = inbox_db_statement(db, INBOX_ROWS_SENT,
                                    "SELECT record FROM rows WHERE id >= ?1 AND id < ?1 + ?2 ORDER BY id",
                                    &find, error);
    if (result)
        return result;
    inbox_db_int(db, find, 1, sent->id);
    inbox_db_int(db, find, 2, sent->rows);
    while (sent->same && (result = inbox_db_step(db, find, error)) == 1) {
        size_t end = entry->ends[count++];
        sent->same = is_blob(db, find, 0, entry->records.bytes + begin, end - begin);
        begin = end;
    }
    if (result == 1)
        db->sqlite->sqlite3_reset(find);
    sent->same &= count == sent->rows;
    return result < 0 ? result : 0;
}

int inbox_is_same_job(struct inbox_db *db, const struct inbox_entry *entry, bool *same, sluice_error *error) {
    struct sent sent = {.found = false};
    int failed = compare_head(db, entry, &sent, error);
    if (!failed && sent.found && sent.same)
        failed = compare_rows(db, entry, &sent, error);
    *same = !sent.found || sent.same;
    return failed;
}
