/* Reading goes by the key: each batch is one short look at the rows behind the last one, so that
 * nothing is locked while a pipeline waits for its provider, and what a pipeline writes into the table
 * that it reads doesn't disturb it. */
#include "source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "table_info.h"

struct source {
    const sluice_host *host;
    const struct source_options *options;
    char *table;
    char since[20]; /* "2026-11-22 00:00:00", cut where the user stopped; "": any */
    struct database db;
    struct table_info info;
    sqlite3_stmt *statement; /* rowid, then the columns; ?1: the bound */
    bool started, ended;
    int64_t bound; /* where the next batch begins */
    uint64_t given;
    bool counted;
    int64_t total; /* -1: not known */
    sluice_text *names;
};

enum { FILTERS_MOST = 30000 }; /* of SQLite's 32,766 parameters; never more in one statement */

/* ---- the statement ------------------------------------------------------------------------ */

static bool has_column(const struct source *source, const char *name) {
    return table_info_find(&source->info, (sluice_text){name, strlen(name)}) >= 0;
}

static int need_column(struct source *source, const char *option, const char *column, sluice_error *error) {
    if (has_column(source, column))
        return 0;
    return source->host->fail(error, SLUICE_E_CONFIG, "%s: option '%s': table '%s' has no column '%s'",
                              source->db.path, option, source->table, column);
}

static int check_filters(struct source *source, sluice_error *error) {
    const struct source_options *options = source->options;
    int failed = 0;
    if (options->status.count)
        failed = need_column(source, "status", "status", error);
    if (!failed && options->imei.count)
        failed = need_column(source, "imei", "imei", error);
    if (!failed && options->since.len && !has_column(source, "created_at"))
        failed = need_column(source, "since", "order_date", error);
    if (!failed && options->status.count + options->imei.count > FILTERS_MOST)
        failed = source->host->fail(error, SLUICE_E_CONFIG, "options 'status' and 'imei': %d values at most",
                                    FILTERS_MOST);
    return failed;
}

static void append_list(sqlite3_str *sql, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        sqlite.str_appendall(sql, i ? ", ?" : "(?");
    sqlite.str_appendall(sql, ")");
}

/* `+` keeps the few values of status from being looked up by an index: rows come by the key. */
static void append_filters(struct source *source, sqlite3_str *sql) {
    const struct source_options *options = source->options;
    if (options->status.count) {
        sqlite.str_appendall(sql, " AND +status COLLATE NOCASE IN ");
        append_list(sql, options->status.count);
    }
    if (options->imei.count) {
        sqlite.str_appendall(sql, " AND imei IN ");
        append_list(sql, options->imei.count);
    }
    if (source->since[0]) {
        bool date = has_column(source, "order_date"), created = has_column(source, "created_at");
        sqlite.str_appendf(sql, " AND replace(%s, 'T', ' ') >= ?",
                           date && created ? "coalesce(nullif(order_date, ''), created_at)"
                           : date          ? "order_date"
                                           : "created_at");
    }
}

static int prepare(struct source *source, const char *columns, sqlite3_stmt **statement,
                   sluice_error *error) {
    bool newest = source->options->order == SOURCE_NEWEST, keyed = source->info.has_rowid;
    sqlite3_str *sql = sqlite.str_new(source->db.handle);
    sqlite.str_appendf(sql, "SELECT %s FROM \"%w\" WHERE %s", columns, source->table,
                       !keyed   ? "?1 IS NOT NULL"
                       : newest ? "_rowid_ <= ?1"
                                : "_rowid_ >= ?1");
    append_filters(source, sql);
    if (keyed)
        sqlite.str_appendf(sql, " ORDER BY _rowid_%s", newest ? " DESC" : "");
    char *text = sqlite.str_finish(sql);
    int failed = text ? database_prepare(&source->db, text, statement, error)
                      : database_fail_memory(&source->db, error);
    sqlite.free(text);
    return failed;
}

static int bind_texts(sqlite3_stmt *statement, int at, sluice_texts texts) {
    for (uint64_t i = 0; i < texts.count; i++)
        sqlite.bind_text(statement, at++, texts.items[i].ptr, (int)texts.items[i].len, SQLITE_STATIC);
    return at;
}

static void bind_filters(const struct source *source, sqlite3_stmt *statement) {
    int at = bind_texts(statement, 2, source->options->status);
    at = bind_texts(statement, at, source->options->imei);
    if (source->since[0])
        sqlite.bind_text(statement, at, source->since, -1, SQLITE_STATIC);
}

static int prepare_rows(struct source *source, sluice_error *error) {
    sqlite3_str *columns = sqlite.str_new(source->db.handle);
    sqlite.str_appendall(columns, source->info.has_rowid ? "_rowid_" : "0");
    for (size_t c = 0; c < source->info.column_count; c++)
        sqlite.str_appendf(columns, ", \"%w\"", source->info.columns[c].name);
    char *text = sqlite.str_finish(columns);
    int failed =
        text ? prepare(source, text, &source->statement, error) : database_fail_memory(&source->db, error);
    sqlite.free(text);
    if (!failed)
        bind_filters(source, source->statement);
    return failed;
}

/* ---- opening ------------------------------------------------------------------------------ */

static int name_columns(struct source *source, sluice_error *error) {
    source->names = calloc(source->info.column_count, sizeof *source->names);
    if (!source->names)
        return database_fail_memory(&source->db, error);
    for (size_t c = 0; c < source->info.column_count; c++)
        source->names[c] = (sluice_text){source->info.columns[c].name, strlen(source->info.columns[c].name)};
    return 0;
}

static int start(struct source *source, sluice_error *error) {
    if (source->started)
        return 0;
    int failed =
        source->db.handle ? 0 : database_open(&source->db, source->options->path, DATABASE_READ, error);
    if (!failed)
        failed = table_info_read(&source->db, source->table, &source->info, error);
    if (!failed && !source->info.exists)
        failed = source->host->fail(error, SLUICE_E_NOINPUT, "%s: the database has no table '%s'",
                                    source->db.path, source->table);
    if (!failed && !source->info.has_rowid && source->options->order == SOURCE_NEWEST)
        failed = source->host->fail(
            error, SLUICE_E_CONFIG,
            "%s: option 'order': '%s' is a view or has no rowid, so nothing tells what is newest",
            source->db.path, source->table);
    if (!failed)
        failed = check_filters(source, error);
    if (!failed)
        failed = name_columns(source, error);
    if (!failed)
        failed = prepare_rows(source, error);
    source->bound = source->options->order == SOURCE_NEWEST ? INT64_MAX : INT64_MIN;
    source->started = !failed;
    return failed;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Copy the row that the statement stands on: all its texts in one piece of memory. */
static int copy_row(struct source *source, sluice_filling *out, uint32_t row, uint64_t *bytes,
                    sluice_error *error) {
    uint64_t need = 1;
    for (uint32_t c = 0; c < out->column_count; c++) {
        const void *text = sqlite.column_text(source->statement, (int)c + 1);
        out->cells[c][row] =
            (sluice_text){text, text ? (uint64_t)sqlite.column_bytes(source->statement, (int)c + 1) : 0};
        need += out->cells[c][row].len;
    }
    char *at = source->host->alloc(out->arena, need);
    if (!at)
        return database_fail_memory(&source->db, error);
    for (uint32_t c = 0; c < out->column_count; c++) {
        sluice_text *cell = &out->cells[c][row];
        if (!cell->ptr)
            continue;
        memcpy(at, cell->ptr, cell->len);
        cell->ptr = at;
        at += cell->len;
    }
    out->numbers[row] = ++source->given;
    *bytes += need;
    return 0;
}

/* The next batch begins behind this row. */
static void move_bound(struct source *source, int64_t rowid) {
    bool newest = source->options->order == SOURCE_NEWEST;
    if (rowid == (newest ? INT64_MIN : INT64_MAX))
        source->ended = true;
    else
        source->bound = newest ? rowid - 1 : rowid + 1;
}

static bool is_enough(const struct source *source, const sluice_filling *out, uint64_t bytes) {
    return source->ended || out->row_count == out->row_limit || bytes >= out->byte_limit;
}

static int fill(struct source *source, sluice_filling *out, sluice_error *error) {
    uint64_t limit = (uint64_t)source->options->limit, bytes = 0;
    int result = SQLITE_ROW, failed = 0;
    sqlite.bind_int64(source->statement, 1, source->bound);
    while (!failed && !is_enough(source, out, bytes)) {
        if (limit && source->given == limit)
            result = SQLITE_DONE;
        else
            result = sqlite.step(source->statement);
        if (result != SQLITE_ROW)
            break;
        failed = copy_row(source, out, out->row_count, &bytes, error);
        if (failed)
            break;
        out->row_count++;
        if (source->info.has_rowid)
            move_bound(source, sqlite.column_int64(source->statement, 0));
    }
    source->ended = source->ended || result == SQLITE_DONE;
    if (!failed && result != SQLITE_ROW && result != SQLITE_DONE)
        failed = database_fail(&source->db, result, error);
    /* Without a key the statement is the position, and it stays open. */
    if (source->info.has_rowid || source->ended || failed)
        sqlite.reset(source->statement);
    return failed;
}

static int32_t source_read(void *instance, sluice_filling *out, sluice_error *error) {
    struct source *source = instance;
    int failed = start(source, error);
    if (failed)
        return failed;
    if (source->ended)
        return SLUICE_END;
    failed = source->host->columns(out, source->names, (uint32_t)source->info.column_count, error);
    if (!failed)
        failed = fill(source, out, error);
    return failed ? failed : source->ended ? SLUICE_END : 0;
}

/* Counting is cheap only when no row has to be looked at. */
static int count_rows(struct source *source, sluice_error *error) {
    const struct source_options *options = source->options;
    source->total = -1;
    if (options->status.count || options->imei.count || source->since[0])
        return 0;
    sqlite3_str *sql = sqlite.str_new(source->db.handle);
    sqlite.str_appendf(sql, "SELECT count(*) FROM \"%w\"", source->table);
    char *text = sqlite.str_finish(sql);
    int failed = text ? database_number(&source->db, text, -1, &source->total, error) : SLUICE_E_IO;
    sqlite.free(text);
    if (options->limit && source->total > options->limit)
        source->total = options->limit;
    return failed;
}

static int64_t source_remaining(void *instance) {
    struct source *source = instance;
    sluice_error error = {.size = sizeof error};
    if (!source->counted && start(source, &error) == 0)
        source->counted = count_rows(source, &error) == 0;
    int64_t left = source->total - (int64_t)source->given;
    return !source->counted || source->total < 0 ? -1 : left > 0 ? left : 0;
}

/* ---- the instance ------------------------------------------------------------------------- */

static bool has_digits(const char *text, const char *pattern, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (pattern[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
            return false;
    return true;
}

/* "2026-11-22", "2026-11-22 08:30", "2026-11-22T08:30:00Z": as far as it goes, in the form of the column. */
static int read_since(struct source *source, sluice_text since, sluice_error *error) {
    static const char pattern[] = "0000-00-00 00:00:00";
    size_t len = since.len;
    if (len && since.ptr[len - 1] == 'Z')
        len--;
    bool whole = len == 0 || len == 10 || len == 16 || len == 19;
    if (len && whole) {
        memcpy(source->since, since.ptr, len);
        if (len > 10 && source->since[10] == 'T')
            source->since[10] = ' ';
        source->since[len] = '\0';
    }
    if (!whole || !has_digits(source->since, pattern, len))
        return source->host->fail(
            error, SLUICE_E_CONFIG,
            "option 'since': '%.*s' is not a date; write 2026-11-22 or '2026-11-22 08:30:00' (UTC)",
            (int)(since.len < 40 ? since.len : 40), since.ptr);
    return 0;
}

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error) {
    const struct source_options *options = config;
    struct source *source = calloc(1, sizeof *source);
    char *table = database_name(host, "table", options->table, error);
    if (!source || !table) {
        free(source);
        free(table);
        return table ? host->fail(error, SLUICE_E_IO, "out of memory") : error->code;
    }
    *source = (struct source){
        .host = host,
        .options = options,
        .table = table,
        .db = {.host = host, .self = self, .lock_wait_ms = options->lock_wait},
    };
    int failed = read_since(source, options->since, error);
    if (failed)
        source_close(source);
    else
        *instance = source;
    return failed;
}

void source_close(void *instance) {
    struct source *source = instance;
    if (source->statement)
        sqlite.finalize(source->statement);
    table_info_free(&source->info);
    database_close(&source->db);
    free(source->names);
    free(source->table);
    free(source);
}

const sluice_source source_callbacks = {
    .size = sizeof(sluice_source),
    .read = source_read,
    .remaining = source_remaining,
};
