#include "found_table.h"

#include <stdlib.h>

#include "virtual_table.h"

struct table {
    sqlite3_vtab base; /* first: SQLite's part */
    const struct found_view *view;
};

struct cursor {
    sqlite3_vtab_cursor base; /* first: SQLite's part */
    size_t at;
};

static const struct found_view *view_of(const sqlite3_vtab_cursor *cursor) {
    return ((const struct table *)cursor->pVtab)->view;
}

int64_t found_view_id(const struct found_view *view, size_t taken) {
    const struct found *found = view->found;
    return found->ids[view->backward ? found->count - 1 - taken : taken];
}

static int connect_table(sqlite3 *handle, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message) {
    (void)argc, (void)argv, (void)message;
    int result = sqlite.declare_vtab(handle, "CREATE TABLE found(sluice_row INTEGER)");
    struct table *table = result == SQLITE_OK ? calloc(1, sizeof *table) : NULL;
    if (!table)
        return result == SQLITE_OK ? SQLITE_NOMEM : result;
    table->view = context;
    *out = &table->base;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
    (void)table;
    struct cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    *out = &cursor->base;
    return SQLITE_OK;
}

static int filter_cursor(sqlite3_vtab_cursor *base, int index, const char *name, int argc,
                         sqlite3_value **argv) {
    (void)index, (void)name, (void)argc, (void)argv;
    ((struct cursor *)base)->at = view_of(base)->taken;
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base) {
    ((struct cursor *)base)->at++;
    return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base) {
    return ((const struct cursor *)base)->at >= view_of(base)->found->count;
}

static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    (void)column;
    sqlite.result_int64(context, found_view_id(view_of(base), ((const struct cursor *)base)->at));
    return SQLITE_OK;
}

static int give_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid) {
    *rowid = (sqlite3_int64)((const struct cursor *)base)->at;
    return SQLITE_OK;
}

/* No xCreate: see rows_table.c. */
static const sqlite3_module module = {
    .iVersion = 1,
    .xConnect = connect_table,
    .xBestIndex = virtual_table_plan,
    .xDisconnect = virtual_table_free,
    .xOpen = open_cursor,
    .xClose = virtual_table_close,
    .xFilter = filter_cursor,
    .xNext = next_row,
    .xEof = at_end,
    .xColumn = give_column,
    .xRowid = give_rowid,
};

int found_table_register(sqlite3 *handle, struct found_view *view) {
    return sqlite.create_module_v2(handle, FOUND_TABLE, &module, view, NULL);
}
