#include <stdlib.h>

#include "inbox_parts.h"
#include "ledger.h"
#include "text.h"

enum { DOUBTS_ROOM = 10000 }; /* looked at in one go */

struct doubt_row {
    uint64_t row;
    struct order_key key;
};

struct doubt_rows {
    struct doubt_row *items;
    size_t count;
};

/* ---- writing -------------------------------------------------------------------------------- */

static int forget(struct inbox_db *db, uint64_t row, sluice_error *error) {
    sqlite3_stmt *drop;
    int failed = inbox_db_statement(db, INBOX_DOUBT_DROP, "DELETE FROM doubts WHERE id = ?1", &drop, error);
    if (failed)
        return failed;
    inbox_db_int(db, drop, 1, (int64_t)row);
    return inbox_db_step(db, drop, error);
}

int inbox_keep_doubt(struct inbox_db *db, const struct inbox_end *end, enum inbox_state was,
                     sluice_error *error) {
    sqlite3_stmt *add;
    if (was == INBOX_IN_DOUBT)
        return forget(db, end->row, error);
    if (end->state != INBOX_IN_DOUBT || !end->keyed)
        return 0;
    int failed = inbox_db_statement(db, INBOX_DOUBT_ADD,
                                    "INSERT OR REPLACE INTO doubts (id, key) VALUES (?1, ?2)", &add, error);
    if (failed)
        return failed;
    inbox_db_int(db, add, 1, (int64_t)end->row);
    inbox_db_blob(db, add, 2, end->key.bytes, sizeof end->key.bytes);
    return inbox_db_step(db, add, error);
}

/* ---- reading -------------------------------------------------------------------------------- */

static int read_rows(struct inbox_db *db, sluice_text pipeline, struct doubt_rows *out, sluice_error *error) {
    sqlite3_stmt *find;
    int result =
        inbox_db_statement(db, INBOX_DOUBTS,
                           "SELECT id, key FROM doubts WHERE ?1 ="
                           " (SELECT pipeline FROM jobs WHERE jobs.id <= doubts.id ORDER BY id DESC LIMIT 1)"
                           " ORDER BY id LIMIT ?2",
                           &find, error);
    if (result)
        return result;
    inbox_db_text(db, find, 1, pipeline);
    inbox_db_int(db, find, 2, DOUBTS_ROOM);
    while ((result = inbox_db_step(db, find, error)) == 1) {
        struct doubt_row *row;
        if (!out->items && !(out->items = malloc(DOUBTS_ROOM * sizeof *out->items))) {
            db->sqlite->sqlite3_reset(find);
            return fail_memory(error);
        }
        if (db->sqlite->sqlite3_column_bytes(find, 1) != sizeof row->key.bytes)
            continue;
        row = &out->items[out->count++];
        row->row = (uint64_t)inbox_db_number(db, find, 0);
        __builtin_memcpy(row->key.bytes, db->sqlite->sqlite3_column_blob(find, 1), sizeof row->key.bytes);
    }
    return result;
}

/* Whoever asks for the key now gets another answer than "in doubt". */
static int is_over(struct ledger *ledger, const struct order_key *key, bool *over, sluice_error *error) {
    struct claim found;
    int failed = ledger_look(ledger, 0, key, TEXT(""), &found, error);
    *over = !failed && found.answer != ANSWER_IN_DOUBT && found.answer != ANSWER_LIVE;
    return failed;
}

static int review(struct inbox *inbox, const struct ledger_site *site, const struct doubt_rows *rows,
                  uint64_t *left, sluice_error *error) {
    struct ledger *ledger = NULL;
    int failed = ledger_open_at(site, LEDGER_READ_ONLY, &ledger, error);
    for (size_t i = 0; !failed && i < rows->count; i++) {
        bool over = false;
        failed = is_over(ledger, &rows->items[i].key, &over, error);
        *left += !over;
        if (over)
            inbox_note(inbox, &(struct inbox_end){.row = rows->items[i].row, .state = INBOX_WAITING});
    }
    ledger_close(ledger);
    return failed ? failed : inbox_sync(inbox, error);
}

int inbox_review(struct inbox *inbox, sluice_text pipeline, const struct ledger_site *site, uint64_t *left,
                 sluice_error *error) {
    struct doubt_rows rows = {0};
    *left = 0;
    pthread_mutex_lock(&inbox->read_lock);
    int failed = read_rows(&inbox->reader, pipeline, &rows, error);
    pthread_mutex_unlock(&inbox->read_lock);
    if (!failed && rows.count)
        failed = review(inbox, site, &rows, left, error);
    free(rows.items);
    return failed;
}
