#include "ledger_remote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* ---- what a sink hasn't got ---------------------------------------------------------------- */

/* One record made of two. */
struct merged {
    sluice_text *names, *values;
    uint32_t count, room;
};

static int grow(struct merged *merged, uint32_t room, sluice_error *error) {
    if (room <= merged->room)
        return 0;
    sluice_text *names = realloc(merged->names, room * sizeof *names);
    merged->names = names ? names : merged->names;
    sluice_text *values = realloc(merged->values, room * sizeof *values);
    merged->values = values ? values : merged->values;
    if (!names || !values)
        return fail_memory(error);
    merged->room = room;
    return 0;
}

static void merged_free(struct merged *merged) {
    free(merged->names);
    free(merged->values);
}

/* Append the record in columns `at` (its shape; 0: none) and `at` + 1. */
static int append(struct ledger *ledger, struct query *row, int at, struct merged *out, sluice_error *error) {
    const struct ledger_shape *shape;
    int64_t id = ledger_column_int(ledger, row, at);
    size_t size;
    if (!id)
        return 0;
    int failed = ledger_read_shape(ledger, id, &shape, error);
    if (!failed)
        failed = grow(out, out->count + shape->count, error);
    if (failed)
        return failed;
    const void *data = ledger_column_blob(ledger, row, at + 1, &size);
    if (!record_decode(data, size, out->values + out->count, shape->count))
        return fail(error, SLUICE_E_CONFIG, "%s: a record in it is damaged; restore it from a backup",
                    ledger->path);
    memcpy(out->names + out->count, shape->names, shape->count * sizeof *shape->names);
    out->count += shape->count;
    return 0;
}

/* An added column that the source has too takes that one's place. */
static void fold(struct merged *merged, uint32_t source_count) {
    uint32_t kept = source_count;
    for (uint32_t i = source_count; i < merged->count; i++) {
        uint32_t at = 0;
        while (at < source_count && !text_equal(merged->names[at], merged->names[i]))
            at++;
        if (at == source_count) {
            merged->names[kept] = merged->names[i];
            merged->values[kept++] = merged->values[i];
        } else if (merged->values[i].ptr) {
            merged->values[at] = merged->values[i];
        }
    }
    merged->count = kept;
}

static int read_delivery(struct ledger *ledger, struct query *row, struct merged *merged,
                         struct delivery *out, sluice_error *error) {
    merged->count = 0;
    int failed = append(ledger, row, 4, merged, error);
    uint32_t source_count = merged->count;
    if (!failed)
        failed = append(ledger, row, 6, merged, error);
    if (failed)
        return failed;
    fold(merged, source_count);
    *out = (struct delivery){.version = ledger_column_int(ledger, row, 0),
                             .order = ledger_column_int(ledger, row, 1),
                             .run = ledger_column_int(ledger, row, 2),
                             .row = (uint64_t)ledger_column_int(ledger, row, 3),
                             .record = {merged->names, merged->values, merged->count}};
    return 0;
}

/* Another live run of the pipeline delivers its own. */
static const char behind[] =
    "SELECT c.run FROM cursors AS c JOIN runs AS r ON r.id = c.run"
    " WHERE r.complete = 0 AND r.ended_ms IS NOT NULL AND r.id <> ?1 AND c.sink = ?2"
    " AND r.pipeline = (SELECT pipeline FROM runs WHERE id = ?1)"
    " AND EXISTS (SELECT 1 FROM outbox AS o WHERE o.version > c.version AND o.run = c.run) ORDER BY c.run";

int ledger_behind(struct ledger *ledger, int64_t run, const char *sink,
                  int (*each)(void *user, int64_t ended), void *user, sluice_error *error) {
    struct query *runs;
    int result = ledger_statement(ledger, STATEMENT_RUN_BEHIND, behind, &runs, error);
    if (result)
        return result;
    ledger_bind_int(ledger, runs, 1, run);
    ledger_bind_string(ledger, runs, 2, sink);
    while ((result = ledger_step(ledger, runs, error)) == 1)
        if (each(user, ledger_column_int(ledger, runs, 0)))
            break;
    ledger_reset(ledger, runs);
    return result < 0 ? result : 0;
}

/* What waits for a sink that the run doesn't have is told by ledger_stranded. */
static const char waiting[] =
    "SELECT count(*) FROM outbox AS o WHERE o.run IN"
    " (SELECT id FROM runs WHERE complete = 0 AND (id = ?1 OR ended_ms IS NOT NULL)"
    "  AND pipeline = (SELECT pipeline FROM runs WHERE id = ?1))"
    " AND o.version > (SELECT min(version) FROM cursors AS c WHERE c.run = o.run AND"
    "  iif(?2 IS NULL, c.sink IN (SELECT sink FROM cursors WHERE run = ?1), c.sink = ?2))";

int ledger_waiting(struct ledger *ledger, int64_t run, const char *sink, uint64_t *orders,
                   sluice_error *error) {
    struct query *count;
    int result = ledger_statement(ledger, STATEMENT_OUTBOX_WAITING, waiting, &count, error);
    if (result)
        return result;
    ledger_bind_int(ledger, count, 1, run);
    ledger_bind_string(ledger, count, 2, sink);
    result = ledger_step(ledger, count, error);
    *orders = result == 1 ? (uint64_t)ledger_column_int(ledger, count, 0) : 0;
    ledger_reset(ledger, count);
    return result < 0 ? result : 0;
}

int ledger_last_waiting(struct ledger *ledger, int64_t run, int64_t *version, sluice_error *error) {
    struct query *last;
    int result = ledger_statement(ledger, STATEMENT_OUTBOX_LAST,
                                  "SELECT ifnull(max(version), 0) FROM outbox WHERE run = ?1", &last, error);
    *version = 0;
    if (result)
        return result;
    ledger_bind_int(ledger, last, 1, run);
    result = ledger_step(ledger, last, error);
    if (result == 1)
        *version = ledger_column_int(ledger, last, 0);
    ledger_reset(ledger, last);
    return result < 0 ? result : 0;
}

static const char undelivered[] =
    "SELECT o.version, o.id, o.run, orders.row, ifnull(records.shape, 0), records.data, o.shape, o.data"
    " FROM outbox AS o JOIN orders ON orders.id = o.id LEFT JOIN records ON records.id = o.id"
    " WHERE o.version > max(?1, (SELECT version FROM cursors WHERE run = ?2 AND sink = ?3)) AND o.run = ?2"
    " ORDER BY o.version LIMIT ?4";

int ledger_undelivered(struct ledger *ledger, int64_t run, const char *sink, int64_t after, uint64_t limit,
                       int (*each)(void *user, const struct delivery *delivery), void *user,
                       sluice_error *error) {
    struct merged merged = {0};
    struct delivery delivery;
    struct query *rows;
    int result = ledger_statement(ledger, STATEMENT_OUTBOX_READ, undelivered, &rows, error);
    if (result)
        return result;
    ledger_bind_int(ledger, rows, 1, after);
    ledger_bind_int(ledger, rows, 2, run);
    ledger_bind_string(ledger, rows, 3, sink);
    ledger_bind_int(ledger, rows, 4, limit ? (int64_t)limit : -1);
    while ((result = ledger_step(ledger, rows, error)) == 1) {
        result = read_delivery(ledger, rows, &merged, &delivery, error);
        if (result || each(user, &delivery))
            break;
    }
    ledger_reset(ledger, rows);
    merged_free(&merged);
    return result;
}

static const char stranded[] =
    "SELECT r.pipeline, c.sink, count(*) FROM runs AS r JOIN cursors AS c ON c.run = r.id"
    " JOIN outbox AS o ON o.run = r.id AND o.version > c.version"
    " WHERE r.complete = 0 AND r.ended_ms IS NOT NULL"
    " AND NOT (r.pipeline = (SELECT pipeline FROM runs WHERE id = ?1)"
    "          AND c.sink IN (SELECT sink FROM cursors WHERE run = ?1))"
    " GROUP BY r.pipeline, c.sink";

int ledger_stranded(struct ledger *ledger, int64_t run,
                    void (*each)(void *user, const char *pipeline, const char *sink, uint64_t orders),
                    void *user, sluice_error *error) {
    struct query *rows;
    int result = ledger_statement(ledger, STATEMENT_OUTBOX_STRANDED, stranded, &rows, error);
    if (result)
        return result;
    ledger_bind_int(ledger, rows, 1, run);
    while ((result = ledger_step(ledger, rows, error)) == 1)
        each(user, ledger_column_string(ledger, rows, 0), ledger_column_string(ledger, rows, 1),
             (uint64_t)ledger_column_int(ledger, rows, 2));
    ledger_reset(ledger, rows);
    return result;
}

/* ---- what it has got ----------------------------------------------------------------------- */

static int lowest_cursor(struct ledger *ledger, int64_t run, int64_t *out, sluice_error *error) {
    struct query *lowest;
    int result = ledger_statement(ledger, STATEMENT_CURSOR_LOWEST,
                                  "SELECT min(version) FROM cursors WHERE run = ?1", &lowest, error);
    if (result)
        return result;
    ledger_bind_int(ledger, lowest, 1, run);
    result = ledger_step(ledger, lowest, error);
    *out = result == 1 ? ledger_column_int(ledger, lowest, 0) : 0;
    ledger_reset(ledger, lowest);
    return result < 0 ? result : 0;
}

static int move_cursor(struct ledger *ledger, int64_t run, const char *sink, int64_t version,
                       sluice_error *error) {
    struct query *move;
    int failed = ledger_statement(
        ledger, STATEMENT_CURSOR_MOVE,
        "UPDATE cursors SET version = max(version, ?3) WHERE run = ?1 AND sink = ?2", &move, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, move, 1, run);
    ledger_bind_string(ledger, move, 2, sink);
    ledger_bind_int(ledger, move, 3, version);
    failed = ledger_execute(ledger, move, error);
    if (!failed && ledger_changed(ledger) != 1)
        return fail(error, SLUICE_E_SOFTWARE, "run %" PRId64 " has no sink '%s'", run, sink);
    return failed;
}

static int drop_between(struct ledger *ledger, enum ledger_statement which, const char *sql, int64_t run,
                        int64_t after, int64_t upto, sluice_error *error) {
    struct query *drop;
    int failed = ledger_statement(ledger, which, sql, &drop, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, drop, 1, run);
    ledger_bind_int(ledger, drop, 2, after);
    ledger_bind_int(ledger, drop, 3, upto);
    return ledger_execute(ledger, drop, error);
}

/* A run that is over is done with when its last order is delivered; one that isn't may still place some. */
static int complete(struct ledger *ledger, int64_t run, sluice_error *error) {
    struct query *done;
    int failed = ledger_statement(ledger, STATEMENT_RUN_COMPLETE,
                                  "UPDATE runs SET complete = 1 WHERE id = ?1 AND ended_ms IS NOT NULL"
                                  " AND NOT EXISTS (SELECT 1 FROM outbox WHERE run = ?1)",
                                  &done, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, done, 1, run);
    return ledger_execute(ledger, done, error);
}

static int drop_delivered(struct ledger *ledger, int64_t run, int64_t before, int64_t after,
                          sluice_error *error) {
    int failed = drop_between(ledger, STATEMENT_OUTBOX_RECORDS_DROP,
                              "DELETE FROM records WHERE id IN"
                              " (SELECT id FROM outbox WHERE version > ?2 AND version <= ?3 AND run = ?1)",
                              run, before, after, error);
    if (!failed)
        failed = drop_between(ledger, STATEMENT_OUTBOX_DROP,
                              "DELETE FROM outbox WHERE version > ?2 AND version <= ?3 AND run = ?1", run,
                              before, after, error);
    return failed ? failed : complete(ledger, run, error);
}

/* Far away, to ask first where the cursors stand costs more than to let the statements look. */
static int delivered_remotely(struct ledger *ledger, int64_t run, const char *sink, int64_t version,
                              sluice_error *error) {
    if (ledger->remote->fenced && run == ledger->remote->run)
        return 0; /* others may have settled orders of it, which its cursors would pass over */
    int failed = move_cursor(ledger, run, sink, version, error);
    return failed ? failed : drop_delivered(ledger, run, 0, version, error);
}

int ledger_delivered(struct ledger *ledger, int64_t run, const char *sink, int64_t version,
                     sluice_error *error) {
    int64_t before, after;
    int failed = ledger_check_changing(ledger, error);
    if (!failed && ledger->remote)
        return delivered_remotely(ledger, run, sink, version, error);
    if (!failed)
        failed = lowest_cursor(ledger, run, &before, error);
    if (!failed)
        failed = move_cursor(ledger, run, sink, version, error);
    if (!failed)
        failed = lowest_cursor(ledger, run, &after, error);
    return failed || after == before ? failed : drop_delivered(ledger, run, before, after, error);
}
