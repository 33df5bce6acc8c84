#include "inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema.h"
#include "sink.h"
#include "store.h"

static sluice_text text_of(const char *text) {
    return (sluice_text){text, strlen(text)};
}

static void say_with(const struct database *db, const char *code, const char *table, const char *column,
                     const char *text, const char *remedy) {
    char what[300];
    snprintf(what, sizeof what, "%.200s%s%s", table, *column ? "." : "", column);
    const sluice_finding finding = {.size = sizeof finding,
                                    .code = text_of(code),
                                    .what = text_of(what),
                                    .text = text_of(text),
                                    .remedy = text_of(remedy)};
    db->host->finding(db->self, &finding);
}

/* `store init` mends it. */
static void say(const struct database *db, const char *code, const char *table, const char *column,
                const char *text) {
    say_with(db, code, table, column, text, "");
}

/* ---- check -------------------------------------------------------------------------------- */

static int inspect_indexes(struct database *db, const char *table, const struct table_info *info,
                           sluice_error *error) {
    static const char *const names[] = {"imei", "status", "order_date", "created_at"};
    int failed = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !failed; i++) {
        bool indexed = false;
        if (table_info_find(info, text_of(names[i])) < 0)
            continue;
        failed = table_info_indexed(db, table, names[i], &indexed, error);
        if (!failed && !indexed)
            say(db, "index_missing", table, names[i],
                "the column has no index, so that looking orders up by it reads them all");
    }
    return failed;
}

static int inspect_trigger(struct database *db, const char *table, sluice_error *error) {
    bool there = false;
    int failed = schema_has_trigger(db, table, &there, error);
    if (!failed && !there)
        say(db, "trigger_missing", table, "updated_at",
            "no trigger sets the time when somebody else changes a row");
    return failed;
}

static int inspect_table(struct database *db, const char *table, sluice_error *error) {
    struct table_info info = {0};
    int failed = table_info_read(db, table, &info, error);
    if (!failed && !info.exists)
        say(db, "table_missing", table, "", "the table is missing");
    if (failed || !info.exists)
        return failed;
    for (size_t i = 0; i < order_column_count; i++)
        if (order_columns[i].addition && table_info_find(&info, text_of(order_columns[i].name)) < 0)
            say(db, "column_missing", table, order_columns[i].name, "the column is missing");
    for (const struct table_column *at = NULL; (at = schema_refuses(&info, at));)
        say_with(db, "column_required", table, at->name, "the column is " SCHEMA_REFUSED, SCHEMA_ACCEPT);
    failed = inspect_indexes(db, table, &info, error);
    if (!failed && !schema_order_key(db, table))
        say(db, "unique_key_missing", table, "",
            "no unique key tells its orders apart, so one that is delivered twice would be there twice");
    if (!failed)
        failed = inspect_trigger(db, table, error);
    table_info_free(&info);
    return failed;
}

static int inspect_history(struct database *db, sluice_error *error) {
    struct table_info info = {0};
    int failed = table_info_read(db, "import_history", &info, error);
    if (!failed && !info.exists)
        say(db, "table_missing", "import_history", "", "the table is missing");
    table_info_free(&info);
    return failed;
}

static int32_t store_check(void *instance, sluice_error *error) {
    struct sink_parts parts = sink_parts(instance);
    const struct store *store = parts.store;
    struct database db = {
        .host = store->db.host, .self = store->db.self, .lock_wait_ms = store->db.lock_wait_ms};
    char *path = database_name(db.host, "path", parts.path, error);
    if (!path)
        return error->code;
    if (access(path, F_OK) != 0) {
        say(&db, "file_missing", path, "", "there is no such file");
        free(path);
        return 0;
    }
    free(path);
    int failed = database_open(&db, parts.path, DATABASE_READ, error);
    if (!failed)
        failed = inspect_table(&db, store->table, error);
    if (!failed)
        failed = inspect_history(&db, error);
    database_close(&db);
    return failed;
}

/* ---- init --------------------------------------------------------------------------------- */

/* The sink does it whenever it opens a file. */
static int32_t store_init(void *instance, sluice_error *error) {
    struct sink_parts parts = sink_parts(instance);
    return store_open(parts.store, parts.path, error);
}

/* What an empty database in memory has once it is complete. */
static int32_t store_script(void *instance, sluice_text *script, sluice_error *error) {
    static const char sql[] =
        "SELECT group_concat(replace(sql, 'CREATE ' || upper(type) || ' ', 'CREATE ' || upper(type) ||"
        " ' IF NOT EXISTS ') || ';' || char(10), '') FROM sqlite_master WHERE sql IS NOT NULL";
    struct sink_parts parts = sink_parts(instance);
    struct database db = {.host = parts.store->db.host, .self = parts.store->db.self};
    sqlite3_stmt *statement = NULL;
    int failed = database_open(&db, (sluice_text){":memory:", 8}, DATABASE_WRITE, error);
    if (!failed)
        failed = schema_complete_orders(&db, parts.store->table, error);
    if (!failed)
        failed = database_prepare(&db, sql, &statement, error);
    if (!failed && sqlite.step(statement) == SQLITE_ROW && !*parts.script)
        *parts.script = strdup((const char *)sqlite.column_text(statement, 0));
    if (!failed && !*parts.script)
        failed = database_fail_memory(&db, error);
    if (!failed)
        *script = text_of(*parts.script);
    sqlite.finalize(statement);
    database_close(&db);
    return failed;
}

const sluice_store store_callbacks = {
    .size = sizeof(sluice_store),
    .check = store_check,
    .init = store_init,
    .script = store_script,
};
