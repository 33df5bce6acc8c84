/* A sink over libpq. What a write() brings is one transaction: into a temporary table (COPY, the fastest way
 * in) and from there to its place, or as VALUES when it is little (writer.h). It is idempotent. */
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "load.h"
#include "options.h"
#include "orders.h"
#include "pq_sink.h"
#include "script.h"
#include "store_name.h"
#include "writer.h"

struct sink {
    struct way way; /* first */
    struct writer writer;
    sluice_text option; /* the table, as the user wrote it */
    bool said_extra, said_no_id;
    struct sql history_name; /* only with the option `history` */
    struct history history;
    bool loads; /* the option `load`, until it is known that the table isn't empty */
    struct load load;
};

/* A write() under way. */
struct writing {
    struct sink *sink;
    const sluice_batch *batch;
    sluice_changes *out;
};

static const sluice_text order_id = {"order_id", 8};
/* Why a table isn't filled in one go. */
static const char made_up[] = "some orders have no id of the provider, and may be there under theirs";

/* ---- which rows ----------------------------------------------------------------------------- */

static bool has_nul(const struct writing *writing, uint32_t row) {
    for (uint32_t c = 0; c < writing->batch->column_count; c++) {
        sluice_text cell = writing->batch->cells[c][row];
        if (cell.len && memchr(cell.ptr, 0, cell.len))
            return true;
    }
    return false;
}

static bool has_no_id(const struct writing *writing, uint32_t row) {
    struct sink *sink = writing->sink;
    const struct writer *writer = &sink->writer;
    if (!writer->orders || merge_cell(&writer->merge, writing->batch, row, 0).len)
        return false;
    if (!sink->said_no_id)
        writer->host->log(
            writer->self, SLUICE_LOG_WARN,
            "records without an order_id are not stored; to keep them, name another key with 'conflict'");
    sink->said_no_id = true;
    return true;
}

static void admit(struct writing *writing) {
    static const char reason[] = "a value has a NUL character in it, which a database can't keep";
    struct writer *writer = &writing->sink->writer;
    for (uint32_t i = 0; i < writing->batch->selected; i++) {
        uint32_t row = sluice_selected(writing->batch, i);
        if (has_no_id(writing, row))
            writer->host->drop(writing->out, row, SLUICE_DROP_FILTERED);
        else if (has_nul(writing, row))
            writer->host->reject(writing->out, row, "refused_by_table",
                                 (sluice_text){reason, sizeof reason - 1});
        else
            rounds_add(&writer->rounds, row);
        writer->imported =
            writer->imported ||
            (writer->orders && orders_is_imported(merge_cell(&writer->merge, writing->batch, row, 0)));
    }
}

static void say_extra(struct sink *sink) {
    const struct writer *writer = &sink->writer;
    if (writer->merge.extra.length && !sink->said_extra)
        writer->host->log(writer->self, SLUICE_LOG_WARN,
                          "table %s has no column for these fields, they are not kept: %.400s",
                          writer->table.name, writer->merge.extra.text);
    sink->said_extra = sink->said_extra || writer->merge.extra.length;
}

/* ---- history ------------------------------------------------------------------------------ */

static int add_history(void *user, sluice_error *error) {
    struct sink *sink = user;
    struct connection *connection = &sink->writer.connection;
    int failed = connection_begin(connection, error);
    if (!failed)
        failed = history_write(&sink->history, connection, error);
    if (!failed)
        failed = connection_commit(connection, error);
    sink->history.changed = failed != 0;
    return failed;
}

static int write_history(struct sink *sink, sluice_error *error) {
    return sink->history.changed ? writer_try(&sink->writer, NULL, add_history, sink, error) : 0;
}

static int note(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    const struct writer *writer = &sink->writer;
    uint64_t kept = writer->changed < batch->selected ? writer->changed : batch->selected;
    if (!sink->history.table)
        return 0;
    int failed = 0;
    if (!history_is_of(&sink->history, batch->file)) {
        failed = write_history(sink, error);
        history_say(&sink->history, writer->host, writer->self);
    }
    if (!failed && history_add(&sink->history, batch->file, kept, batch->selected - kept))
        failed = writer->host->fail(error, SLUICE_E_IO, "out of memory");
    return failed;
}

/* ---- an empty table ----------------------------------------------------------------------- */

/* With the first rows. Where it can't be done they go the usual way. */
static int begin_load(struct sink *sink, sluice_error *error) {
    struct writer *writer = &sink->writer;
    sink->loads = false;
    sink->load.unsuited = writer->imported ? made_up : NULL;
    int failed = writer->imported ? 0 : load_begin(&sink->load, &writer->connection, &writer->merge, error);
    if (failed && writer->connection.fault == FAULT_AGAIN)
        return 0; /* the usual way tries again, until it is there */
    if (!failed && sink->load.unsuited)
        writer->host->log(writer->self, SLUICE_LOG_DEBUG, "table %s isn't filled in one go: %s",
                          writer->table.name, sink->load.unsuited);
    return failed;
}

/* A row for each file: that of the file before has to be written, and other columns are another COPY. */
static bool suits_load(const struct sink *sink, const sluice_batch *batch) {
    const struct history *history = &sink->history;
    return merge_suits(&sink->writer.merge, batch) &&
           (!history->table || !history->file || history_is_of(history, batch->file));
}

static int load(struct writing *writing, sluice_error *error) {
    struct sink *sink = writing->sink;
    struct writer *writer = &sink->writer;
    const struct rounds *rounds = &writer->rounds;
    if (writer->imported)
        return writer->host->fail(error, SLUICE_E_DATA, "table %s can't be filled in one go: %s",
                                  writer->table.name, made_up);
    int failed = load_rows(&sink->load, &writer->connection, &writer->merge, writing->batch, rounds->rows,
                           rounds->count, error);
    writer->changed = rounds->count;
    return failed;
}

static int end_load(struct sink *sink, sluice_error *error) {
    int failed = load_end(&sink->load, &sink->writer.connection, &sink->history, error);
    if (failed)
        writer_give_up(&sink->writer);
    return failed;
}

/* Round by round: a key comes once in each. */
static int place(struct writing *writing, sluice_error *error) {
    struct writer *writer = &writing->sink->writer;
    int failed = 0;
    while (!failed && rounds_next(&writer->rounds, &writer->merge, writing->batch))
        failed = writer_place(writer, writing->batch, writing->out, error);
    return failed;
}

/* ---- callbacks ---------------------------------------------------------------------------- */

static int32_t sink_write(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct sink *sink = instance;
    struct writer *writer = &sink->writer;
    struct writing writing = {sink, batch, out};
    int failed = 0;
    if (sink->load.active && !suits_load(sink, batch))
        failed = end_load(sink, error);
    if (!failed && !sink->load.active)
        failed = writer_try(writer, batch, NULL, NULL, error);
    if (failed)
        return failed;
    say_extra(sink);
    writer->changed = 0;
    if (!rounds_begin(&writer->rounds, batch->row_count))
        return writer->host->fail(error, SLUICE_E_IO, "out of memory");
    admit(&writing);
    if (sink->loads)
        failed = begin_load(sink, error);
    if (!failed)
        failed = sink->load.active ? load(&writing, error) : place(&writing, error);
    return failed ? failed : note(sink, batch, error);
}

/* Each write() is committed when it is done: rows that others wait for aren't locked, and a pooler's
 * connection isn't held, while a pipeline waits for its provider. Only the history is left to write. */
static int32_t sink_commit(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    return sink->load.active ? end_load(sink, error) : write_history(sink, error);
}

static int32_t sink_finish(void *instance, sluice_error *error) {
    const struct sink *sink = instance;
    (void)error;
    history_say(&sink->history, sink->writer.host, sink->writer.self);
    return 0;
}

static int prove_writable(struct writer *writer, sluice_error *error) {
    PGresult *result = NULL;
    int failed = connection_query(
        &writer->connection, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'",
        0, NULL, &result, error);
    if (!failed && *pq.getvalue(result, 0, 0) == 't')
        failed = writer->host->fail(
            error, SLUICE_E_IO,
            "%s: the database is read-only now; Supabase does that to a full disk: make room, or "
            "enlarge it",
            writer->connection.server);
    if (result)
        pq.clear(result);
    return failed;
}

/* An order that was paid for must not be the first to find that out. */
static int prove_taking(struct writer *writer, sluice_error *error) {
    static const char sql[] =
        "SELECT d.objid::regclass FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid"
        " WHERE d.refobjid = to_regclass($1) AND d.deptype = 'a'"
        " AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(d.objid, 'USAGE') END";
    const struct table *table = &writer->table;
    const char *const parameters[] = {table->name};
    const struct table_column *column = table_refuses(table, NULL);
    PGresult *result = NULL;
    if (column)
        return writer->host->fail(
            error, SLUICE_E_CONFIG,
            "%s: table %s: the column %.*s is " ORDERS_REFUSED
            "; give it a default, or ALTER TABLE %s ALTER COLUMN \"%.*s\" DROP NOT NULL",
            writer->connection.server, table->name, (int)column->name.len, column->name.ptr, table->name,
            (int)column->name.len, column->name.ptr);
    int failed = connection_query(&writer->connection, sql, 1, parameters, &result, error);
    if (!failed && pq.ntuples(result))
        failed = writer->host->fail(error, SLUICE_E_AUTH,
                                    "%s: the role %s may not take numbers from a sequence of table %s; GRANT "
                                    "USAGE ON SEQUENCE %s TO \"%s\"",
                                    writer->connection.server, table->role, table->name,
                                    pq.getvalue(result, 0, 0), table->role);
    if (result)
        pq.clear(result);
    return failed;
}

/* The catalogue says whether the role may write, and the key whether an order that comes twice is there once.
 */
static int prove(struct writer *writer, sluice_error *error) {
    const sluice_batch nothing = {.size = sizeof nothing};
    const struct table *table = &writer->table;
    if (!table->writable)
        return writer->host->fail(
            error, SLUICE_E_AUTH,
            "%s: the role %s may not write table %s; GRANT SELECT, INSERT, UPDATE ON %s TO \"%s\"",
            writer->connection.server, table->role, table->name, table->name, table->role);
    int failed = writer->orders
                     ? merge_make(&writer->merge, table, writer->keys, true, &nothing, writer->host, error)
                     : 0;
    merge_free(&writer->merge);
    if (!failed && writer->orders)
        failed = prove_taking(writer, error);
    return failed ? failed : prove_writable(writer, error);
}

static int32_t sink_probe(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int failed = writer_prepare(&sink->writer, NULL, error);
    if (!failed)
        failed = prove(&sink->writer, error);
    if (failed)
        writer_give_up(&sink->writer);
    return failed;
}

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error) {
    const struct sink_options *options = config;
    sluice_texts keys = options->conflict.count ? options->conflict : (sluice_texts){&order_id, 1};
    if (!options->db_url.handle)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "'db_url' is missing (SUPABASE_DB_URL); or give 'url' and 'key' (SUPABASE_URL, SUPABASE_KEY)");
    bool orders = keys.count == 1 && keys.items[0].len == order_id.len &&
                  memcmp(keys.items[0].ptr, order_id.ptr, order_id.len) == 0;
    if (options->history && !orders)
        return host->fail(error, SLUICE_E_CONFIG,
                          "option 'history': only a table of orders has one; leave it out, or 'conflict'");
    struct sink *sink = calloc(1, sizeof *sink);
    char *table = table_name(options->table);
    if (!sink || !table) {
        free(sink);
        free(table);
        return host->fail(error, SLUICE_E_IO, "out of memory");
    }
    *sink = (struct sink){.option = options->table, .loads = options->load};
    sink->writer = (struct writer){
        .host = host,
        .self = self,
        .connection = {.host = host, .self = self, .uri = options->db_url, .option = "db_url"},
        .table.name = table,
        .keys = keys,
        .orders = orders,
        .fills = options->history};
    if (options->history) {
        script_history_name(&sink->history_name, options->table);
        sink->history.table = sink->history_name.text;
    }
    int failed = store_name_tell(host, self, options->db_url, options->table, error);
    if (failed)
        sink_close(sink);
    else
        *instance = sink;
    return failed;
}

void sink_close(void *instance) {
    struct sink *sink = instance;
    writer_free(&sink->writer);
    free(sink->writer.table.name);
    sql_free(&sink->history_name);
    history_free(&sink->history);
    load_free(&sink->load);
    free(sink);
}

struct pq_parts pq_sink_parts(void *instance) {
    struct sink *sink = instance;
    return (struct pq_parts){&sink->writer.connection, sink->option, &sink->writer.statement};
}

const sluice_sink sink_callbacks = {
    .size = sizeof(sluice_sink),
    .probe = sink_probe,
    .write = sink_write,
    .commit = sink_commit,
    .finish = sink_finish,
};
