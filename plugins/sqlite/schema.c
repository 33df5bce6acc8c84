#include "schema.h"

#include <string.h>

/* Money and identifiers are TEXT: DECIMAL and INTEGER columns of SQLite would make a floating point
 * number of 0.10 and lose the zeros in front of an IMEI. */
const struct order_column order_columns[] = {
    {"id", "INTEGER PRIMARY KEY", NULL, MERGE_STORE},
    {"order_id", "TEXT NOT NULL", "TEXT", MERGE_KEY},
    {"provider", "TEXT NOT NULL DEFAULT ''", "TEXT", MERGE_KEY},
    {"account", "TEXT NOT NULL DEFAULT ''", "TEXT", MERGE_KEY},
    {"service_name", "TEXT", "TEXT", MERGE_FACT},
    {"service_id", "TEXT", "TEXT", MERGE_FACT},
    {"imei", "TEXT NOT NULL", "TEXT", MERGE_FACT},
    {"imei2", "TEXT", "TEXT", MERGE_NEWS},
    {"credits", "TEXT", "TEXT", MERGE_FACT},
    {"status", "TEXT", "TEXT", MERGE_STATUS},
    {"carrier", "TEXT", "TEXT", MERGE_NEWS},
    {"simlock", "TEXT", "TEXT", MERGE_NEWS},
    {"model", "TEXT", "TEXT", MERGE_NEWS},
    {"fmi", "TEXT", "TEXT", MERGE_NEWS},
    {"order_date", "TEXT", "TEXT", MERGE_FACT},
    {"result_code", "TEXT", "TEXT", MERGE_NEWS},
    {"result_code_display", "TEXT", "TEXT", MERGE_NEWS},
    {"notes", "TEXT", "TEXT", MERGE_FACT},
    {"raw_response", "TEXT", "TEXT", MERGE_JSON},
    {"created_at", "TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP", "TEXT", MERGE_STORE},
    {"updated_at", "TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP", "TEXT", MERGE_STORE},
};
const size_t order_column_count = sizeof order_columns / sizeof *order_columns;

/* created_at and updated_at are always written. */
static bool is_brought(const char *name) {
    for (size_t i = 1; i < order_column_count; i++)
        if (sqlite.stricmp(name, order_columns[i].name) == 0)
            return order_columns[i].rule != MERGE_NEWS;
    return false;
}

const struct table_column *schema_refuses(const struct table_info *info, const struct table_column *after) {
    const struct table_column *end = info->columns + info->column_count;
    for (const struct table_column *at = after ? after + 1 : info->columns; at < end; at++)
        if (at->required && !is_brought(at->name))
            return at;
    return NULL;
}

int schema_run(struct database *db, sqlite3_str *sql, sluice_error *error) {
    char *text = sqlite.str_finish(sql);
    int failed = text ? database_run(db, error, text) : database_fail_memory(db, error);
    sqlite.free(text);
    return failed;
}

/* ---- orders ------------------------------------------------------------------------------- */

static int create_orders(struct database *db, const char *table, sluice_error *error) {
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql, "CREATE TABLE \"%w\"(", table);
    for (size_t i = 0; i < order_column_count; i++)
        sqlite.str_appendf(sql, "%s %s,", order_columns[i].name, order_columns[i].definition);
    sqlite.str_appendall(sql, "UNIQUE(provider, account, order_id))");
    return schema_run(db, sql, error);
}

static int add_columns(struct database *db, const char *table, const struct table_info *info,
                       sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; i < order_column_count && !failed; i++) {
        const struct order_column *column = &order_columns[i];
        sluice_text name = {column->name, strlen(column->name)};
        /* Without `id` the rowid is there all the same, and it can't be added. */
        if (!column->addition || table_info_find(info, name) >= 0)
            continue;
        sqlite3_str *sql = sqlite.str_new(db->handle);
        sqlite.str_appendf(sql, "ALTER TABLE \"%w\" ADD COLUMN %s %s", table, column->name, column->addition);
        failed = schema_run(db, sql, error);
    }
    return failed;
}

/* An index whose first column it is will do, whatever its name. */
static int add_index(struct database *db, const char *table, const char *column, const char *direction,
                     sluice_error *error) {
    bool indexed = false;
    int failed = table_info_indexed(db, table, column, &indexed, error);
    if (failed || indexed)
        return failed;
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql, "CREATE INDEX \"%w_%w\" ON \"%w\"(%s%s)", table, column, table, column,
                       direction);
    return schema_run(db, sql, error);
}

/* Whether ON CONFLICT(`keys`) can be used: is there such a unique key? Asked by compiling one. */
static bool is_unique(struct database *db, const char *table, const char *keys) {
    sqlite3_stmt *statement = NULL;
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql, "INSERT INTO \"%w\"(order_id) VALUES(NULL) ON CONFLICT(%s) DO NOTHING", table,
                       keys);
    char *text = sqlite.str_finish(sql);
    bool unique = text && sqlite.prepare_v3(db->handle, text, -1, 0, &statement, NULL) == SQLITE_OK;
    sqlite.finalize(statement);
    sqlite.free(text);
    return unique;
}

/* UNIQUE(order_id) comes first: where it is there, it is the stricter one. */
const char *schema_order_key(struct database *db, const char *table) {
    static const char *const keys[] = {"order_id", "provider, account, order_id"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_unique(db, table, keys[i]))
            return keys[i];
    return NULL;
}

static int add_unique_key(struct database *db, const char *table, sluice_error *error) {
    if (schema_order_key(db, table))
        return 0;
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql, "CREATE UNIQUE INDEX \"%w_order\" ON \"%w\"(provider, account, order_id)", table,
                       table);
    return schema_run(db, sql, error);
}

int schema_has_trigger(struct database *db, const char *table, bool *there, sluice_error *error) {
    int64_t count = 0;
    int failed = database_count(
        db,
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(?1)"
        " AND sql LIKE '%' || ?2 || '%'",
        table, "updated_at", &count, error);
    *there = count > 0;
    return failed;
}

/* updated_at, for whoever else changes a row; the sink sets it itself. */
static int add_trigger(struct database *db, const char *table, sluice_error *error) {
    bool there = false;
    int failed = schema_has_trigger(db, table, &there, error);
    if (failed || there)
        return failed;
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql,
                       "CREATE TRIGGER \"%w_updated_at\" AFTER UPDATE ON \"%w\" FOR EACH ROW"
                       " WHEN NEW.updated_at IS OLD.updated_at BEGIN"
                       " UPDATE \"%w\" SET updated_at = CURRENT_TIMESTAMP WHERE rowid = NEW.rowid; END",
                       table, table, table);
    return schema_run(db, sql, error);
}

static int add_history(struct database *db, sluice_error *error) {
    return database_run(db, error,
                        "CREATE TABLE IF NOT EXISTS import_history(id INTEGER PRIMARY KEY, filename TEXT,"
                        " rows_imported INTEGER, rows_skipped INTEGER,"
                        " import_date TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)");
}

int schema_complete_orders(struct database *db, const char *table, sluice_error *error) {
    static const char *const indexes[][2] = {
        {"imei", ""}, {"status", ""}, {"order_date", " DESC"}, {"created_at", " DESC"}};
    struct table_info info = {0};
    int failed = table_info_read(db, table, &info, error);
    if (!failed)
        failed = info.exists ? add_columns(db, table, &info, error) : create_orders(db, table, error);
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes && !failed; i++)
        failed = add_index(db, table, indexes[i][0], indexes[i][1], error);
    if (!failed)
        failed = add_unique_key(db, table, error);
    if (!failed)
        failed = add_trigger(db, table, error);
    if (!failed)
        failed = add_history(db, error);
    table_info_free(&info);
    return failed;
}

/* ---- a plain table ------------------------------------------------------------------------ */

/* SQLite's columns have no letter case: of `IMEI` and `imei` the table gets the first. */
static bool is_repeated(const sluice_text *names, size_t i) {
    for (size_t earlier = 0; earlier < i; earlier++)
        if (names[earlier].len == names[i].len &&
            sqlite.strnicmp(names[earlier].ptr, names[i].ptr, (int)names[i].len) == 0)
            return true;
    return false;
}

int schema_create_plain(struct database *db, const char *table, const sluice_text *names, size_t count,
                        sluice_texts keys, sluice_error *error) {
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql, "CREATE TABLE \"%w\"(", table);
    for (size_t i = 0; i < count; i++)
        if (!is_repeated(names, i))
            sqlite.str_appendf(sql, "\"%.*w\" TEXT, ", (int)names[i].len, names[i].ptr);
    sqlite.str_appendall(sql, "UNIQUE(");
    for (uint64_t i = 0; i < keys.count; i++)
        sqlite.str_appendf(sql, "%s\"%.*w\"", i ? ", " : "", (int)keys.items[i].len, keys.items[i].ptr);
    sqlite.str_appendall(sql, "))");
    return schema_run(db, sql, error);
}
