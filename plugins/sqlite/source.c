/* Reading goes by the key: each batch is one short look at the rows behind the last one, so that
 * nothing is locked while a pipeline waits for its provider, and what a pipeline writes into the table
 * that it reads doesn't disturb it. Where an index knows the few rows that are asked for (found.h), only
 * they are fetched, by their keys (found_table.h). */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "found_table.h"
#include "schema.h"

struct source {
    const sluice_host *host;
    const struct source_options *options;
    char *table;
    struct database db;
    struct table_info info;
    struct select select;
    struct found found;
    sqlite3_stmt *statement; /* rowid, then the fields; ?1: the bound, or the row */
    bool started, ended;
    int64_t behind;         /* the option `after`, if it is given */
    int64_t bound;          /* where the next batch begins */
    struct found_view view; /* of the found rows: how far they are read */
    uint64_t given;
    bool counted;
    int64_t total; /* -1: not known */
    sluice_text *names;
    uint32_t name_count;
    bool is_utf8;  /* the database's texts */
    char *free;    /* memory for the texts of the batch at hand */
    uint64_t room; /* … and how much of it */
};

enum { PIECE = 32 * 1024 };

static const sluice_text key_field = {SELECT_KEY, sizeof SELECT_KEY - 1};

static bool is_newest(const struct source *source) {
    return source->options->order == SOURCE_NEWEST;
}

/* ---- opening ------------------------------------------------------------------------------ */

static const char *order_column(sluice_text field) {
    for (size_t i = 0; i < order_column_count; i++)
        if (strlen(order_columns[i].name) == field.len &&
            sqlite.strnicmp(order_columns[i].name, field.ptr, (int)field.len) == 0)
            return order_columns[i].name;
    return NULL;
}

static bool has_column(const struct source *source, const char *name) {
    return table_info_find(&source->info, (sluice_text){name, strlen(name)}) >= 0;
}

/* SQLite's columns have no letter case, fields do: where an older system keeps orders with an ORDER_ID, that
 * is the order_id which everything else goes by. */
static int name_all(struct source *source) {
    bool orders = has_column(source, "order_id") && has_column(source, "imei");
    source->name_count = (uint32_t)source->info.column_count;
    for (size_t c = 0; c < source->info.column_count; c++) {
        const char *name = source->info.columns[c].name;
        const char *known = orders ? order_column((sluice_text){name, strlen(name)}) : NULL;
        source->names[c] = (sluice_text){known ? known : name, strlen(name)};
    }
    return 0;
}

/* The column's name as the table has it; one that tables of orders have, but not this one (an older system
 * made it), counts too, and is null in every row. NULL: neither. */
static const char *column_named(const struct source *source, sluice_text field) {
    int32_t column = table_info_find(&source->info, field);
    return column >= 0 ? source->info.columns[column].name : order_column(field);
}

static int name_chosen(struct source *source, sluice_error *error) {
    sluice_texts fields = source->options->fields;
    for (uint64_t i = 0; i < fields.count; i++) {
        const char *name = column_named(source, fields.items[i]);
        int length = (int)(fields.items[i].len < 60 ? fields.items[i].len : 60);
        if (!name)
            return source->host->fail(error, SLUICE_E_CONFIG,
                                      "%s: option 'fields': table '%s' has no column '%.*s'", source->db.path,
                                      source->table, length, fields.items[i].ptr);
        for (uint64_t earlier = 0; earlier < i; earlier++)
            if (source->names[earlier].ptr == name)
                return source->host->fail(error, SLUICE_E_CONFIG, "option 'fields': '%s' is there twice",
                                          name);
        source->names[i] = (sluice_text){name, strlen(name)};
    }
    source->name_count = (uint32_t)fields.count;
    return 0;
}

static int name_fields(struct source *source, sluice_error *error) {
    sluice_texts fields = source->options->fields;
    size_t room = fields.count > source->info.column_count ? fields.count : source->info.column_count;
    source->names = calloc(room + 1, sizeof *source->names);
    if (!source->names)
        return database_fail_memory(&source->db, error);
    int failed = fields.count ? name_chosen(source, error) : name_all(source);
    if (!failed && source->options->keyed)
        source->names[source->name_count++] = key_field;
    return failed;
}

/* An older system's table may keep them as floating-point numbers: 15000001.0 is no order id. */
static bool is_identifier(sluice_text name) {
    static const char *const names[] = {"order_id", "imei", "imei2", "service_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == name.len && sqlite.strnicmp(names[i], name.ptr, (int)name.len) == 0)
            return true;
    return false;
}

static void append_column(sqlite3_str *columns, const struct source *source, sluice_text name) {
    int32_t column = table_info_find(&source->info, name);
    if (column < 0)
        sqlite.str_appendall(columns, ", NULL");
    else if (is_identifier(name) && source->info.columns[column].real)
        sqlite.str_appendf(
            columns,
            ", CASE WHEN typeof(\"%w\") = 'real' AND abs(\"%w\") < 9007199254740992"
            " AND CAST(\"%w\" AS INTEGER) = \"%w\" THEN CAST(\"%w\" AS INTEGER) ELSE \"%w\" END",
            name.ptr, name.ptr, name.ptr, name.ptr, name.ptr, name.ptr);
    else
        sqlite.str_appendf(columns, ", \"%w\"", name.ptr);
}

/* A table is read by its key; a view has none, so that its statement stays open from row to row. */
static int prepare_rows(struct source *source, sluice_error *error) {
    bool keyed = source->info.has_rowid;
    sqlite3_str *columns = sqlite.str_new(source->db.handle);
    sqlite.str_appendall(columns, keyed ? "o._rowid_" : "0");
    for (uint32_t c = 0; c < source->name_count; c++)
        if (source->names[c].ptr == key_field.ptr)
            sqlite.str_appendall(columns, keyed ? ", o._rowid_" : ", NULL");
        else
            append_column(columns, source, source->names[c]);
    char *text = sqlite.str_finish(columns);
    const char *key = !keyed               ? "?1 IS NOT NULL"
                      : source->found.used ? "?1 IS NULL AND o._rowid_ = " FOUND_TABLE ".sluice_row"
                      : is_newest(source)  ? "o._rowid_ <= ?1"
                                           : "o._rowid_ >= ?1";
    const char *order = !keyed || source->found.used ? ""
                        : is_newest(source)          ? " ORDER BY o._rowid_ DESC"
                                                     : " ORDER BY o._rowid_";
    int found = source->found.used ? source->found.list : -1;
    const char *joined = source->found.used ? FOUND_TABLE " CROSS JOIN" : "";
    int failed =
        text ? select_prepare(&source->select, text, joined, key, order, found, &source->statement, error)
             : database_fail_memory(&source->db, error);
    sqlite.free(text);
    return failed;
}

static int open_table(struct source *source, sluice_error *error) {
    int failed = database_open(&source->db, source->options->path, DATABASE_READ, error);
    if (!failed) /* each page is read once */
        failed = database_run(&source->db, error, "PRAGMA cache_size = -256");
    if (!failed)
        failed = table_info_read(&source->db, source->table, &source->info, error);
    if (failed)
        return failed;
    if (!source->info.exists)
        return source->host->fail(error, SLUICE_E_NOINPUT, "%s: the database has no table '%s'",
                                  source->db.path, source->table);
    if (!source->info.has_rowid && is_newest(source))
        return source->host->fail(
            error, SLUICE_E_CONFIG,
            "%s: option 'order': '%s' is a view or has no rowid, so nothing tells what is newest",
            source->db.path, source->table);
    return 0;
}

static int read_encoding(struct source *source, sluice_error *error) {
    int64_t is_utf8 = 0;
    int failed =
        database_number(&source->db, "SELECT encoding = 'UTF-8' FROM pragma_encoding", 0, &is_utf8, error);
    source->is_utf8 = is_utf8;
    return failed;
}

/* The next batch begins behind this row. */
static void move_bound(struct source *source, int64_t rowid) {
    if (rowid == (is_newest(source) ? INT64_MIN : INT64_MAX))
        source->ended = true;
    else
        source->bound = is_newest(source) ? rowid - 1 : rowid + 1;
}

/* Where a page ended, the next one begins. */
static void begin_behind(struct source *source) {
    const struct found_view *view = &source->view;
    source->bound = is_newest(source) ? INT64_MAX : INT64_MIN;
    if (!source->options->after.len)
        return;
    while (source->found.used && view->taken < source->found.count &&
           (is_newest(source) ? found_view_id(view, view->taken) >= source->behind
                              : found_view_id(view, view->taken) <= source->behind))
        source->view.taken++;
    move_bound(source, source->behind);
}

/* What went wrong in the middle is undone: the next try begins anew. */
static void stop(struct source *source) {
    if (source->statement)
        sqlite.finalize(source->statement);
    source->statement = NULL;
    found_free(&source->found);
    free(source->names);
    source->names = NULL;
    table_info_free(&source->info);
    database_close(&source->db);
}

static int start(struct source *source, sluice_error *error) {
    if (source->started)
        return 0;
    int failed = open_table(source, error);
    if (!failed)
        failed = read_encoding(source, error);
    if (!failed)
        failed = select_begin(&source->select, error);
    if (!failed)
        failed = name_fields(source, error);
    if (!failed)
        failed = found_make(&source->found, &source->select, error);
    source->view = (struct found_view){.found = &source->found, .backward = is_newest(source)};
    if (!failed && source->found.used && found_table_register(source->db.handle, &source->view) != SQLITE_OK)
        failed = database_fail_memory(&source->db, error);
    if (!failed)
        failed = prepare_rows(source, error);
    if (failed)
        stop(source);
    if (!failed)
        begin_behind(source);
    source->started = !failed;
    return failed;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Room for `bytes` of text: pieces of memory are taken from the host some rows at a time. */
static char *room_for(struct source *source, sluice_filling *out, uint64_t bytes) {
    if (source->room >= bytes) {
        char *at = source->free;
        source->free += bytes;
        source->room -= bytes;
        return at;
    }
    if (bytes > PIECE / 4)
        return source->host->alloc(out->arena, bytes);
    char *piece = source->host->alloc(out->arena, PIECE);
    source->free = piece ? piece + bytes : NULL;
    source->room = piece ? PIECE - bytes : 0;
    return piece;
}

/* As a blob a text isn't copied once more to be terminated; a number becomes text, as it should. */
static sluice_text value_at(const struct source *source, int column) {
    const void *value = source->is_utf8 ? sqlite.column_blob(source->statement, column)
                                        : sqlite.column_text(source->statement, column);
    if (value)
        return (sluice_text){value, (uint64_t)sqlite.column_bytes(source->statement, column)};
    bool empty = sqlite.column_type(source->statement, column) != SQLITE_NULL;
    return (sluice_text){empty ? "" : NULL, 0};
}

/* Copy the row that the statement stands on. */
static int copy_row(struct source *source, sluice_filling *out, uint32_t row, uint64_t *bytes,
                    sluice_error *error) {
    for (uint32_t c = 0; c < out->column_count; c++) {
        sluice_text value = value_at(source, (int)c + 1);
        if (value.len) {
            char *copy = room_for(source, out, value.len);
            if (!copy)
                return database_fail_memory(&source->db, error);
            memcpy(copy, value.ptr, value.len);
            value.ptr = copy;
        }
        out->cells[c][row] = value;
        *bytes += value.len;
    }
    out->numbers[row] = ++source->given;
    return 0;
}

static bool is_limited(const struct source *source) {
    return source->options->limit && source->given == (uint64_t)source->options->limit;
}

/* The next statement begins behind this one of the found rows. */
static void move_view(struct source *source, int64_t rowid) {
    while (found_view_id(&source->view, source->view.taken) != rowid)
        source->view.taken++; /* it is gone by now, or not asked for any more */
    source->view.taken++;
}

/* ROW, DONE or a failure's code. */
static int step(struct source *source) {
    int result = is_limited(source) ? SQLITE_DONE : sqlite.step(source->statement);
    source->ended = result == SQLITE_DONE;
    if (result != SQLITE_ROW)
        return result;
    if (source->found.used)
        move_view(source, sqlite.column_int64(source->statement, 0));
    else if (source->info.has_rowid)
        move_bound(source, sqlite.column_int64(source->statement, 0));
    return result;
}

static bool is_enough(const struct source *source, const sluice_filling *out, uint64_t bytes) {
    return source->ended || out->row_count == out->row_limit || bytes >= out->byte_limit;
}

static int take_rows(struct source *source, sluice_filling *out, sluice_error *error) {
    uint64_t bytes = 0;
    int result = SQLITE_ROW, failed = 0;
    if (!source->found.used)
        sqlite.bind_int64(source->statement, 1, source->bound);
    while (!failed && result == SQLITE_ROW && !is_enough(source, out, bytes)) {
        result = step(source);
        if (result == SQLITE_ROW)
            failed = copy_row(source, out, out->row_count, &bytes, error);
        if (result == SQLITE_ROW && !failed)
            out->row_count++;
    }
    if (!failed && result != SQLITE_ROW && result != SQLITE_DONE)
        failed = database_fail(&source->db, result, error);
    return failed;
}

/* Without a key the statement is the position, and it stays open. */
static int fill(struct source *source, sluice_filling *out, sluice_error *error) {
    source->room = 0; /* what is left is of the last batch */
    int failed = take_rows(source, out, error);
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
    char *path = source->host->alloc(out->arena, source->options->path.len + 1);
    if (!path)
        return database_fail_memory(&source->db, error);
    memcpy(path, source->options->path.ptr, source->options->path.len);
    out->file = (sluice_text){path, source->options->path.len};
    failed = source->host->columns(out, source->names, source->name_count, error);
    if (!failed)
        failed = fill(source, out, error);
    return failed ? failed : source->ended ? SLUICE_END : 0;
}

/* Counting is cheap only when no row has to be looked at. */
static int count_rows(struct source *source, sluice_error *error) {
    source->total = -1;
    if (select_filters(&source->select) || source->options->after.len)
        return 0;
    sqlite3_str *sql = sqlite.str_new(source->db.handle);
    sqlite.str_appendf(sql, "SELECT count(*) FROM \"%w\"", source->table);
    char *text = sqlite.str_finish(sql);
    int failed = text ? database_number(&source->db, text, -1, &source->total, error) : SLUICE_E_IO;
    sqlite.free(text);
    if (source->options->limit && source->total > source->options->limit)
        source->total = source->options->limit;
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

static int read_after(struct source *source, sluice_error *error) {
    sluice_text after = source->options->after;
    char text[24], *end = text;
    if (!after.len)
        return 0;
    if (after.len < sizeof text) {
        memcpy(text, after.ptr, after.len);
        text[after.len] = '\0';
        errno = 0;
        source->behind = strtoll(text, &end, 10);
    }
    if (end == text || *end || errno)
        return source->host->fail(error, SLUICE_E_CONFIG, "option 'after': '%.*s' is no %s of this store",
                                  (int)(after.len < 40 ? after.len : 40), after.ptr, SELECT_KEY);
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
    source->select =
        (struct select){.options = options, .db = &source->db, .info = &source->info, .table = table};
    int failed = select_read_times(&source->select, error);
    if (!failed)
        failed = read_after(source, error);
    if (failed)
        source_close(source);
    else
        *instance = source;
    return failed;
}

void source_close(void *instance) {
    struct source *source = instance;
    stop(source);
    select_free(&source->select);
    free(source->table);
    free(source);
}

const sluice_source source_callbacks = {
    .size = sizeof(sluice_source),
    .read = source_read,
    .remaining = source_remaining,
};
