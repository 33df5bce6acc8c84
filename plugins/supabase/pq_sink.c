/* A sink over libpq. A batch is copied into a temporary table and brought to its place from there, in one
 * transaction from the first write to commit(). When a value is refused, the batch is divided until the row
 * is found; what waits too long is divided, too. A connection that broke off is made anew: what wasn't
 * committed then comes again from the core. */
#include <stdlib.h>
#include <string.h>

#include "merge.h"
#include "options.h"
#include "pq_sink.h"

struct sink {
    const sluice_host *host;
    sluice_self *self;
    struct connection connection;
    struct table table;
    struct merge merge;
    struct sql statement, data;
    sluice_text option; /* the table, as the user wrote it */
    sluice_texts keys;
    bool orders, said_extra, said_no_id;
};

static const sluice_text order_id = {"order_id", 8};

/* ---- one batch ---------------------------------------------------------------------------- */

static void refuse(struct sink *sink, sluice_changes *out, uint32_t row, const char *code,
                   const char *reason) {
    sink->host->reject(out, row, code, (sluice_text){reason, strlen(reason)});
}

/* What stands behind the server's name in a message. */
static const char *words_of(const struct sink *sink, const sluice_error *error) {
    size_t server = strlen(sink->connection.server);
    return strncmp(error->text, sink->connection.server, server) == 0 ? error->text + server + 2
                                                                      : error->text;
}

static int run_statement(struct sink *sink, sluice_error *error) {
    if (sink->statement.failed)
        return sink->host->fail(error, SLUICE_E_IO, "out of memory");
    return connection_run(&sink->connection, sink->statement.text, error);
}

static int place_rows(struct sink *sink, uint32_t from, uint32_t to, bool keep_json, sluice_error *error) {
    sql_clear(&sink->statement);
    sql_add(&sink->statement, "SAVEPOINT sluice; ");
    merge_sql_place(&sink->statement, &sink->merge, from, to, keep_json);
    sql_add(&sink->statement, "; RELEASE sluice");
    int failed = run_statement(sink, error);
    enum connection_fault fault = sink->connection.fault;
    if (failed && (fault == FAULT_ROW || fault == FAULT_SIZE)) {
        sluice_error ignored = {.size = sizeof ignored};
        if (connection_run(&sink->connection, "ROLLBACK TO sluice", &ignored))
            fault = FAULT_AGAIN;
        sink->connection.fault = fault;
    }
    return failed;
}

/* Rows from … to; those that the table refuses leave. */
static int place(struct sink *sink, uint32_t from, uint32_t to, sluice_changes *out, sluice_error *error) {
    int failed = place_rows(sink, from, to, false, error);
    enum connection_fault fault = sink->connection.fault;
    if (!failed || (fault != FAULT_ROW && fault != FAULT_SIZE))
        return failed;
    if (to - from > 1) {
        uint32_t middle = from + (to - from) / 2;
        failed = place(sink, from, middle, out, error);
        return failed ? failed : place(sink, middle, to, out, error);
    }
    if (fault == FAULT_SIZE)
        return failed;
    if (strstr(error->text, "json") && place_rows(sink, from, to, true, error) == 0)
        return 0;
    if (sink->connection.fault != FAULT_ROW)
        return error->code;
    refuse(sink, out, from, "refused_by_table", words_of(sink, error));
    return 0;
}

/* Orders whose id is taken by someone else's: never overwritten, never lost without a word. */
static int reject_strangers(struct sink *sink, sluice_changes *out, sluice_error *error) {
    PGresult *result = NULL;
    sql_clear(&sink->statement);
    merge_sql_strangers(&sink->statement, &sink->merge);
    if (sink->statement.failed)
        return sink->host->fail(error, SLUICE_E_IO, "out of memory");
    int failed = connection_query(&sink->connection, sink->statement.text, 0, NULL, &result, error);
    for (int i = 0; !failed && i < pq.ntuples(result); i++) {
        struct sql reason = {0};
        sql_add(
            &reason,
            "order id %s is taken in table %s by another order (provider %s, account %s, IMEI %s), which was "
            "not overwritten",
            pq.getvalue(result, i, 4), sink->table.name, pq.getvalue(result, i, 1), pq.getvalue(result, i, 2),
            pq.getvalue(result, i, 3));
        refuse(sink, out, (uint32_t)strtoul(pq.getvalue(result, i, 0), NULL, 10), "order_id_taken",
               reason.failed ? "the order id is taken by another order" : reason.text);
        sql_free(&reason);
    }
    if (result)
        pq.clear(result);
    return failed;
}

static bool admit(struct sink *sink, const sluice_batch *batch, uint32_t row, sluice_changes *out) {
    if (!sink->orders)
        return true;
    uint32_t source = sink->merge.values[0].source;
    if (source != MERGE_ABSENT && batch->cells[source][row].len)
        return true;
    if (!sink->said_no_id)
        sink->host->log(
            sink->self, SLUICE_LOG_WARN,
            "records without an order_id are not stored; to keep them, name another key with 'conflict'");
    sink->said_no_id = true;
    sink->host->drop(out, row, SLUICE_DROP_FILTERED);
    return false;
}

static void collect(struct sink *sink, const sluice_batch *batch, sluice_changes *out) {
    sql_clear(&sink->data);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = sluice_selected(batch, i);
        if (admit(sink, batch, row, out))
            merge_row(&sink->data, &sink->merge, batch, row);
    }
}

static void say_extra(struct sink *sink) {
    if (sink->merge.extra.length && !sink->said_extra)
        sink->host->log(sink->self, SLUICE_LOG_WARN,
                        "table %s has no column for these fields, they are not kept: %.400s",
                        sink->table.name, sink->merge.extra.text);
    sink->said_extra = sink->said_extra || sink->merge.extra.length;
}

/* ---- the connection ----------------------------------------------------------------------- */

static int prepare(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    bool fresh = !sink->connection.handle;
    int failed = connection_open(&sink->connection, error);
    if (!failed && (fresh || !sink->table.columns))
        failed = table_read(&sink->table, &sink->connection, error);
    if (!failed && batch && (fresh || !merge_suits(&sink->merge, batch)))
        failed = merge_make(&sink->merge, &sink->table, sink->keys, sink->orders, batch, sink->host, error);
    return failed;
}

static int take_batch(struct sink *sink, const sluice_batch *batch, sluice_changes *out,
                      sluice_error *error) {
    int failed = prepare(sink, batch, error);
    if (failed)
        return failed;
    say_extra(sink);
    collect(sink, batch, out);
    if (!sink->data.length)
        return 0;
    if (sink->data.failed)
        return sink->host->fail(error, SLUICE_E_IO, "out of memory");
    failed = connection_begin(&sink->connection, error);
    sql_clear(&sink->statement);
    merge_sql_temporary(&sink->statement, &sink->merge);
    if (!failed)
        failed = run_statement(sink, error);
    if (!failed)
        failed = connection_copy(&sink->connection, "COPY sluice_new FROM STDIN", &sink->data, error);
    if (!failed)
        failed = place(sink, 0, batch->row_count, out, error);
    if (!failed && sink->orders)
        failed = reject_strangers(sink, out, error);
    return failed;
}

static int give_up(struct sink *sink, int failed) {
    if (failed) {
        connection_give_up(&sink->connection);
        merge_free(&sink->merge);
        table_free(&sink->table);
    }
    return failed;
}

/* ---- callbacks ---------------------------------------------------------------------------- */

static int32_t sink_write(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct sink *sink = instance;
    return give_up(sink, take_batch(sink, batch, out, error));
}

static int32_t sink_commit(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    return give_up(sink, connection_commit(&sink->connection, error));
}

/* The catalogue says whether the role may write, and the key whether an order that comes twice is there once.
 */
static int prove(struct sink *sink, sluice_error *error) {
    static const char sql[] =
        "SELECT has_table_privilege($1::regclass, 'INSERT') AND has_table_privilege($1::regclass, "
        "'UPDATE') AND has_table_privilege($1::regclass, 'SELECT'), current_user, "
        "pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'";
    const sluice_batch nothing = {.size = sizeof nothing};
    const char *const parameters[] = {sink->table.name};
    PGresult *result = NULL;
    int failed = sink->orders
                     ? merge_make(&sink->merge, &sink->table, sink->keys, true, &nothing, sink->host, error)
                     : 0;
    merge_free(&sink->merge);
    if (!failed)
        failed = connection_query(&sink->connection, sql, 1, parameters, &result, error);
    if (!failed && *pq.getvalue(result, 0, 0) != 't')
        failed = sink->host->fail(
            error, SLUICE_E_AUTH,
            "%s: the role %s may not write table %s; GRANT SELECT, INSERT, UPDATE ON %s TO \"%s\"",
            sink->connection.server, pq.getvalue(result, 0, 1), sink->table.name, sink->table.name,
            pq.getvalue(result, 0, 1));
    if (!failed && *pq.getvalue(result, 0, 2) == 't')
        failed = sink->host->fail(
            error, SLUICE_E_IO,
            "%s: the database is read-only now; Supabase does that to a full disk: make room, or "
            "enlarge it",
            sink->connection.server);
    if (result)
        pq.clear(result);
    return failed;
}

static int32_t sink_probe(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int failed = prepare(sink, NULL, error);
    return give_up(sink, failed ? failed : prove(sink, error));
}

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error) {
    const struct sink_options *options = config;
    sluice_texts keys = options->conflict.count ? options->conflict : (sluice_texts){&order_id, 1};
    if (!options->db_url.handle)
        return host->fail(error, SLUICE_E_CONFIG, "'db_url' is missing; it is the address of the database");
    struct sink *sink = calloc(1, sizeof *sink);
    char *table = table_name(options->table);
    if (!sink || !table) {
        free(sink);
        free(table);
        return host->fail(error, SLUICE_E_IO, "out of memory");
    }
    *sink = (struct sink){
        .host = host, .self = self, .keys = keys, .table.name = table, .option = options->table};
    sink->orders = keys.count == 1 && keys.items[0].len == order_id.len &&
                   memcmp(keys.items[0].ptr, order_id.ptr, order_id.len) == 0;
    sink->connection =
        (struct connection){.host = host, .self = self, .uri = options->db_url, .option = "db_url"};
    *instance = sink;
    return 0;
}

void sink_close(void *instance) {
    struct sink *sink = instance;
    connection_close(&sink->connection);
    merge_free(&sink->merge);
    table_free(&sink->table);
    free(sink->table.name);
    sql_free(&sink->statement);
    sql_free(&sink->data);
    free(sink);
}

struct pq_parts pq_sink_parts(void *instance) {
    struct sink *sink = instance;
    return (struct pq_parts){&sink->connection, sink->option, &sink->statement};
}

const sluice_sink sink_callbacks = {
    .size = sizeof(sluice_sink),
    .probe = sink_probe,
    .write = sink_write,
    .commit = sink_commit,
};
