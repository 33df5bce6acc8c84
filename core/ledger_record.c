#include "ledger_db.h"

#include <stdlib.h>
#include <string.h>

/* ---- shapes -------------------------------------------------------------------------------- */

static void free_shape(struct ledger_shape *shape) {
    free(shape->encoded);
    free(shape->names);
    *shape = (struct ledger_shape){0};
}

void ledger_free_shapes(struct ledger *ledger) {
    for (size_t i = 0; i < LEDGER_SHAPES; i++)
        free_shape(&ledger->shapes[i]);
}

static int fail_damaged(const struct ledger *ledger, sluice_error *error) {
    return fail(error, SLUICE_E_CONFIG, "%s: a record in it is damaged; restore it from a backup",
                ledger->path);
}

static struct ledger_shape *oldest_shape(struct ledger *ledger) {
    struct ledger_shape *oldest = ledger->shapes;
    for (size_t i = 1; i < LEDGER_SHAPES; i++)
        if (ledger->shapes[i].used < oldest->used)
            oldest = &ledger->shapes[i];
    return oldest;
}

/* Put a shape among those that are at hand. */
static int keep_shape(struct ledger *ledger, int64_t id, const void *encoded, size_t size,
                      struct ledger_shape **out, sluice_error *error) {
    struct ledger_shape *shape = oldest_shape(ledger);
    uint32_t count;
    if (!record_count(encoded, size, &count))
        return fail_damaged(ledger, error);
    free_shape(shape);
    *shape = (struct ledger_shape){.count = count,
                                   .size = size,
                                   .encoded = malloc(size ? size : 1),
                                   .names = calloc(count ? count : 1, sizeof *shape->names)};
    if (!shape->encoded || !shape->names) {
        free_shape(shape);
        return fail_memory(error);
    }
    if (size)
        memcpy(shape->encoded, encoded, size);
    record_decode(shape->encoded, size, shape->names, count);
    shape->id = id;
    shape->used = ++ledger->shape_clock;
    *out = shape;
    return 0;
}

/* The number of the shape whose names stand in ledger->encoded; 0: there is none. */
static int find_shape(struct ledger *ledger, int64_t *id, sluice_error *error) {
    struct query *find;
    int result = ledger_statement(ledger, STATEMENT_SHAPE_FIND, "SELECT id FROM shapes WHERE names = ?1",
                                  &find, error);
    if (result)
        return result;
    ledger_bind_blob(ledger, find, 1, ledger->encoded.bytes, ledger->encoded.used);
    result = ledger_step(ledger, find, error);
    *id = result == 1 ? ledger_column_int(ledger, find, 0) : 0;
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

static int add_shape(struct ledger *ledger, int64_t *id, sluice_error *error) {
    struct query *add;
    int failed =
        ledger_statement(ledger, STATEMENT_SHAPE_ADD, "INSERT INTO shapes (names) VALUES (?1)", &add, error);
    if (failed)
        return failed;
    ledger_bind_blob(ledger, add, 1, ledger->encoded.bytes, ledger->encoded.used);
    failed = ledger_execute(ledger, add, error);
    *id = ledger_last_id(ledger);
    return failed;
}

static int shape_of(struct ledger *ledger, const struct record *record, int64_t *id, sluice_error *error) {
    ledger->encoded.used = 0;
    int failed = record_encode(&ledger->encoded, record->names, record->count, error);
    if (failed)
        return failed;
    for (size_t i = 0; i < LEDGER_SHAPES; i++) {
        struct ledger_shape *known = &ledger->shapes[i];
        if (known->id && known->size == ledger->encoded.used &&
            memcmp(known->encoded, ledger->encoded.bytes, known->size) == 0) {
            known->used = ++ledger->shape_clock;
            *id = known->id;
            return 0;
        }
    }
    struct ledger_shape *kept;
    failed = find_shape(ledger, id, error);
    if (!failed && !*id)
        failed = add_shape(ledger, id, error);
    return failed ? failed
                  : keep_shape(ledger, *id, ledger->encoded.bytes, ledger->encoded.used, &kept, error);
}

int ledger_read_shape(struct ledger *ledger, int64_t id, const struct ledger_shape **out,
                      sluice_error *error) {
    for (size_t i = 0; i < LEDGER_SHAPES; i++)
        if (ledger->shapes[i].id == id) {
            ledger->shapes[i].used = ++ledger->shape_clock;
            *out = &ledger->shapes[i];
            return 0;
        }
    struct query *read;
    struct ledger_shape *kept;
    int result = ledger_statement(ledger, STATEMENT_SHAPE_READ, "SELECT names FROM shapes WHERE id = ?1",
                                  &read, error);
    if (result)
        return result;
    ledger_bind_int(ledger, read, 1, id);
    result = ledger_step(ledger, read, error);
    if (result == 0)
        return fail_damaged(ledger, error);
    if (result < 0)
        return result;
    size_t size;
    const void *names = ledger_column_blob(ledger, read, 0, &size);
    result = keep_shape(ledger, id, names, size, &kept, error);
    ledger_reset(ledger, read);
    *out = kept;
    return result;
}

/* ---- records ------------------------------------------------------------------------------- */

/* The values, encoded in ledger->encoded, and the number of their names. */
static int encode(struct ledger *ledger, const struct record *record, int64_t *shape, sluice_error *error) {
    int failed = shape_of(ledger, record, shape, error);
    if (failed)
        return failed;
    ledger->encoded.used = 0;
    return record_encode(&ledger->encoded, record->values, record->count, error);
}

int ledger_keep_record(struct ledger *ledger, int64_t order, const struct record *record,
                       sluice_error *error) {
    struct query *add;
    int64_t shape;
    if (!record->count)
        return ledger_drop_record(ledger, order, error);
    int failed = encode(ledger, record, &shape, error);
    if (!failed)
        failed = ledger_statement(ledger, STATEMENT_RECORD_ADD,
                                  "INSERT OR REPLACE INTO records (id, shape, data) VALUES (?1, ?2, ?3)",
                                  &add, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, add, 1, order);
    ledger_bind_int(ledger, add, 2, shape);
    ledger_bind_blob(ledger, add, 3, ledger->encoded.bytes, ledger->encoded.used);
    return ledger_execute(ledger, add, error);
}

int ledger_drop_record(struct ledger *ledger, int64_t order, sluice_error *error) {
    struct query *drop;
    int failed =
        ledger_statement(ledger, STATEMENT_RECORD_DROP, "DELETE FROM records WHERE id = ?1", &drop, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, drop, 1, order);
    return ledger_execute(ledger, drop, error);
}

int ledger_keep_delivery(struct ledger *ledger, int64_t version, int64_t order, int64_t run,
                         const struct record *added, sluice_error *error) {
    struct query *add;
    int64_t shape = 0;
    int failed = added->count ? encode(ledger, added, &shape, error) : 0;
    if (!failed)
        failed = ledger_statement(
            ledger, STATEMENT_OUTBOX_ADD,
            "INSERT INTO outbox (version, id, run, shape, data) VALUES (?1, ?2, ?3, ?4, ?5)", &add, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, add, 1, version);
    ledger_bind_int(ledger, add, 2, order);
    ledger_bind_int(ledger, add, 3, run);
    ledger_bind_int(ledger, add, 4, shape);
    ledger_bind_blob(ledger, add, 5, ledger->encoded.bytes, added->count ? ledger->encoded.used : 0);
    return ledger_execute(ledger, add, error);
}
