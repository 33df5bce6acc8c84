/* The life of the sink: open, take rows, commit.
 *
 * One transaction goes from the first write to commit(). Rows of a table that keeps orders, or whose
 * rows may be refused, are written in the write() they came with, so that a refused row can be named.
 * For any other table they are collected over many writes, sorted by the key and written when
 * COLLECT_BYTES are full (and at commit): the index of a unique key is then touched page by page. When
 * that happens the transaction is committed on the spot, so that neither memory nor the write-ahead log
 * grows with the file; a record that is delivered again after a crash changes nothing.
 *
 * Measured: a million rows of eight columns, random 15-digit unique key, CPU seconds of the sink alone;
 * `sqlite3 .import` takes 3.95.
 *     as they come, 8192 rows a transaction               7.6
 *     sorted, 8192 rows a transaction                     4.8
 *     sorted, 65536 rows a transaction                    1.45
 *     the same in pages of 16 KiB instead of 4            1.0
 * Half of the calls to write and a smaller log make the last step; a new file gets such pages. */
#include "sink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "layout.h"
#include "order_sql.h"
#include "rows.h"
#include "rows_table.h"
#include "schema.h"

enum {
    COLLECT_BYTES = 7 * 1024 * 1024,
    VALUE_MOST = 1000000000, /* SQLite's own limit for a value */
};

struct sink {
    const sluice_host *host;
    sluice_self *self;
    const struct sink_options *options;
    char *table;
    sluice_texts keys;
    bool orders; /* the table keeps orders: unique by order_id */
    struct database db;
    struct table_info info;
    struct layout layout;
    struct rows rows;
    sluice_text *values; /* of the row that is being copied; layout.count */
    bool collects;
    const char *order_key;
    sqlite3_stmt *insert, *merge, *strangers; /* a plain table has only `merge` */
    bool writing;                             /* in a transaction */
    bool said_extra, said_no_id;
};

static const sluice_text order_keys[] = {{"order_id", 8}, {"provider", 8}, {"account", 7}};

/* ---- statements --------------------------------------------------------------------------- */

static void finalize(sqlite3_stmt **statement) {
    if (*statement)
        sqlite.finalize(*statement);
    *statement = NULL;
}

/* Forget what was found out about the table and the records; the next write does it again. */
static void forget_layout(struct sink *sink) {
    finalize(&sink->insert);
    finalize(&sink->merge);
    finalize(&sink->strangers);
    layout_free(&sink->layout);
    free(sink->values);
    sink->values = NULL;
}

static int prepare(struct sink *sink, sqlite3_str *sql, sqlite3_stmt **statement, sluice_error *error) {
    char *text = sqlite.str_finish(sql);
    int failed = text ? database_prepare(&sink->db, text, statement, error) : database_fail_memory(&sink->db, error);
    sqlite.free(text);
    return failed;
}

static int prepare_orders(struct sink *sink, sluice_error *error) {
    struct order_table table = {sink->table, sink->order_key, &sink->info, &sink->layout};
    sqlite3_str *sql = sqlite.str_new(sink->db.handle);
    order_sql_insert(sql, &table);
    int failed = prepare(sink, sql, &sink->insert, error);
    if (failed)
        return failed;
    sql = sqlite.str_new(sink->db.handle);
    order_sql_merge(sql, &table);
    failed = prepare(sink, sql, &sink->merge, error);
    if (failed)
        return failed;
    sql = sqlite.str_new(sink->db.handle);
    order_sql_strangers(sql, &table);
    return prepare(sink, sql, &sink->strangers, error);
}

static const char *column_of(const struct sink *sink, uint32_t value) {
    return sink->info.columns[sink->layout.values[value].target].name;
}

/* INSERT … ON CONFLICT(keys) DO UPDATE what changed; a table of keys alone has nothing to update. */
static int prepare_plain(struct sink *sink, sluice_error *error) {
    const struct layout *layout = &sink->layout;
    sqlite3_str *sql = sqlite.str_new(sink->db.handle);
    sqlite.str_appendf(sql, "INSERT OR FAIL INTO \"%w\" AS old(", sink->table);
    for (uint32_t i = 0; i < layout->count; i++)
        sqlite.str_appendf(sql, "%s\"%w\"", i ? ", " : "", column_of(sink, i));
    sqlite.str_appendall(sql, ") SELECT ");
    for (uint32_t i = 0; i < layout->count; i++)
        sqlite.str_appendf(sql, "%sc%u", i ? ", " : "", i);
    sqlite.str_appendall(sql, " FROM sluice_rows WHERE true ON CONFLICT(");
    for (uint32_t i = 0; i < layout->key_count; i++)
        sqlite.str_appendf(sql, "%s\"%w\"", i ? ", " : "", column_of(sink, i));
    sqlite.str_appendall(sql, layout->count == layout->key_count ? ") DO NOTHING" : ") DO UPDATE SET ");
    for (uint32_t i = layout->key_count; i < layout->count; i++)
        sqlite.str_appendf(sql, "%s\"%w\" = excluded.\"%w\"", i > layout->key_count ? ", " : "", column_of(sink, i),
                           column_of(sink, i));
    for (uint32_t i = layout->key_count; i < layout->count; i++)
        sqlite.str_appendf(sql, " %s old.\"%w\" IS NOT excluded.\"%w\"", i > layout->key_count ? "OR" : "WHERE",
                           column_of(sink, i), column_of(sink, i));
    return prepare(sink, sql, &sink->merge, error);
}

/* ---- the table ---------------------------------------------------------------------------- */

static int begin(struct sink *sink, sluice_error *error) {
    int failed = sink->writing ? 0 : database_begin(&sink->db, error);
    sink->writing = sink->writing || !failed;
    return failed;
}

static int commit(struct sink *sink, sluice_error *error) {
    bool writing = sink->writing;
    sink->writing = false;
    return writing ? database_commit(&sink->db, error) : 0;
}

/* After a failure nothing since the last commit is kept, waiting rows included. */
static void give_up(struct sink *sink) {
    if (sink->db.handle) {
        forget_layout(sink);
        database_rollback(&sink->db);
    }
    sink->writing = false;
    rows_clear(&sink->rows, 0);
}

static int open_database(struct sink *sink, sluice_error *error) {
    int64_t pages = 0;
    if (sink->db.handle)
        return 0;
    int failed = database_open(&sink->db, sink->options->path, DATABASE_WRITE, error);
    if (!failed)
        failed = database_number(&sink->db, "PRAGMA page_count", 0, &pages, error);
    if (!failed && pages == 0 && !sink->orders)
        failed = database_run(&sink->db, error, "PRAGMA page_size = 16384");
    if (!failed)
        failed = database_use_wal(&sink->db, error);
    if (!failed && sink->orders) {
        failed = begin(sink, error);
        if (!failed)
            failed = schema_complete_orders(&sink->db, sink->table, error);
        if (!failed)
            failed = commit(sink, error);
    }
    if (failed) {
        give_up(sink);
        database_close(&sink->db);
    }
    return failed;
}

static bool is_stores_own(const char *column) {
    return sqlite.stricmp(column, "id") == 0 || sqlite.stricmp(column, "updated_at") == 0;
}

static int fail_conflict(struct sink *sink, sluice_error *error) {
    return sink->host->fail(error, SLUICE_E_CONFIG,
                            "%s: option 'conflict': table '%s' has no PRIMARY KEY or UNIQUE over just these columns; "
                            "name one that it has, or add a unique index",
                            sink->db.path, sink->table);
}

/* A key of a plain table must be a field of the records; an order without one of its own is skipped. */
static int check_keys(struct sink *sink, sluice_error *error) {
    for (uint32_t i = 0; i < sink->layout.key_count && !sink->orders; i++)
        if (sink->layout.values[i].source == LAYOUT_ABSENT)
            return sink->host->fail(error, SLUICE_E_CONFIG,
                                    "%s: option 'conflict': the records have no field '%s'; name one that they have",
                                    sink->db.path, column_of(sink, i));
    return 0;
}

static int read_table(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    int failed = table_info_read(&sink->db, sink->table, &sink->info, error);
    if (failed || sink->info.exists)
        return failed;
    failed = begin(sink, error);
    if (!failed)
        failed = schema_create_plain(&sink->db, sink->table, batch->names, batch->column_count, sink->keys, error);
    return failed ? failed : table_info_read(&sink->db, sink->table, &sink->info, error);
}

/* Rows that no constraint but the key can refuse may be written later than they came. */
static bool may_collect(const struct sink *sink) {
    if (sink->orders || sink->info.guarded)
        return false;
    for (size_t c = 0; c < sink->info.column_count; c++) {
        int32_t value = layout_find(&sink->layout, &sink->info, sink->info.columns[c].name);
        bool key = value >= 0 && (uint32_t)value < sink->layout.key_count;
        if ((sink->info.columns[c].not_null && !key) || (sink->info.columns[c].rowid && value >= 0))
            return false;
    }
    return true;
}

static void say_extra(struct sink *sink) {
    if (!sink->layout.extra || sink->said_extra)
        return;
    sink->host->log(sink->self, SLUICE_WARN, "%s: table '%s' has no column for these fields, they are not kept: %.400s",
                    sink->db.path, sink->table, sink->layout.extra);
    sink->said_extra = true;
}

static int make_layout(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    forget_layout(sink);
    int failed = read_table(sink, batch, error);
    if (!failed)
        failed = layout_make(&sink->layout, &sink->db, batch, &sink->info, sink->keys,
                             sink->orders ? is_stores_own : NULL, error);
    if (!failed)
        failed = check_keys(sink, error);
    if (failed)
        return failed;
    sink->values = calloc(sink->layout.count, sizeof *sink->values);
    rows_clear(&sink->rows, sink->layout.count);
    if (!sink->values || rows_table_register(sink->db.handle, &sink->rows) != SQLITE_OK)
        return database_fail_memory(&sink->db, error);
    sink->order_key = sink->orders ? schema_order_key(&sink->db, sink->table) : NULL;
    sink->collects = may_collect(sink);
    say_extra(sink);
    /* Sorted rows need few pages at a time; others touch pages of each index at random. */
    failed = database_run(&sink->db, error, sink->collects ? "PRAGMA cache_size = -2048" : "PRAGMA cache_size = -8192");
    if (!failed)
        failed = sink->orders ? prepare_orders(sink, error) : prepare_plain(sink, error);
    return failed;
}

/* ---- writing the rows that wait ------------------------------------------------------------ */

/* Run a statement over the rows from … to. A result code; the constraint that failed, or DONE. */
static int run_over(struct sink *sink, sqlite3_stmt *statement, const char *now, uint32_t from, uint32_t to) {
    sink->rows.from = from;
    sink->rows.to = to;
    if (now)
        sqlite.bind_text(statement, 1, now, -1, SQLITE_STATIC);
    int result = sqlite.step(statement);
    sqlite.reset(statement);
    return result;
}

static bool is_about_a_row(int result) {
    int code = result & 0xff;
    return code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG;
}

static void reject(struct sink *sink, sluice_changes *out, uint32_t row, const char *code, const char *reason) {
    struct row_entry *entry = &sink->rows.entries[row];
    sink->host->reject(out, entry->origin, code, (sluice_text){reason, strlen(reason)});
    entry->origin = ROWS_GONE;
}

/* A row was refused. Which one isn't told, so each is written alone; those that were in already
 * change nothing. */
static int write_singly(struct sink *sink, sqlite3_stmt *statement, const char *now, sluice_changes *out) {
    for (uint32_t i = 0; i < sink->rows.count; i++) {
        int result = run_over(sink, statement, now, i, i + 1);
        if (is_about_a_row(result))
            reject(sink, out, i, "refused_by_table", sqlite.errmsg(sink->db.handle));
        else if (result != SQLITE_DONE)
            return result;
    }
    return SQLITE_DONE;
}

static int write_all(struct sink *sink, sqlite3_stmt *statement, const char *now, sluice_changes *out) {
    int result = run_over(sink, statement, now, 0, sink->rows.count);
    return out && is_about_a_row(result) ? write_singly(sink, statement, now, out) : result;
}

static const char *text_at(sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite.column_text(statement, column);
    return text && *text ? text : "unknown";
}

/* Orders whose id is taken by an order of someone else: never overwritten, never lost without a word. */
static int reject_strangers(struct sink *sink, sluice_changes *out) {
    int result;
    sink->rows.from = 0;
    sink->rows.to = sink->rows.count;
    while ((result = sqlite.step(sink->strangers)) == SQLITE_ROW) {
        sqlite3_str *reason = sqlite.str_new(NULL);
        const char *at = rows_values(&sink->rows, (uint32_t)sqlite.column_int64(sink->strangers, 0));
        sluice_text id = rows_value(&at);
        sqlite.str_appendf(reason,
                           "order id %.*s is taken in table '%s' by another order: provider %s, account %s, IMEI %s; "
                           "it was not overwritten",
                           (int)id.len, id.ptr, sink->table, text_at(sink->strangers, 1), text_at(sink->strangers, 2),
                           text_at(sink->strangers, 3));
        char *text = sqlite.str_finish(reason);
        reject(sink, out, (uint32_t)sqlite.column_int64(sink->strangers, 0), "order_id_taken",
               text ? text : "the order id is taken by another order");
        sqlite.free(text);
    }
    sqlite.reset(sink->strangers);
    return result;
}

/* New orders, the usual case, cost one INSERT. Only when some are there already are they merged. */
static int write_orders(struct sink *sink, sluice_changes *out) {
    char now[32];
    struct tm utc;
    time_t seconds = (time_t)(sink->host->now_ms() / 1000);
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof now, "%Y-%m-%d %H:%M:%S", &utc);
    int result = write_all(sink, sink->insert, now, out);
    if (result != SQLITE_DONE || (uint32_t)sqlite.changes(sink->db.handle) == sink->rows.count)
        return result;
    result = write_all(sink, sink->merge, now, out);
    return result == SQLITE_DONE ? reject_strangers(sink, out) : result;
}

/* `out` is NULL for collected rows: none of them can be refused. */
static int flush(struct sink *sink, sluice_changes *out, sluice_error *error) {
    if (sink->rows.count == 0)
        return 0;
    int failed = begin(sink, error);
    if (failed)
        return failed;
    if (!sink->orders)
        rows_sort(&sink->rows);
    int result = sink->orders ? write_orders(sink, out) : write_all(sink, sink->merge, NULL, out);
    rows_clear(&sink->rows, sink->layout.count);
    return result == SQLITE_DONE ? 0 : database_fail(&sink->db, result, error);
}

/* ---- taking rows -------------------------------------------------------------------------- */

/* Empty is null in a table of orders, so that it erases nothing; the owner is part of the key. */
static void tidy_order(struct sink *sink) {
    for (uint32_t i = 0; i < sink->layout.count; i++)
        if (sink->values[i].len == 0)
            sink->values[i] = (sluice_text){i == 1 || i == 2 ? "" : NULL, 0};
}

/* Can the row be kept? What can't be leaves through `out`. */
static bool admit(struct sink *sink, sluice_changes *out, uint32_t row) {
    static const char no_key[] = "the field that 'conflict' names has no value";
    static const char too_long[] = "a value is longer than SQLite's limit of 1,000,000,000 bytes";
    for (uint32_t i = 0; i < sink->layout.count; i++)
        if (sink->values[i].len > VALUE_MOST) {
            sink->host->reject(out, row, "too_long", (sluice_text){too_long, sizeof too_long - 1});
            return false;
        }
    if (!sink->orders) {
        for (uint32_t i = 0; i < sink->layout.key_count; i++)
            if (sink->values[i].len == 0) {
                sink->host->reject(out, row, "no_key", (sluice_text){no_key, sizeof no_key - 1});
                return false;
            }
        return true;
    }
    if (sink->values[0].len)
        return true;
    if (!sink->said_no_id)
        sink->host->log(sink->self, SLUICE_WARN,
                        "%s: records without an order_id are not stored; name another key with 'conflict' to keep them",
                        sink->db.path);
    sink->said_no_id = true;
    sink->host->drop(out, row, SLUICE_DROP_FILTERED);
    return false;
}

static int take_row(struct sink *sink, const sluice_batch *batch, uint32_t row, sluice_changes *out,
                    sluice_error *error) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < sink->layout.count; i++) {
        uint32_t source = sink->layout.values[i].source;
        sink->values[i] = source == LAYOUT_ABSENT ? (sluice_text){NULL, 0} : batch->cells[source][row];
        bytes += sink->values[i].len;
    }
    if (sink->orders)
        tidy_order(sink);
    if (!admit(sink, out, row))
        return 0;
    if (!rows_fit(&sink->rows, bytes, COLLECT_BYTES)) {
        int failed = flush(sink, sink->collects ? NULL : out, error);
        if (!failed && sink->collects)
            failed = commit(sink, error);
        if (failed)
            return failed;
    }
    return rows_add(&sink->rows, sink->values, row) ? database_fail_memory(&sink->db, error) : 0;
}

static int take_batch(struct sink *sink, const sluice_batch *batch, sluice_changes *out, sluice_error *error) {
    int failed = open_database(sink, error);
    if (!failed && !layout_suits(&sink->layout, batch)) {
        failed = flush(sink, NULL, error);
        if (!failed)
            failed = make_layout(sink, batch, error);
    }
    for (uint32_t i = 0; i < batch->selected && !failed; i++)
        failed = take_row(sink, batch, sluice_selected(batch, i), out, error);
    if (!failed && !sink->collects)
        failed = flush(sink, out, error);
    return failed;
}

/* ---- callbacks ---------------------------------------------------------------------------- */

static int32_t sink_write(void *instance, const sluice_batch *batch, sluice_changes *out, sluice_error *error) {
    struct sink *sink = instance;
    int failed = take_batch(sink, batch, out, error);
    if (failed)
        give_up(sink);
    return failed;
}

static int32_t sink_commit(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int failed = flush(sink, NULL, error);
    if (!failed)
        failed = commit(sink, error);
    if (failed)
        give_up(sink);
    return failed;
}

/* A committed write of what is there already: proves the lock, the permission and the disk. */
static int32_t sink_probe(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int64_t version = 0;
    int failed = open_database(sink, error);
    if (!failed)
        failed = begin(sink, error);
    if (!failed)
        failed = database_number(&sink->db, "PRAGMA user_version", 0, &version, error);
    if (!failed) {
        sqlite3_str *sql = sqlite.str_new(sink->db.handle);
        sqlite.str_appendf(sql, "PRAGMA user_version = %lld", (long long)version);
        failed = schema_run(&sink->db, sql, error);
    }
    if (!failed)
        failed = commit(sink, error);
    if (failed)
        give_up(sink);
    return failed;
}

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error) {
    const struct sink_options *options = config;
    struct sink *sink = calloc(1, sizeof *sink);
    char *table = malloc(options->table.len + 1);
    if (!sink || !table) {
        free(sink);
        free(table);
        return host->fail(error, SLUICE_E_IO, "out of memory");
    }
    memcpy(table, options->table.ptr, options->table.len);
    table[options->table.len] = '\0';
    sluice_texts keys = options->conflict.count ? options->conflict : (sluice_texts){order_keys, 1};
    bool orders = keys.count == 1 && keys.items[0].len == 8 && memcmp(keys.items[0].ptr, "order_id", 8) == 0;
    *sink = (struct sink){
        .host = host,
        .self = self,
        .options = options,
        .table = table,
        .orders = orders,
        .keys = orders ? (sluice_texts){order_keys, 3} : keys,
        .db = {.host = host, .self = self, .lock_wait_ms = options->lock_wait},
    };
    *instance = sink;
    return 0;
}

void sink_close(void *instance) {
    struct sink *sink = instance;
    give_up(sink);
    table_info_free(&sink->info);
    rows_free(&sink->rows);
    database_close(&sink->db);
    free(sink->table);
    free(sink);
}

const sluice_sink sink_callbacks = {
    .size = sizeof(sluice_sink),
    .probe = sink_probe,
    .write = sink_write,
    .commit = sink_commit,
};
