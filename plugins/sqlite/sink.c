/* The life of the sink: open, take rows, commit.
 *
 * One transaction goes from the first write to commit(). Rows of a table that keeps orders, or whose
 * rows may be refused, are written in the write() they came with, so that a refused row can be named.
 * For any other table they wait over many writes, and are sorted by the key and written when
 * WAITING_BYTES are full (and at commit): the index of a unique key is then touched page by page. When
 * that happens the transaction is committed on the spot, so that neither memory nor the write-ahead log
 * grows with the file; a record that is delivered again after a crash changes nothing.
 *
 * Measured with tests/bench/bench_sqlite_sink.c, a million rows of eight columns, a unique key of 15
 * random digits, CPU seconds of the sink alone (`sqlite3 .import`: 4.0):
 *     as they come, 8192 rows a transaction          7.6
 *     sorted, 8192 rows a transaction                4.8
 *     sorted, 65536 rows a transaction               1.5
 *     the same, in pages of 16 KiB instead of 4      1.0    (store.c: choose_pages)
 * The fewer and fuller the visits to a page of the index, the fewer pages go through the log. */
#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "schema.h"
#include "store.h"
#include "upsert.h"

enum {
    WAITING_BYTES = 6 * 1024 * 1024,
    VALUE_MOST = 1000000000, /* SQLite's own limit for a value */
};

struct sink {
    const sluice_host *host;
    sluice_self *self;
    const struct sink_options *options;
    char *table;
    struct store store;
    sluice_text *values; /* of the row that is being taken; value_room of them */
    uint32_t value_room;
    bool said_no_id;
    struct history history; /* only with the option of that name */
    char *script;           /* of the store's verbs */
};

/* The order of these is that of c0, c1, c2 in upsert.c. */
static const sluice_text order_keys[] = {{"order_id", 8}, {"provider", 8}, {"account", 7}};

/* ---- taking rows -------------------------------------------------------------------------- */

/* Empty is null in a table of orders, so that it erases nothing; provider and account are of the key. */
static void tidy_order(struct sink *sink) {
    for (uint32_t i = 0; i < sink->store.layout.count; i++)
        if (sink->values[i].len == 0)
            sink->values[i] = (sluice_text){i == 1 || i == 2 ? "" : NULL, 0};
}

static void refuse(struct sink *sink, sluice_changes *out, uint32_t row, const char *code,
                   const char *reason) {
    sink->host->reject(out, row, code, (sluice_text){reason, strlen(reason)});
}

static bool is_imported(sluice_text order_id) {
    size_t n = sizeof UPSERT_IMPORTED - 1;
    return order_id.len >= n && memcmp(order_id.ptr, UPSERT_IMPORTED, n) == 0;
}

static bool admit_order(struct sink *sink, sluice_changes *out, uint32_t row) {
    sink->store.has_imported = sink->store.has_imported || is_imported(sink->values[0]);
    if (sink->values[0].len)
        return true;
    if (!sink->said_no_id)
        sink->host->log(
            sink->self, SLUICE_LOG_WARN,
            "%s: records without an order_id are not stored; to keep them, name another key with 'conflict'",
            sink->store.db.path);
    sink->said_no_id = true;
    sink->host->drop(out, row, SLUICE_DROP_FILTERED);
    return false;
}

/* Can the row be kept? One that can't leaves through `out`. */
static bool admit(struct sink *sink, sluice_changes *out, uint32_t row) {
    const struct layout *layout = &sink->store.layout;
    for (uint32_t i = 0; i < layout->count; i++)
        if (sink->values[i].len > VALUE_MOST) {
            refuse(sink, out, row, "too_long",
                   "a value is longer than the 1,000,000,000 bytes that SQLite takes");
            return false;
        }
    if (sink->store.orders)
        return admit_order(sink, out, row);
    for (uint32_t i = 0; i < layout->key_count; i++)
        if (sink->values[i].len == 0) {
            refuse(sink, out, row, "no_key",
                   "a field that 'conflict' names, which tells records apart, is empty");
            return false;
        }
    return true;
}

/* Write what waits before it gets too much. Rows that came with earlier calls can't be rejected any more. */
static int make_room(struct sink *sink, uint64_t bytes, sluice_changes *out, sluice_error *error) {
    if (rows_fit(&sink->store.rows, bytes, WAITING_BYTES))
        return 0;
    int failed = store_write(&sink->store, sink->store.defers ? NULL : out, error);
    return failed || !sink->store.defers ? failed : store_commit(&sink->store, error);
}

static int take_row(struct sink *sink, const sluice_batch *batch, uint32_t row, sluice_changes *out,
                    sluice_error *error) {
    const struct layout *layout = &sink->store.layout;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < layout->count; i++) {
        uint32_t source = layout->values[i].source;
        sink->values[i] = source == LAYOUT_ABSENT ? (sluice_text){NULL, 0} : batch->cells[source][row];
        bytes += sink->values[i].len;
    }
    if (sink->store.orders)
        tidy_order(sink);
    if (!admit(sink, out, row))
        return 0;
    int failed = make_room(sink, bytes, out, error);
    if (!failed && rows_add(&sink->store.rows, sink->values, row))
        failed = database_fail_memory(&sink->store.db, error);
    return failed;
}

static int make_values(struct sink *sink, sluice_error *error) {
    if (sink->store.layout.count <= sink->value_room)
        return 0;
    sluice_text *values = realloc(sink->values, sink->store.layout.count * sizeof *values);
    if (!values)
        return database_fail_memory(&sink->store.db, error);
    sink->values = values;
    sink->value_room = sink->store.layout.count;
    return 0;
}

static int take_batch(struct sink *sink, const sluice_batch *batch, sluice_changes *out,
                      sluice_error *error) {
    int failed = store_open(&sink->store, sink->options->path, error);
    if (!failed && !layout_suits(&sink->store.layout, batch)) {
        failed = store_write(&sink->store, NULL, error);
        if (!failed)
            failed = store_prepare(&sink->store, batch, error);
        if (!failed)
            failed = make_values(sink, error);
    }
    for (uint32_t i = 0; i < batch->selected && !failed; i++)
        failed = take_row(sink, batch, sluice_selected(batch, i), out, error);
    return failed || sink->store.defers ? failed : store_write(&sink->store, out, error);
}

/* ---- callbacks ---------------------------------------------------------------------------- */

static int write_history(struct sink *sink, sluice_error *error) {
    int failed = sink->history.changed ? store_begin(&sink->store, error) : 0;
    return failed ? failed : history_write(&sink->history, error);
}

static int note(struct sink *sink, const sluice_batch *batch, uint64_t kept_before, sluice_error *error) {
    uint64_t changes = sink->store.kept - kept_before; /* an order that is there twice may change twice */
    uint64_t kept = changes < batch->selected ? changes : batch->selected;
    int failed = 0;
    if (!history_is_of(&sink->history, batch->file)) {
        failed = write_history(sink, error);
        history_say(&sink->history, sink->store.db.host, sink->store.db.self);
    }
    return failed ? failed : history_add(&sink->history, batch->file, kept, batch->selected - kept, error);
}

static int32_t sink_write(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct sink *sink = instance;
    uint64_t kept = sink->store.kept;
    int failed = take_batch(sink, batch, out, error);
    if (!failed && sink->options->history)
        failed = note(sink, batch, kept, error);
    if (failed)
        store_give_up(&sink->store);
    return failed;
}

static int32_t sink_commit(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int failed = store_write(&sink->store, NULL, error);
    if (!failed)
        failed = write_history(sink, error);
    if (!failed)
        failed = store_commit(&sink->store, error);
    if (failed)
        store_give_up(&sink->store);
    return failed;
}

static int32_t sink_finish(void *instance, sluice_error *error) {
    const struct sink *sink = instance;
    (void)error;
    history_say(&sink->history, sink->store.db.host, sink->store.db.self);
    return 0;
}

/* An order that was paid for must not be the first to find that out. */
static int prove_taking(struct sink *sink, sluice_error *error) {
    struct database *db = &sink->store.db;
    struct table_info info = {0};
    int failed = table_info_read(db, sink->store.table, &info, error);
    const struct table_column *column = failed ? NULL : schema_refuses(&info, NULL);
    if (column)
        failed = db->host->fail(error, SLUICE_E_CONFIG,
                                "%s: table '%s': the column %s is " SCHEMA_REFUSED "; " SCHEMA_ACCEPT,
                                db->path, sink->store.table, column->name);
    table_info_free(&info);
    return failed;
}

/* Write what is there already, and commit it: proves the lock, the permission and the disk. */
static int prove(struct sink *sink, sluice_error *error) {
    struct database *db = &sink->store.db;
    int64_t version = 0;
    int failed = store_begin(&sink->store, error);
    if (!failed)
        failed = database_number(db, "PRAGMA user_version", 0, &version, error);
    if (failed)
        return failed;
    sqlite3_str *sql = sqlite.str_new(db->handle);
    sqlite.str_appendf(sql, "PRAGMA user_version = %lld", (long long)version);
    failed = schema_run(db, sql, error);
    return failed ? failed : store_commit(&sink->store, error);
}

static int32_t sink_probe(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int failed = store_open(&sink->store, sink->options->path, error);
    if (!failed && sink->store.orders)
        failed = prove_taking(sink, error);
    if (!failed)
        failed = prove(sink, error);
    if (failed)
        store_give_up(&sink->store);
    return failed;
}

/* The same name wherever the program is started, and before the file is there. */
static char *absolute(const sluice_text path) {
    char *name = strndup(path.ptr, path.len), *resolved = name ? realpath(name, NULL) : NULL, *out = NULL;
    char *slash = name ? strrchr(name, '/') : NULL;
    if (name && !resolved) {
        if (slash)
            *slash = 0;
        char *dir = realpath(slash ? *name ? name : "/" : ".", NULL);
        if (dir && asprintf(&out, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, slash ? slash + 1 : name) < 0)
            out = NULL;
        free(dir);
    }
    free(name);
    return resolved ? resolved : out;
}

static void name_store(struct sink *sink) {
    char *path = absolute(sink->options->path), *name = NULL;
    if (path && asprintf(&name, "SQLite %s, table %s", path, sink->table) > 0)
        sink->host->keeps(sink->self, (sluice_text){name, strlen(name)});
    free(name);
    free(path);
}

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error) {
    const struct sink_options *options = config;
    sluice_texts keys = options->conflict.count ? options->conflict : (sluice_texts){order_keys, 1};
    bool orders = keys.count == 1 && keys.items[0].len == 8 && memcmp(keys.items[0].ptr, "order_id", 8) == 0;
    if (options->history && !orders)
        return host->fail(error, SLUICE_E_CONFIG,
                          "option 'history': only a table of orders has one; leave it out, or 'conflict'");
    struct sink *sink = calloc(1, sizeof *sink);
    char *table = database_name(host, "table", options->table, error);
    if (!sink || !table) {
        free(sink);
        free(table);
        return table ? host->fail(error, SLUICE_E_IO, "out of memory") : error->code;
    }
    *sink = (struct sink){.host = host, .self = self, .options = options, .table = table};
    sink->history.db = &sink->store.db;
    sink->store.db = (struct database){.host = host, .self = self, .lock_wait_ms = options->lock_wait};
    sink->store.table = table;
    sink->store.orders = orders;
    sink->store.fills = options->history;
    sink->store.keys = orders ? (sluice_texts){order_keys, 3} : keys;
    name_store(sink);
    *instance = sink;
    return 0;
}

void sink_close(void *instance) {
    struct sink *sink = instance;
    store_close(&sink->store);
    history_free(&sink->history);
    free(sink->values);
    free(sink->script);
    free(sink->table);
    free(sink);
}

struct sink_parts sink_parts(void *instance) {
    struct sink *sink = instance;
    return (struct sink_parts){&sink->store, sink->options->path, &sink->script};
}

const sluice_sink sink_callbacks = {
    .size = sizeof(sluice_sink),
    .probe = sink_probe,
    .write = sink_write,
    .commit = sink_commit,
    .finish = sink_finish,
};
