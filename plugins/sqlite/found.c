#include "found.h"

#include <stdlib.h>
#include <string.h>

#include "rows_table.h"

enum {
    IDS_MOST = 8 * 1024 * 1024,   /* rows that a list may name */
    BY_STATUS_MOST = 1024 * 1024, /* more are read as they come: memory stays flat */
    PART = 4,                     /* of all rows, when one is named: then a look at each is cheaper */
    SPELLINGS_MOST = 64,          /* of status in the table */
};

void found_free(struct found *found) {
    free(found->ids);
    *found = (struct found){0};
}

static bool add(struct found *found, int64_t id) {
    if (found->count == found->room) {
        size_t room = found->room ? found->room * 2 : 1024;
        int64_t *ids = realloc(found->ids, room * sizeof *ids);
        if (!ids)
            return false;
        found->ids = ids;
        found->room = room;
    }
    found->ids[found->count++] = id;
    return true;
}

static int compare(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort(struct found *found) {
    size_t used = 0;
    if (found->count)
        qsort(found->ids, found->count, sizeof *found->ids, compare);
    for (size_t i = 0; i < found->count; i++)
        if (i == 0 || found->ids[i] != found->ids[used - 1])
            found->ids[used++] = found->ids[i];
    found->count = used;
}

/* Where the index begins with provider and account, of which there are few: an order id is looked up under
 * each pair of them. A step of the recursion is one look at the index; each ends with null, which counts as a
 * value, too. */
static const char under_each_account_sql[] =
    "WITH RECURSIVE p(v) AS (SELECT min(provider) FROM \"%w\" UNION ALL SELECT"
    " (SELECT min(provider) FROM \"%w\" WHERE provider > p.v) FROM p WHERE p.v IS NOT NULL),"
    " a(p, v) AS (SELECT p.v, (SELECT min(account) FROM \"%w\" WHERE provider IS p.v) FROM p UNION ALL SELECT"
    " a.p, (SELECT min(account) FROM \"%w\" WHERE provider IS a.p AND account > a.v) FROM a"
    " WHERE a.v IS NOT NULL)"
    " SELECT o._rowid_ FROM a CROSS JOIN %s AS w CROSS JOIN \"%w\" AS o"
    " WHERE o.provider IS a.p AND o.account IS a.v AND o.order_id = w.c0";

/* The rowids whose `column` is among the values of `table`. Without an index one look at all rows is cheaper
 * than one a value. */
static int write_query(const struct select *select, const char *column, const char *table, sqlite3_str *sql,
                       sluice_error *error) {
    const char *name = select->table;
    bool first = false, third = false;
    int failed = table_info_indexed(select->db, name, column, &first, error);
    if (!failed && !first && strcmp(column, "order_id") == 0)
        failed = table_info_indexed_by(select->db, name, "provider,account,order_id", &third, error);
    if (first)
        sqlite.str_appendf(sql, "SELECT o._rowid_ FROM %s AS w CROSS JOIN \"%w\" AS o WHERE o.%s = w.c0",
                           table, name, column);
    else if (third)
        sqlite.str_appendf(sql, under_each_account_sql, name, name, name, name, table, name);
    else
        sqlite.str_appendf(sql, "SELECT _rowid_ FROM \"%w\" WHERE %s IN (SELECT c0 FROM %s)", name, column,
                           table);
    return failed;
}

/* `most` of the rows, or one more. */
static int collect(struct found *found, const struct select *select, const char *column, const char *table,
                   size_t most, sluice_error *error) {
    struct database *db = select->db;
    sqlite3_stmt *statement = NULL;
    sqlite3_str *sql = sqlite.str_new(db->handle);
    int failed = write_query(select, column, table, sql, error);
    sqlite.str_appendf(sql, " LIMIT %lld", (long long)most + 1);
    char *text = sqlite.str_finish(sql);
    if (!failed)
        failed = text ? database_prepare(db, text, &statement, error) : database_fail_memory(db, error);
    sqlite.free(text);
    if (failed)
        return failed;
    int result;
    while ((result = sqlite.step(statement)) == SQLITE_ROW && !failed)
        if (!add(found, sqlite.column_int64(statement, 0)))
            failed = database_fail_memory(db, error);
    if (!failed && result != SQLITE_DONE)
        failed = database_fail(db, result, error);
    sqlite.finalize(statement);
    return failed;
}

/* ---- by a list ---------------------------------------------------------------------------- */

static int by_list(struct found *found, const struct select *select, enum select_list list,
                   sluice_error *error) {
    int failed = collect(found, select, select_list_column(list), select_list_table(list), IDS_MOST, error);
    if (!failed && found->count > IDS_MOST)
        failed = select->db->host->fail(error, SLUICE_E_CONFIG,
                                        "option '%s': more than %d rows have these values; ask for fewer at "
                                        "a time",
                                        select_list_column(list), IDS_MOST);
    found->list = list;
    found->used = true;
    return failed;
}

/* ---- by status ---------------------------------------------------------------------------- */

static bool is_wanted(const struct select *select, const char *status, size_t length) {
    sluice_texts wanted = select->options->status;
    for (uint64_t i = 0; i < wanted.count; i++)
        if (wanted.items[i].len == length && sqlite.strnicmp(wanted.items[i].ptr, status, (int)length) == 0)
            return true;
    return false;
}

/* Each step is one look at the index, however many rows have the status. */
static const char spellings_sql[] =
    "WITH RECURSIVE s(status) AS (SELECT min(status) FROM \"%w\" UNION ALL SELECT"
    " (SELECT min(t.status) FROM \"%w\" AS t WHERE t.status > s.status) FROM s WHERE s.status IS NOT NULL)"
    " SELECT status FROM s WHERE status IS NOT NULL LIMIT %d";

/* The spellings of a status that the table has and that are asked for. `*whole`: there weren't too many. */
static int find_spellings(const struct select *select, struct rows *out, bool *whole, sluice_error *error) {
    struct database *db = select->db;
    sqlite3_stmt *statement = NULL;
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql, spellings_sql, select->table, select->table, SPELLINGS_MOST + 1);
    char *text = sqlite.str_finish(sql);
    int failed = text ? database_prepare(db, text, &statement, error) : database_fail_memory(db, error);
    int seen = 0, result = SQLITE_DONE;
    sqlite.free(text);
    while (!failed && (result = sqlite.step(statement)) == SQLITE_ROW) {
        const char *status = (const char *)sqlite.column_text(statement, 0);
        sluice_text value = {status, (uint64_t)sqlite.column_bytes(statement, 0)};
        seen++;
        if (is_wanted(select, status, value.len) && rows_add(out, &value, 0))
            failed = database_fail_memory(db, error);
    }
    if (!failed && result != SQLITE_DONE)
        failed = database_fail(db, result, error);
    *whole = seen <= SPELLINGS_MOST;
    sqlite.finalize(statement);
    return failed;
}

/* How many rows there may be, from the ends of the key. */
static int estimate(const struct select *select, int64_t *rows, sluice_error *error) {
    sqlite3_str *sql = sqlite.str_new(select->db->handle);
    sqlite.str_appendf(sql, "SELECT (SELECT max(_rowid_) FROM \"%w\") - (SELECT min(_rowid_) FROM \"%w\")",
                       select->table, select->table);
    char *text = sqlite.str_finish(sql);
    int failed =
        text ? database_number(select->db, text, 0, rows, error) : database_fail_memory(select->db, error);
    sqlite.free(text);
    return failed;
}

static int by_spellings(struct found *found, const struct select *select, struct rows *spellings,
                        sluice_error *error) {
    int64_t rows = 0;
    int failed = estimate(select, &rows, error);
    size_t most = rows < 0 || rows / PART > BY_STATUS_MOST ? BY_STATUS_MOST : (size_t)(rows / PART);
    spellings->from = 0;
    spellings->to = spellings->count;
    if (!failed && rows_table_register(select->db->handle, "sluice_status", spellings) != SQLITE_OK)
        failed = database_fail_memory(select->db, error);
    if (!failed)
        failed = collect(found, select, "status", "sluice_status", most, error);
    found->list = -1;
    found->used = !failed && found->count <= most;
    return failed;
}

static int by_status(struct found *found, const struct select *select, sluice_error *error) {
    struct rows spellings = {0};
    bool indexed = false, whole = false;
    int failed = table_info_indexed(select->db, select->table, "status", &indexed, error);
    rows_clear(&spellings, 1);
    if (!failed && indexed)
        failed = find_spellings(select, &spellings, &whole, error);
    if (!failed && whole)
        failed = by_spellings(found, select, &spellings, error);
    rows_free(&spellings);
    return failed;
}

int found_make(struct found *found, const struct select *select, sluice_error *error) {
    const struct source_options *options = select->options;
    int failed = 0;
    *found = (struct found){.list = -1};
    if (!select->info->has_rowid)
        return 0;
    if (options->imei.count)
        failed = by_list(found, select, SELECT_IMEI, error);
    else if (options->order_id.count)
        failed = by_list(found, select, SELECT_ORDER_ID, error);
    else if (options->status.count)
        failed = by_status(found, select, error);
    if (!failed && found->used)
        sort(found);
    else
        found_free(found);
    return failed;
}
