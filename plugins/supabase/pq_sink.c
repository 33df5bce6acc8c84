/* A sink over libpq. What a write() brings is one transaction: into a temporary table (COPY, the fastest way
 * in) and from there to its place, or as VALUES when it is little. It is idempotent, so what failed for a
 * passing reason is sent again, on a new connection when the old one broke off. When a value is refused, or
 * a statement takes too long, the rows are divided, and each half is a transaction of its own. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adopt.h"
#include "history.h"
#include "load.h"
#include "options.h"
#include "orders.h"
#include "place.h"
#include "pq_sink.h"
#include "rounds.h"
#include "script.h"
#include "store_name.h"

enum {
    LITERALS_MOST = 100, /* rows as VALUES: no temporary table, and one round trip */
    TRIES = 8,           /* of a transaction that fails for a passing reason */
    PAUSE_MS = 100,      /* after the second; then twice as long each time */
    PAUSE_MOST_MS = 3200,
    LOOKS = 4, /* what others write at the same time may ask for one more */
};

struct sink {
    struct way way; /* first */
    const sluice_host *host;
    sluice_self *self;
    struct connection connection;
    struct table table;
    struct merge merge;
    struct rounds rounds;
    struct sql statement, data;
    sluice_text option; /* the table, as the user wrote it */
    sluice_texts keys;
    bool orders, said_extra, said_no_id;
    bool imported;            /* the table has orders under ids that were made up, or gets some */
    enum place_way taken_for; /* what the rows before were */
    uint64_t changed;         /* rows of the table, by the write() under way */
    struct sql history_name;  /* only with the option `history` */
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

/* ---- the connection ----------------------------------------------------------------------- */

/* Connected, and all known of the table that a batch needs. */
static int prepare(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    bool fresh = !sink->connection.handle;
    int failed = connection_open(&sink->connection, error);
    if (!failed && (fresh || !sink->table.columns)) {
        merge_free(&sink->merge);
        failed = table_read(&sink->table, &sink->connection, error);
        if (!failed && sink->orders)
            failed = adopt_look(&sink->connection, &sink->table, &sink->imported, error);
    }
    if (!failed && batch && !merge_suits(&sink->merge, batch))
        failed = merge_make(&sink->merge, &sink->table, sink->keys, sink->orders, batch, sink->host, error);
    sink->merge.fills = sink->history.table != NULL;
    return failed;
}

/* What is left of a failed try is swept up; a table that may have changed is looked at anew. */
static void give_up(struct sink *sink) {
    enum connection_fault fault = sink->connection.fault;
    connection_give_up(&sink->connection);
    if (fault == FAULT_AGAIN)
        connection_close(&sink->connection);
}

static void wait_before(unsigned attempt) {
    long ms =
        attempt > 1 ? (long)PAUSE_MS << (attempt - 2) : 0; /* a connection that idled too long: at once */
    ms = ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS;
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* ---- one transaction ---------------------------------------------------------------------- */

static void collect(struct writing *writing, uint32_t from, uint32_t to, bool copied) {
    struct sink *sink = writing->sink;
    sql_clear(&sink->data);
    for (uint32_t i = from; i < to; i++)
        (copied ? merge_add_copied : merge_add_literal)(&sink->data, &sink->merge, writing->batch,
                                                        sink->rounds.rows[i], i);
}

static int send(struct writing *writing, uint32_t from, uint32_t to, enum place_json json, PGresult **rows,
                sluice_error *error) {
    struct sink *sink = writing->sink;
    bool copied = to - from > LITERALS_MOST || sink->imported;
    struct place place = {copied ? NULL : &sink->data, sink->taken_for, json};
    collect(writing, from, to, copied);
    sql_clear(&sink->statement);
    place_begin(&sink->statement, &sink->merge, copied);
    if (sink->imported)
        adopt_rows(&sink->statement, &sink->merge);
    place_rows(&sink->statement, &sink->merge, &place);
    sql_add(&sink->statement, "; COMMIT");
    if (sink->statement.failed || sink->data.failed)
        return sink->host->fail(error, SLUICE_E_IO, "out of memory");
    return connection_exchange(&sink->connection, sink->statement.text, copied ? &sink->data : NULL, rows,
                               error);
}

/* Again while it fails for a reason that passes. No rows: just until the table can be looked at. */
static int send_until_taken(struct writing *writing, uint32_t from, uint32_t to, enum place_json json,
                            PGresult **rows, sluice_error *error) {
    struct sink *sink = writing->sink;
    int failed = 0;
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        if (attempt)
            wait_before(attempt);
        if (attempt == 2)
            sink->host->log(sink->self, SLUICE_LOG_WARN, "%s; trying again", error->text);
        sink->connection.fault = FAULT_NONE;
        failed = prepare(sink, writing->batch, error);
        if (!failed && from < to)
            failed = send(writing, from, to, json, rows, error);
        if (!failed)
            break;
        give_up(sink);
        if (sink->connection.fault != FAULT_AGAIN)
            break;
    }
    return failed;
}

/* ---- what came of it ---------------------------------------------------------------------- */

static void refuse(const struct writing *writing, uint32_t position, const char *code, const char *reason) {
    const struct sink *sink = writing->sink;
    sink->host->reject(writing->out, sink->rounds.rows[position], code,
                       (sluice_text){reason, strlen(reason)});
}

/* What stands behind the server's name in a message. */
static const char *words_of(const struct sink *sink, const sluice_error *error) {
    size_t server = strlen(sink->connection.server);
    return strncmp(error->text, sink->connection.server, server) == 0 ? error->text + server + 2
                                                                      : error->text;
}

/* An order whose id is taken by someone else's: never overwritten, never lost without a word. */
static void refuse_stranger(const struct writing *writing, const PGresult *rows, int row) {
    struct sql reason = {0};
    sql_add(&reason,
            "order id %s is taken in table %s by another order (provider %s, account %s, IMEI %s), which was "
            "not overwritten",
            pq.getvalue(rows, row, 4), writing->sink->table.name, pq.getvalue(rows, row, 1),
            pq.getvalue(rows, row, 2), pq.getvalue(rows, row, 3));
    refuse(writing, (uint32_t)strtoul(pq.getvalue(rows, row, 0), NULL, 10), "order_id_taken",
           reason.failed ? "the order id is taken by another order" : reason.text);
    sql_free(&reason);
}

static unsigned long number_at(const PGresult *rows, int column) {
    return strtoul(pq.getvalue(rows, pq.ntuples(rows) - 1, column), NULL, 10);
}

/* Is it known of each row what became of it? If not, they were something else than they were taken for, and
 * are to be sent again. */
static bool account_for(struct writing *writing, uint32_t count, const PGresult *rows) {
    struct sink *sink = writing->sink;
    int strangers = pq.ntuples(rows) - 1;
    unsigned long written = number_at(rows, 1);
    unsigned long expected = sink->taken_for == PLACE_NEW ? count : number_at(rows, 2);
    sink->changed += written;
    if (written < expected) {
        sink->taken_for = PLACE_MIXED;
        return false;
    }
    if (sink->taken_for == PLACE_MIXED && number_at(rows, 3) == count)
        sink->taken_for = PLACE_NEW;
    else if (sink->taken_for == PLACE_MIXED && !expected && !strangers)
        sink->taken_for = PLACE_SAME;
    for (int row = 0; row < strangers; row++)
        refuse_stranger(writing, rows, row);
    return true;
}

/* ---- rows to their place ------------------------------------------------------------------ */

static int place(struct writing *writing, uint32_t from, uint32_t to, enum place_json json,
                 sluice_error *error);

static int divide(struct writing *writing, uint32_t from, uint32_t to, sluice_error *error) {
    uint32_t middle = from + (to - from) / 2;
    int failed = place(writing, from, middle, PLACE_JSON_MEMBERS, error);
    return failed ? failed : place(writing, middle, to, PLACE_JSON_MEMBERS, error);
}

/* One row that the table doesn't take as it is. */
static int place_refused(struct writing *writing, uint32_t row, enum place_json json, sluice_error *error) {
    if (json < PLACE_JSON_LEAVE && writing->sink->orders && strstr(error->text, "json"))
        return place(writing, row, row + 1, json + 1, error);
    refuse(writing, row, "refused_by_table", words_of(writing->sink, error));
    return 0;
}

static int place_otherwise(struct writing *writing, uint32_t from, uint32_t to, enum place_json json,
                           sluice_error *error) {
    if (to - from > 1)
        return divide(writing, from, to, error);
    return place_refused(writing, from, json, error);
}

static int place(struct writing *writing, uint32_t from, uint32_t to, enum place_json json,
                 sluice_error *error) {
    for (unsigned looks = 0; looks < LOOKS; looks++) {
        PGresult *rows = NULL;
        int failed = send_until_taken(writing, from, to, json, &rows, error);
        enum connection_fault fault = writing->sink->connection.fault;
        if (failed && (fault == FAULT_ROW || (fault == FAULT_SIZE && to - from > 1)))
            return place_otherwise(writing, from, to, json, error);
        if (failed)
            return failed;
        bool known = account_for(writing, to - from, rows);
        pq.clear(rows);
        if (known)
            return 0;
    }
    writing->sink->host->fail(error, SLUICE_E_DATA, "a trigger or a rule of the table drops it");
    return place_otherwise(writing, from, to, json, error);
}

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
    if (!sink->orders || merge_cell(&sink->merge, writing->batch, row, 0).len)
        return false;
    if (!sink->said_no_id)
        sink->host->log(
            sink->self, SLUICE_LOG_WARN,
            "records without an order_id are not stored; to keep them, name another key with 'conflict'");
    sink->said_no_id = true;
    return true;
}

static void admit(struct writing *writing) {
    static const char reason[] = "a value has a NUL character in it, which a database can't keep";
    struct sink *sink = writing->sink;
    for (uint32_t i = 0; i < writing->batch->selected; i++) {
        uint32_t row = sluice_selected(writing->batch, i);
        if (has_no_id(writing, row))
            sink->host->drop(writing->out, row, SLUICE_DROP_FILTERED);
        else if (has_nul(writing, row))
            sink->host->reject(writing->out, row, "refused_by_table",
                               (sluice_text){reason, sizeof reason - 1});
        else
            rounds_add(&sink->rounds, row);
        sink->imported =
            sink->imported ||
            (sink->orders && orders_is_imported(merge_cell(&sink->merge, writing->batch, row, 0)));
    }
}

static void say_extra(struct sink *sink) {
    if (sink->merge.extra.length && !sink->said_extra)
        sink->host->log(sink->self, SLUICE_LOG_WARN,
                        "table %s has no column for these fields, they are not kept: %.400s",
                        sink->table.name, sink->merge.extra.text);
    sink->said_extra = sink->said_extra || sink->merge.extra.length;
}

/* ---- history ------------------------------------------------------------------------------ */

static int write_history(struct sink *sink, sluice_error *error) {
    int failed = 0;
    for (unsigned attempt = 0; attempt < TRIES && sink->history.changed; attempt++) {
        if (attempt)
            wait_before(attempt);
        sink->connection.fault = FAULT_NONE;
        failed = prepare(sink, NULL, error);
        if (!failed)
            failed = history_write(&sink->history, &sink->connection, error);
        if (failed)
            give_up(sink);
        if (failed && sink->connection.fault != FAULT_AGAIN)
            break;
    }
    return failed;
}

static int note(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    uint64_t kept = sink->changed < batch->selected ? sink->changed : batch->selected;
    if (!sink->history.table)
        return 0;
    int failed = 0;
    if (!history_is_of(&sink->history, batch->file)) {
        failed = write_history(sink, error);
        history_say(&sink->history, sink->host, sink->connection.self);
    }
    if (!failed && history_add(&sink->history, batch->file, kept, batch->selected - kept))
        failed = sink->host->fail(error, SLUICE_E_IO, "out of memory");
    return failed;
}

/* ---- an empty table ----------------------------------------------------------------------- */

/* With the first rows. Where it can't be done they go the usual way. */
static int begin_load(struct sink *sink, sluice_error *error) {
    sink->loads = false;
    sink->load.unsuited = sink->imported ? made_up : NULL;
    int failed = sink->imported ? 0 : load_begin(&sink->load, &sink->connection, &sink->merge, error);
    if (failed && sink->connection.fault == FAULT_AGAIN)
        return 0; /* the usual way tries again, until it is there */
    if (!failed && sink->load.unsuited)
        sink->host->log(sink->self, SLUICE_LOG_DEBUG, "table %s isn't filled in one go: %s", sink->table.name,
                        sink->load.unsuited);
    return failed;
}

/* A row for each file: that of the file before has to be written, and other columns are another COPY. */
static bool suits_load(const struct sink *sink, const sluice_batch *batch) {
    const struct history *history = &sink->history;
    return merge_suits(&sink->merge, batch) &&
           (!history->table || !history->file || history_is_of(history, batch->file));
}

static int load(struct writing *writing, sluice_error *error) {
    struct sink *sink = writing->sink;
    const struct rounds *rounds = &sink->rounds;
    if (sink->imported)
        return sink->host->fail(error, SLUICE_E_DATA, "table %s can't be filled in one go: %s",
                                sink->table.name, made_up);
    int failed = load_rows(&sink->load, &sink->connection, &sink->merge, writing->batch, rounds->rows,
                           rounds->count, error);
    sink->changed = rounds->count;
    return failed;
}

static int end_load(struct sink *sink, sluice_error *error) {
    int failed = load_end(&sink->load, &sink->connection, &sink->history, error);
    if (failed)
        give_up(sink);
    return failed;
}

/* ---- callbacks ---------------------------------------------------------------------------- */

static int32_t sink_write(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct sink *sink = instance;
    struct writing writing = {sink, batch, out};
    PGresult *none = NULL;
    int failed = 0;
    if (sink->load.active && !suits_load(sink, batch))
        failed = end_load(sink, error);
    if (!failed && !sink->load.active)
        failed = send_until_taken(&writing, 0, 0, PLACE_JSON_MEMBERS, &none, error);
    if (failed)
        return failed;
    say_extra(sink);
    sink->changed = 0;
    if (!rounds_begin(&sink->rounds, batch->row_count))
        return sink->host->fail(error, SLUICE_E_IO, "out of memory");
    admit(&writing);
    if (sink->loads)
        failed = begin_load(sink, error);
    if (!failed && sink->load.active)
        failed = load(&writing, error);
    while (!failed && !sink->load.active && rounds_next(&sink->rounds, &sink->merge, batch))
        failed = place(&writing, sink->rounds.from, sink->rounds.to, PLACE_JSON_MEMBERS, error);
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
    history_say(&sink->history, sink->host, sink->connection.self);
    return 0;
}

static int prove_writable(struct sink *sink, sluice_error *error) {
    PGresult *result = NULL;
    int failed = connection_query(
        &sink->connection, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'", 0,
        NULL, &result, error);
    if (!failed && *pq.getvalue(result, 0, 0) == 't')
        failed = sink->host->fail(
            error, SLUICE_E_IO,
            "%s: the database is read-only now; Supabase does that to a full disk: make room, or "
            "enlarge it",
            sink->connection.server);
    if (result)
        pq.clear(result);
    return failed;
}

/* An order that was paid for must not be the first to find that out. */
static int prove_taking(struct sink *sink, sluice_error *error) {
    static const char sql[] =
        "SELECT d.objid::regclass FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid"
        " WHERE d.refobjid = to_regclass($1) AND d.deptype = 'a'"
        " AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(d.objid, 'USAGE') END";
    const struct table *table = &sink->table;
    const char *const parameters[] = {table->name};
    const struct table_column *column = table_refuses(table, NULL);
    PGresult *result = NULL;
    if (column)
        return sink->host->fail(error, SLUICE_E_CONFIG,
                                "%s: table %s: the column %.*s is " ORDERS_REFUSED
                                "; give it a default, or ALTER TABLE %s ALTER COLUMN \"%.*s\" DROP NOT NULL",
                                sink->connection.server, table->name, (int)column->name.len, column->name.ptr,
                                table->name, (int)column->name.len, column->name.ptr);
    int failed = connection_query(&sink->connection, sql, 1, parameters, &result, error);
    if (!failed && pq.ntuples(result))
        failed = sink->host->fail(error, SLUICE_E_AUTH,
                                  "%s: the role %s may not take numbers from a sequence of table %s; GRANT "
                                  "USAGE ON SEQUENCE %s TO \"%s\"",
                                  sink->connection.server, table->role, table->name,
                                  pq.getvalue(result, 0, 0), table->role);
    if (result)
        pq.clear(result);
    return failed;
}

/* The catalogue says whether the role may write, and the key whether an order that comes twice is there once.
 */
static int prove(struct sink *sink, sluice_error *error) {
    const sluice_batch nothing = {.size = sizeof nothing};
    const struct table *table = &sink->table;
    if (!table->writable)
        return sink->host->fail(
            error, SLUICE_E_AUTH,
            "%s: the role %s may not write table %s; GRANT SELECT, INSERT, UPDATE ON %s TO \"%s\"",
            sink->connection.server, table->role, table->name, table->name, table->role);
    int failed =
        sink->orders ? merge_make(&sink->merge, table, sink->keys, true, &nothing, sink->host, error) : 0;
    merge_free(&sink->merge);
    if (!failed && sink->orders)
        failed = prove_taking(sink, error);
    return failed ? failed : prove_writable(sink, error);
}

static int32_t sink_probe(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int failed = prepare(sink, NULL, error);
    if (!failed)
        failed = prove(sink, error);
    if (failed)
        give_up(sink);
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
    *sink = (struct sink){
        .host = host, .self = self, .keys = keys, .table.name = table, .option = options->table};
    sink->orders = orders;
    sink->loads = options->load;
    sink->connection =
        (struct connection){.host = host, .self = self, .uri = options->db_url, .option = "db_url"};
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
    connection_close(&sink->connection);
    merge_free(&sink->merge);
    rounds_free(&sink->rounds);
    table_free(&sink->table);
    free(sink->table.name);
    sql_free(&sink->statement);
    sql_free(&sink->data);
    sql_free(&sink->history_name);
    history_free(&sink->history);
    load_free(&sink->load);
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
    .finish = sink_finish,
};
