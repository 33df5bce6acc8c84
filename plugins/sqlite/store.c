#include "store.h"

#include <string.h>

#include "merge_function.h"
#include "rows_table.h"
#include "schema.h"
#include "upsert.h"

/* ---- transactions ------------------------------------------------------------------------- */

int store_begin(struct store *store, sluice_error *error) {
    int failed = store->writing ? 0 : database_begin(&store->db, error);
    store->writing = store->writing || !failed;
    return failed;
}

int store_commit(struct store *store, sluice_error *error) {
    bool writing = store->writing;
    store->writing = false;
    return writing ? database_commit(&store->db, error) : 0;
}

static void finalize(sqlite3_stmt **statement) {
    if (*statement)
        sqlite.finalize(*statement);
    *statement = NULL;
}

/* Forget what was found out about the table and the records; the next write does it again. */
static void forget(struct store *store) {
    finalize(&store->merge);
    finalize(&store->strangers);
    finalize(&store->twins);
    finalize(&store->has_imported_there);
    finalize(&store->adopt);
    layout_free(&store->layout);
}

void store_give_up(struct store *store) {
    forget(store);
    database_rollback(&store->db);
    store->writing = false;
    rows_clear(&store->rows, 0);
}

/* ---- opening ------------------------------------------------------------------------------ */

/* No tree of the database is larger than a page (0: neither is there a file). */
static const char is_empty_sql[] =
    "SELECT page_count - 1 <= (SELECT count(*) FROM sqlite_master WHERE rootpage > 0) AND page_size < 16384"
    " FROM pragma_page_count, pragma_page_size";

/* A plain table is filled in the order of its key, for which large pages are cheaper (sink.c); a file that
 * is new, or has nothing but definitions yet, gets them. Orders come few at a time and touch a page here
 * and there, so theirs stay small. */
static int choose_pages(struct store *store, sluice_error *error) {
    int64_t empty = 0;
    bool wal = false;
    int failed = store->orders ? 0 : database_number(&store->db, is_empty_sql, 0, &empty, error);
    if (!failed && empty)
        failed = database_is_wal(&store->db, &wal, error);
    if (failed || !empty || wal)
        return failed;
    return database_run(&store->db, error, "PRAGMA page_size = 16384; VACUUM");
}

static int complete_orders(struct store *store, sluice_error *error) {
    int failed = store_begin(store, error);
    if (!failed)
        failed = schema_complete_orders(&store->db, store->table, error);
    return failed ? failed : store_commit(store, error);
}

int store_open(struct store *store, sluice_text path, sluice_error *error) {
    if (store->db.handle)
        return 0;
    int failed = database_open(&store->db, path, DATABASE_WRITE, error);
    if (!failed)
        failed = choose_pages(store, error);
    if (!failed)
        failed = database_use_wal(&store->db, error);
    if (!failed && store->orders)
        failed = complete_orders(store, error);
    /* What a statement may have to take back is kept in memory: a write needs no room for temporary files
     * elsewhere. Set when no index is to be built any more: that may sort more than fits. */
    if (!failed)
        failed = database_run(&store->db, error, "PRAGMA temp_store = MEMORY");
    if (failed)
        store_close(store);
    return failed;
}

void store_close(struct store *store) {
    store_give_up(store);
    table_info_free(&store->info);
    rows_free(&store->rows);
    database_close(&store->db);
}

/* ---- preparing ---------------------------------------------------------------------------- */

static int read_table(struct store *store, const sluice_batch *batch, sluice_error *error) {
    int failed = table_info_read(&store->db, store->table, &store->info, error);
    if (failed || store->info.exists)
        return failed;
    failed = store_begin(store, error);
    if (!failed)
        failed = schema_create_plain(&store->db, store->table, batch->names, batch->column_count, store->keys,
                                     error);
    return failed ? failed : table_info_read(&store->db, store->table, &store->info, error);
}

static bool is_stores_own(const char *column) {
    return sqlite.stricmp(column, "id") == 0 || sqlite.stricmp(column, "updated_at") == 0;
}

/* Every record of a plain table has its key; an order without an id is skipped one by one. */
static int check_keys(struct store *store, const sluice_batch *batch, sluice_error *error) {
    for (uint64_t i = 0; i < store->keys.count && !store->orders; i++)
        if (layout_field(batch, store->keys.items[i]) == LAYOUT_ABSENT)
            return store->db.host->fail(
                error, SLUICE_E_CONFIG,
                "%s: option 'conflict': the records have no field '%.*s'; name one that they "
                "have",
                store->db.path, (int)store->keys.items[i].len, store->keys.items[i].ptr);
    return 0;
}

static bool can_defer(const struct store *store) {
    if (store->orders || store->info.guarded)
        return false;
    for (size_t c = 0; c < store->info.column_count; c++) {
        const struct table_column *column = &store->info.columns[c];
        int32_t value = layout_find(&store->layout, &store->info, column->name);
        bool key = value >= 0 && (uint32_t)value < store->layout.key_count;
        if ((column->not_null && !key) || (column->rowid && value >= 0))
            return false;
    }
    return true;
}

static void say_extra(struct store *store) {
    if (store->layout.extra && !store->said_extra)
        store->db.host->log(store->db.self, SLUICE_LOG_WARN,
                            "%s: table '%s' has no column for these fields, they are not kept: %.400s",
                            store->db.path, store->table, store->layout.extra);
    store->said_extra = store->said_extra || store->layout.extra;
}

/* Rows that come sorted need few pages at a time; others touch pages of each index at random. */
static int choose_cache(struct store *store, sluice_error *error) {
    bool sorted = store->defers && store->info.indexes < 2;
    return database_run(&store->db, error, sorted ? "PRAGMA cache_size = -1024" : "PRAGMA cache_size = -512");
}

static int prepare_one(struct store *store, void (*write)(sqlite3_str *, const struct upsert *),
                       sqlite3_stmt **statement, sluice_error *error) {
    struct upsert upsert = {store->table, NULL, &store->info, &store->layout, store->fills};
    if (store->orders)
        upsert.order_key = schema_order_key(&store->db, store->table);
    sqlite3_str *sql = sqlite.str_new(store->db.handle);
    write(sql, &upsert);
    char *text = sqlite.str_finish(sql);
    int failed =
        text ? database_prepare(&store->db, text, statement, error) : database_fail_memory(&store->db, error);
    sqlite.free(text);
    return failed;
}

static int prepare_plain(struct store *store, sluice_error *error) {
    static const char no_key[] = "ON CONFLICT clause does not match";
    int failed = prepare_one(store, upsert_plain, &store->merge, error);
    if (failed && strncmp(sqlite.errmsg(store->db.handle), no_key, sizeof no_key - 1) == 0)
        failed = store->db.host->fail(
            error, SLUICE_E_CONFIG,
            "%s: option 'conflict': table '%s' has no PRIMARY KEY or UNIQUE over just these "
            "columns; name some that have, or add a unique index",
            store->db.path, store->table);
    return failed;
}

static int prepare_twins(struct store *store, sluice_error *error) {
    int failed = prepare_one(store, upsert_twins, &store->twins, error);
    if (!failed)
        failed = prepare_one(store, upsert_has_imported, &store->has_imported_there, error);
    return failed ? failed : prepare_one(store, upsert_adopt, &store->adopt, error);
}

static int prepare_orders(struct store *store, sluice_error *error) {
    if (merge_function_register(store->db.handle) != SQLITE_OK)
        return database_fail_memory(&store->db, error);
    int failed = prepare_one(store, upsert_orders, &store->merge, error);
    if (!failed)
        failed = prepare_one(store, upsert_strangers, &store->strangers, error);
    if (!failed && layout_find(&store->layout, &store->info, "imei") >= 0)
        failed = prepare_twins(store, error);
    return failed;
}

int store_prepare(struct store *store, const sluice_batch *batch, sluice_error *error) {
    if (layout_suits(&store->layout, batch))
        return 0;
    forget(store);
    int failed = check_keys(store, batch, error);
    if (!failed)
        failed = read_table(store, batch, error);
    if (!failed)
        failed = layout_make(&store->layout, &store->db, batch, &store->info, store->keys,
                             store->orders ? is_stores_own : NULL, error);
    if (failed)
        return failed;
    rows_clear(&store->rows, store->layout.count);
    if (rows_table_register(store->db.handle, "sluice_rows", &store->rows) != SQLITE_OK)
        return database_fail_memory(&store->db, error);
    store->defers = can_defer(store);
    say_extra(store);
    failed = choose_cache(store, error);
    if (!failed)
        failed = store->orders ? prepare_orders(store, error) : prepare_plain(store, error);
    return failed;
}
