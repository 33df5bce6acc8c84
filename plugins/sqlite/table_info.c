#include "table_info.h"

#include <stdlib.h>
#include <string.h>

void table_info_free(struct table_info *info) {
    for (size_t i = 0; i < info->column_count; i++)
        free(info->columns[i].name), free(info->columns[i].otherwise);
    free(info->columns);
    *info = (struct table_info){0};
}

int32_t table_info_find(const struct table_info *info, sluice_text name) {
    for (size_t i = 0; i < info->column_count; i++)
        if (strlen(info->columns[i].name) == name.len &&
            sqlite.strnicmp(info->columns[i].name, name.ptr, (int)name.len) == 0)
            return (int32_t)i;
    return -1;
}

static int add_column(struct table_info *info, sqlite3_stmt *row) {
    if (info->column_count == info->room) {
        size_t room = info->room ? info->room * 2 : 32;
        struct table_column *columns = realloc(info->columns, room * sizeof *columns);
        if (!columns)
            return -1;
        info->columns = columns;
        info->room = room;
    }
    char *name = strdup((const char *)sqlite.column_text(row, 0));
    const char *otherwise = (const char *)sqlite.column_text(row, 6);
    char *copy = otherwise ? strdup(otherwise) : NULL;
    if (!name || (otherwise && !copy)) {
        free(name);
        free(copy);
        return -1;
    }
    info->columns[info->column_count++] = (struct table_column){
        .name = name,
        .otherwise = copy,
        .not_null = sqlite.column_int64(row, 1),
        .rowid = sqlite.column_int64(row, 2),
        .hidden = sqlite.column_int64(row, 3),
        .real = sqlite.column_int64(row, 4),
        .required = sqlite.column_int64(row, 5),
    };
    return 0;
}

static int read_columns(struct database *db, const char *table, struct table_info *info,
                        sluice_error *error) {
    sqlite3_stmt *rows = NULL;
    int result = SQLITE_DONE;
    int failed = database_prepare(db,
                                  "SELECT name, \"notnull\", pk = 1 AND upper(type) = 'INTEGER', hidden <> 0,"
                                  " NOT (upper(type) LIKE '%INT%' OR upper(type) LIKE '%CHAR%'"
                                  " OR upper(type) LIKE '%CLOB%' OR upper(type) LIKE '%TEXT%'),"
                                  " \"notnull\" AND dflt_value IS NULL AND hidden = 0"
                                  " AND NOT (pk = 1 AND upper(type) = 'INTEGER'),"
                                  " CASE WHEN \"notnull\" THEN '(' || dflt_value || ')' END FROM "
                                  "pragma_table_xinfo(?1) ORDER BY cid",
                                  &rows, error);
    if (failed)
        return failed;
    sqlite.bind_text(rows, 1, table, -1, SQLITE_STATIC);
    while (!failed && (result = sqlite.step(rows)) == SQLITE_ROW)
        if (add_column(info, rows))
            failed = database_fail_memory(db, error);
    if (!failed && result != SQLITE_DONE)
        failed = database_fail(db, result, error);
    sqlite.finalize(rows);
    return failed;
}

/* What isn't seen in the columns: the words of the definition, triggers, further unique keys. */
static const char traits_sql[] =
    "SELECT type,"
    " upper(sql) LIKE '%CHECK%' OR upper(sql) LIKE '%STRICT%'"
    " OR EXISTS (SELECT 1 FROM sqlite_master AS t WHERE t.type = 'trigger' AND lower(t.tbl_name) = "
    "lower(m.name))"
    " OR (SELECT count(*) FROM pragma_index_list(m.name) WHERE \"unique\") > 1,"
    " type = 'table' AND upper(sql) NOT LIKE '%WITHOUT%ROWID%' AND upper(sql) NOT LIKE 'CREATE VIRTUAL%',"
    " (SELECT count(*) FROM pragma_index_list(m.name))"
    " FROM sqlite_master AS m WHERE lower(name) = lower(?1) AND type IN ('table', 'view')";

static int read_traits(struct database *db, const char *table, struct table_info *info, sluice_error *error) {
    sqlite3_stmt *row = NULL;
    int failed = database_prepare(db, traits_sql, &row, error);
    if (failed)
        return failed;
    sqlite.bind_text(row, 1, table, -1, SQLITE_STATIC);
    int result = sqlite.step(row);
    if (result == SQLITE_ROW) {
        bool view = sqlite.stricmp((const char *)sqlite.column_text(row, 0), "view") == 0;
        info->exists = true;
        info->guarded = sqlite.column_int64(row, 1);
        info->has_rowid = sqlite.column_int64(row, 2);
        info->indexes = sqlite.column_int64(row, 3);
        if (view && db->mode == DATABASE_WRITE)
            failed = db->host->fail(error, SLUICE_E_CONFIG,
                                    "%s: '%s' is a view, not a table; name another 'table'", db->path, table);
    } else if (result != SQLITE_DONE) {
        failed = database_fail(db, result, error);
    }
    sqlite.finalize(row);
    return failed;
}

int table_info_read(struct database *db, const char *table, struct table_info *info, sluice_error *error) {
    table_info_free(info);
    int failed = read_traits(db, table, info, error);
    if (!failed && info->exists)
        failed = read_columns(db, table, info, error);
    if (failed)
        table_info_free(info);
    return failed;
}

int table_info_indexed(struct database *db, const char *table, const char *column, bool *indexed,
                       sluice_error *error) {
    int64_t count = 0;
    int failed =
        database_count(db,
                       "SELECT count(*) FROM pragma_index_list(?1) AS l, pragma_index_info(l.name) AS i"
                       " WHERE NOT l.partial AND i.seqno = 0 AND lower(i.name) = ?2",
                       table, column, &count, error);
    *indexed = count > 0;
    return failed;
}

int table_info_indexed_by(struct database *db, const char *table, const char *columns, bool *indexed,
                          sluice_error *error) {
    int64_t count = 0;
    int failed = database_count(db,
                                "SELECT count(*) FROM pragma_index_list(?1) AS l WHERE NOT l.partial AND"
                                " (SELECT group_concat(lower(name)) || ',' FROM (SELECT name FROM "
                                "pragma_index_info(l.name) ORDER BY seqno))"
                                " LIKE ?2 || ',%'",
                                table, columns, &count, error);
    *indexed = count > 0;
    return failed;
}
