#include "rows_table.h"

#include <stdlib.h>

#include "virtual_table.h"

struct table {
    sqlite3_vtab base; /* first: SQLite's part */
    struct rows *rows;
};

struct cursor {
    sqlite3_vtab_cursor base; /* first: SQLite's part */
    uint32_t row;
    int column; /* the value at `at` is of this column */
    const char *at;
};

/* Sorted rows lie all over the buffer: ask for the bytes some rows ahead. */
enum { AHEAD = 4 };

static const struct rows *rows_of(const struct cursor *cursor) {
    return ((const struct table *)cursor->base.pVtab)->rows;
}

static int connect_table(sqlite3 *handle, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message) {
    (void)argc, (void)argv, (void)message;
    struct rows *rows = context;
    sqlite3_str *sql = sqlite.str_new(handle);
    sqlite.str_appendall(sql, "CREATE TABLE sluice_rows(");
    for (uint32_t c = 0; c < rows->columns; c++)
        sqlite.str_appendf(sql, "%sc%u", c ? "," : "", c);
    sqlite.str_appendall(sql, ")");
    char *text = sqlite.str_finish(sql);
    int result = text ? sqlite.declare_vtab(handle, text) : SQLITE_NOMEM;
    sqlite.free(text);
    if (result != SQLITE_OK)
        return result;
    struct table *table = calloc(1, sizeof *table);
    if (!table)
        return SQLITE_NOMEM;
    table->rows = rows;
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

/* Stand on `row`, or on the first one behind it that isn't passed over. */
static void stand_on(struct cursor *cursor, uint32_t row) {
    const struct rows *rows = rows_of(cursor);
    while (row < rows->to && rows->entries[row].origin == ROWS_GONE)
        row++;
    cursor->row = row;
    cursor->column = 0;
    if (row < rows->to)
        cursor->at = rows_values(rows, row);
    if (row + AHEAD < rows->to) {
        __builtin_prefetch(rows_values(rows, row + AHEAD));
        __builtin_prefetch(rows_values(rows, row + AHEAD) + 64);
    }
}

static int filter_cursor(sqlite3_vtab_cursor *base, int index, const char *name, int argc,
                         sqlite3_value **argv) {
    (void)index, (void)name, (void)argc, (void)argv;
    struct cursor *cursor = (struct cursor *)base;
    stand_on(cursor, rows_of(cursor)->from);
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base) {
    struct cursor *cursor = (struct cursor *)base;
    stand_on(cursor, cursor->row + 1);
    return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base) {
    struct cursor *cursor = (struct cursor *)base;
    return cursor->row >= rows_of(cursor)->to;
}

/* SQLite asks for columns mostly in turn, so the next value is where the last one ended. */
static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    struct cursor *cursor = (struct cursor *)base;
    sluice_text value;
    if (column < cursor->column) {
        cursor->column = 0;
        cursor->at = rows_values(rows_of(cursor), cursor->row);
    }
    do
        value = rows_value(&cursor->at);
    while (cursor->column++ < column);
    if (value.ptr)
        sqlite.result_text(context, value.ptr, (int)value.len, SQLITE_STATIC);
    else
        sqlite.result_null(context);
    return SQLITE_OK;
}

static int give_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid) {
    *rowid = ((struct cursor *)base)->row;
    return SQLITE_OK;
}

/* No xCreate: the table is there without CREATE VIRTUAL TABLE, and leaves nothing in the file. */
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

int rows_table_register(sqlite3 *handle, const char *name, struct rows *rows) {
    return sqlite.create_module_v2(handle, name, &module, rows, NULL);
}
