#include "writer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adopt.h"

enum {
    LITERALS_MOST = 100, /* rows as VALUES: no temporary table, and one round trip */
    TRIES = 8,           /* of a transaction that fails for a passing reason */
    PAUSE_MS = 100,      /* after the second; then twice as long each time */
    PAUSE_MOST_MS = 3200,
    LOOKS = 4, /* what others write at the same time may ask for one more */
};

/* A batch on its way. */
struct placing {
    struct writer *writer;
    const sluice_batch *batch;
    sluice_changes *out;
};

/* ---- again, and again ----------------------------------------------------------------------- */

int writer_prepare(struct writer *writer, const sluice_batch *batch, sluice_error *error) {
    bool fresh = !writer->connection.handle;
    int failed = connection_open(&writer->connection, error);
    if (!failed && (fresh || !writer->table.columns)) {
        merge_free(&writer->merge);
        failed = table_read(&writer->table, &writer->connection, error);
        if (!failed && writer->orders)
            failed = adopt_look(&writer->connection, &writer->table, &writer->imported, error);
    }
    if (!failed && batch && !merge_suits(&writer->merge, batch))
        failed = merge_make(&writer->merge, &writer->table, writer->keys, writer->orders, batch, writer->host,
                            error);
    writer->merge.fills = writer->fills;
    return failed;
}

void writer_give_up(struct writer *writer) {
    enum connection_fault fault = writer->connection.fault;
    connection_give_up(&writer->connection);
    if (fault == FAULT_AGAIN)
        connection_close(&writer->connection);
}

static void wait_before(unsigned attempt) {
    long ms =
        attempt > 1 ? (long)PAUSE_MS << (attempt - 2) : 0; /* a connection that idled too long: at once */
    ms = ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS;
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

int writer_try(struct writer *writer, const sluice_batch *batch, int (*step)(void *user, sluice_error *error),
               void *user, sluice_error *error) {
    int failed = 0;
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        if (attempt)
            wait_before(attempt);
        if (attempt == 2)
            writer->host->log(writer->self, SLUICE_LOG_WARN, "%s; trying again", error->text);
        writer->connection.fault = FAULT_NONE;
        failed = writer_prepare(writer, batch, error);
        if (!failed && step)
            failed = step(user, error);
        if (!failed)
            break;
        writer_give_up(writer);
        if (writer->connection.fault != FAULT_AGAIN)
            break;
    }
    return failed;
}

/* ---- one transaction ---------------------------------------------------------------------- */

/* Rows of the round, and what the database has said of them. */
struct part {
    struct placing *placing;
    uint32_t from, to;
    enum place_json json;
    PGresult *rows;
};

static void collect(const struct part *part, bool copied) {
    struct writer *writer = part->placing->writer;
    sql_clear(&writer->data);
    for (uint32_t i = part->from; i < part->to; i++)
        (copied ? merge_add_copied : merge_add_literal)(&writer->data, &writer->merge, part->placing->batch,
                                                        writer->rounds.rows[i], i);
}

static int send(void *user, sluice_error *error) {
    struct part *part = user;
    struct writer *writer = part->placing->writer;
    bool copied = part->to - part->from > LITERALS_MOST || writer->imported;
    struct place place = {copied ? NULL : &writer->data, writer->taken_for, part->json};
    collect(part, copied);
    sql_clear(&writer->statement);
    place_begin(&writer->statement, &writer->merge, copied);
    if (writer->imported)
        adopt_rows(&writer->statement, &writer->merge);
    place_rows(&writer->statement, &writer->merge, &place);
    sql_add(&writer->statement, "; COMMIT");
    if (writer->statement.failed || writer->data.failed)
        return writer->host->fail(error, SLUICE_E_IO, "out of memory");
    return connection_exchange(&writer->connection, writer->statement.text, copied ? &writer->data : NULL,
                               &part->rows, error);
}

/* ---- what came of it ---------------------------------------------------------------------- */

static void refuse(const struct placing *placing, uint32_t position, const char *code, const char *reason) {
    const struct writer *writer = placing->writer;
    writer->host->reject(placing->out, writer->rounds.rows[position], code,
                         (sluice_text){reason, strlen(reason)});
}

/* What stands behind the server's name in a message. */
static const char *words_of(const struct writer *writer, const sluice_error *error) {
    size_t server = strlen(writer->connection.server);
    return strncmp(error->text, writer->connection.server, server) == 0 ? error->text + server + 2
                                                                        : error->text;
}

/* An order whose id is taken by someone else's: never overwritten, never lost without a word. */
static void refuse_stranger(const struct placing *placing, const PGresult *rows, int row) {
    struct sql reason = {0};
    sql_add(&reason,
            "order id %s is taken in table %s by another order (provider %s, account %s, IMEI %s), which was "
            "not overwritten",
            pq.getvalue(rows, row, 4), placing->writer->table.name, pq.getvalue(rows, row, 1),
            pq.getvalue(rows, row, 2), pq.getvalue(rows, row, 3));
    refuse(placing, (uint32_t)strtoul(pq.getvalue(rows, row, 0), NULL, 10), "order_id_taken",
           reason.failed ? "the order id is taken by another order" : reason.text);
    sql_free(&reason);
}

static unsigned long number_at(const PGresult *rows, int column) {
    return strtoul(pq.getvalue(rows, pq.ntuples(rows) - 1, column), NULL, 10);
}

/* Is it known of each row what became of it? If not, they were something else than they were taken for, and
 * are to be sent again. */
static bool account_for(struct placing *placing, uint32_t count, const PGresult *rows) {
    struct writer *writer = placing->writer;
    int strangers = pq.ntuples(rows) - 1;
    unsigned long written = number_at(rows, 1);
    unsigned long expected = writer->taken_for == PLACE_NEW ? count : number_at(rows, 2);
    writer->changed += written;
    if (written < expected) {
        writer->taken_for = PLACE_MIXED;
        return false;
    }
    if (writer->taken_for == PLACE_MIXED && number_at(rows, 3) == count)
        writer->taken_for = PLACE_NEW;
    else if (writer->taken_for == PLACE_MIXED && !expected && !strangers)
        writer->taken_for = PLACE_SAME;
    for (int row = 0; row < strangers; row++)
        refuse_stranger(placing, rows, row);
    return true;
}

/* ---- rows to their place ------------------------------------------------------------------ */

static int place(struct placing *placing, uint32_t from, uint32_t to, enum place_json json,
                 sluice_error *error);

static int divide(struct placing *placing, uint32_t from, uint32_t to, sluice_error *error) {
    uint32_t middle = from + (to - from) / 2;
    int failed = place(placing, from, middle, PLACE_JSON_MEMBERS, error);
    return failed ? failed : place(placing, middle, to, PLACE_JSON_MEMBERS, error);
}

/* One row that the table doesn't take as it is. */
static int place_refused(struct placing *placing, uint32_t row, enum place_json json, sluice_error *error) {
    if (json < PLACE_JSON_LEAVE && placing->writer->orders && strstr(error->text, "json"))
        return place(placing, row, row + 1, json + 1, error);
    refuse(placing, row, "refused_by_table", words_of(placing->writer, error));
    return 0;
}

static int place_otherwise(struct placing *placing, uint32_t from, uint32_t to, enum place_json json,
                           sluice_error *error) {
    if (to - from > 1)
        return divide(placing, from, to, error);
    return place_refused(placing, from, json, error);
}

static int place(struct placing *placing, uint32_t from, uint32_t to, enum place_json json,
                 sluice_error *error) {
    for (unsigned looks = 0; looks < LOOKS; looks++) {
        struct part part = {placing, from, to, json, NULL};
        int failed = writer_try(placing->writer, placing->batch, send, &part, error);
        enum connection_fault fault = placing->writer->connection.fault;
        if (failed && (fault == FAULT_ROW || (fault == FAULT_SIZE && to - from > 1)))
            return place_otherwise(placing, from, to, json, error);
        if (failed)
            return failed;
        bool known = account_for(placing, to - from, part.rows);
        pq.clear(part.rows);
        if (known)
            return 0;
    }
    placing->writer->host->fail(error, SLUICE_E_DATA, "a trigger or a rule of the table drops it");
    return place_otherwise(placing, from, to, json, error);
}

int writer_place(struct writer *writer, const sluice_batch *batch, sluice_changes *out, sluice_error *error) {
    struct placing placing = {writer, batch, out};
    return writer->rounds.from == writer->rounds.to
               ? 0
               : place(&placing, writer->rounds.from, writer->rounds.to, PLACE_JSON_MEMBERS, error);
}

void writer_free(struct writer *writer) {
    connection_close(&writer->connection);
    merge_free(&writer->merge);
    rounds_free(&writer->rounds);
    table_free(&writer->table);
    sql_free(&writer->statement);
    sql_free(&writer->data);
}
