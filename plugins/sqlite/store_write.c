/* The writing of waiting rows, and what becomes of those that the table refuses. */
#include <string.h>
#include <time.h>

#include "store.h"

/* Run a statement over the rows from … to: DONE, or the result code of what went wrong. */
static int run_over(struct store *store, sqlite3_stmt *statement, const char *now, uint32_t from,
                    uint32_t to) {
    store->rows.from = from;
    store->rows.to = to;
    if (now)
        sqlite.bind_text(statement, 1, now, -1, SQLITE_STATIC);
    int result = sqlite.step(statement);
    sqlite.reset(statement);
    store->kept += (uint64_t)sqlite.changes(store->db.handle);
    return result;
}

static bool is_about_a_row(int result) {
    int code = result & 0xff;
    return code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG;
}

static void reject(struct store *store, sluice_changes *out, uint32_t row, const char *code,
                   const char *reason) {
    struct row_entry *entry = &store->rows.entries[row];
    store->db.host->reject(out, entry->origin, code, (sluice_text){reason, strlen(reason)});
    entry->origin = ROWS_GONE;
}

/* Some row was refused. Which one isn't told, so each is written alone; those that are in already
 * change nothing. */
static int write_singly(struct store *store, sqlite3_stmt *statement, const char *now, sluice_changes *out) {
    for (uint32_t i = 0; i < store->rows.count; i++) {
        int result = run_over(store, statement, now, i, i + 1);
        if (is_about_a_row(result))
            reject(store, out, i, "refused_by_table", sqlite.errmsg(store->db.handle));
        else if (result != SQLITE_DONE)
            return result;
    }
    return SQLITE_DONE;
}

static int write_all(struct store *store, sqlite3_stmt *statement, const char *now, sluice_changes *out) {
    int result = run_over(store, statement, now, 0, store->rows.count);
    return out && is_about_a_row(result) ? write_singly(store, statement, now, out) : result;
}

/* ---- orders ------------------------------------------------------------------------------- */

static const char *text_at(sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite.column_text(statement, column);
    return text && *text ? text : "unknown";
}

static void reject_stranger(struct store *store, sluice_changes *out) {
    uint32_t row = (uint32_t)sqlite.column_int64(store->strangers, 0);
    const char *at = rows_values(&store->rows, row);
    sluice_text id = rows_value(&at);
    sqlite3_str *reason = sqlite.str_new(NULL);
    sqlite.str_appendf(
        reason,
        "order id %.*s is taken in table '%s' by another order (provider %s, account %s, IMEI %s), "
        "which was not overwritten",
        (int)id.len, id.ptr, store->table, text_at(store->strangers, 1), text_at(store->strangers, 2),
        text_at(store->strangers, 3));
    char *text = sqlite.str_finish(reason);
    reject(store, out, row, "order_id_taken", text ? text : "the order id is taken by another order");
    sqlite.free(text);
}

/* Orders whose id is taken by someone else's: never overwritten, never lost without a word. */
static int reject_strangers(struct store *store, sluice_changes *out) {
    int result;
    store->rows.from = 0;
    store->rows.to = store->rows.count;
    while ((result = sqlite.step(store->strangers)) == SQLITE_ROW)
        reject_stranger(store, out);
    sqlite.reset(store->strangers);
    return result;
}

/* What an export lists is in the table already, with more than the export says. */
static int pass_twins(struct store *store) {
    int result = SQLITE_DONE;
    if (!store->has_imported || !store->twins)
        return result;
    store->rows.from = 0;
    store->rows.to = store->rows.count;
    while ((result = sqlite.step(store->twins)) == SQLITE_ROW)
        store->rows.entries[sqlite.column_int64(store->twins, 0)].origin = ROWS_GONE;
    sqlite.reset(store->twins);
    return result;
}

static void bind_text(sqlite3_stmt *statement, int at, sluice_text text) {
    sqlite.bind_text(statement, at, text.ptr, (int)text.len, SQLITE_STATIC);
}

/* SQLITE_ROW: there are some. */
static int look_for_imported(struct store *store) {
    const char *at = rows_values(&store->rows, 0);
    rows_value(&at); /* the order id */
    bind_text(store->has_imported_there, 1, rows_value(&at));
    bind_text(store->has_imported_there, 2, rows_value(&at));
    int result = sqlite.step(store->has_imported_there);
    sqlite.reset(store->has_imported_there);
    return result;
}

/* What comes under the provider's id may have been imported before, when nobody knew that id. */
static int adopt_imported(struct store *store) {
    if (!store->adopt)
        return SQLITE_DONE;
    int result = look_for_imported(store);
    if (result != SQLITE_ROW)
        return result;
    store->rows.from = 0;
    store->rows.to = store->rows.count;
    result = sqlite.step(store->adopt);
    sqlite.reset(store->adopt);
    return result;
}

/* One statement inserts and merges; one more look, only when some rows weren't written, tells those that were
 * the same already from those whose place is taken. */
static int write_orders(struct store *store, sluice_changes *out) {
    char now[32];
    struct tm utc;
    time_t seconds = (time_t)(store->db.host->now_ms() / 1000);
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof now, "%Y-%m-%d %H:%M:%S", &utc);
    int result = adopt_imported(store);
    if (result == SQLITE_DONE)
        result = pass_twins(store);
    if (result == SQLITE_DONE)
        result = write_all(store, store->merge, now, out);
    bool all = (uint32_t)sqlite.changes(store->db.handle) == store->rows.count;
    return result != SQLITE_DONE || all ? result : reject_strangers(store, out);
}

int store_write(struct store *store, sluice_changes *out, sluice_error *error) {
    if (store->rows.count == 0)
        return 0;
    int failed = store_begin(store, error);
    if (failed)
        return failed;
    if (!store->orders)
        rows_sort(&store->rows);
    int result = store->orders ? write_orders(store, out) : write_all(store, store->merge, NULL, out);
    rows_clear(&store->rows, store->layout.count);
    store->has_imported = false;
    return result == SQLITE_DONE ? 0 : database_fail(&store->db, result, error);
}
