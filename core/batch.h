/* batch.h - the core's side of a batch: who owns it, how it is filled, how changes make a new one. */
#ifndef CORE_BATCH_H
#define CORE_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <sluice/batch.h>

#include "arena.h"
#include "error.h"

enum {
    BATCH_ROWS = 8192,
    BATCH_BYTES = 192 * 1024,
    BATCH_COLUMNS = 4096,               /* of a record at most */
    BATCH_CELL_BYTES = 2 * 1024 * 1024, /* of all columns: wide records come fewer at a time */
};

struct reject {
    uint32_t row;
    const char *code;   /* in the arena of the filling or the changes */
    sluice_text reason; /* likewise */
};

/* Immutable once made; shared by reference, from any thread. A batch made from another one by changes
 * keeps it alive, since its cells point into it. */
struct batch {
    sluice_batch view; /* first: a sluice_batch handed to a plugin is this */
    atomic_uint references;
    sluice_arena arena;
    struct batch *parent;         /* NULL: as it was read */
    const struct reject *refused; /* rows that the source itself couldn't use; not selected */
    size_t refused_count;
};

struct batch *batch_new(void);
struct batch *batch_ref(struct batch *batch);
void batch_unref(struct batch *batch);
/* Bytes that it keeps alive: its own and those of the batches it was made from. */
size_t batch_bytes(const struct batch *batch);
/* As the source read it, before any action. */
const struct batch *batch_origin(const struct batch *batch);
/* The value of a column in a row; null when there is no such column. */
sluice_text batch_value(const sluice_batch *batch, uint32_t row, const char *column);
/* All values of a row; room for BATCH_COLUMNS is always enough. */
void batch_row(const sluice_batch *batch, uint32_t row, sluice_text *values);
/* An arena for what must live as long as the batch. Only while the caller is its only user. */
sluice_arena *batch_arena(struct batch *batch);

/* ---- filling: what a source writes into --------------------------------------------------- */

struct filling {
    sluice_filling view;
    struct batch *batch;
    struct reject *rejects; /* by row, ascending; in the batch's arena */
    size_t reject_count, reject_room;
    uint32_t *selection; /* room for the rows that aren't rejected; NULL: none is */
};

int filling_begin(struct filling *filling, uint32_t row_limit, uint64_t byte_limit, sluice_error *error);
int32_t filling_columns(sluice_filling *view, const sluice_text *names, uint32_t count, sluice_error *error);
int32_t filling_reject(sluice_filling *view, uint32_t row, const char *code, sluice_text reason,
                       sluice_error *error);
/* The finished batch, its rejected rows refused; NULL when it has no rows. The filling is used up. */
struct batch *filling_end(struct filling *filling);
void filling_abandon(struct filling *filling);

/* ---- changes: what an action or a sink writes into ---------------------------------------- */

struct changes {
    sluice_changes view;
    struct batch *in, *out;
    struct reject *rejects;
    size_t reject_count, reject_room;
    uint8_t *gone; /* row_count flags, allocated when the first row leaves */
    uint64_t duplicates, filtered;
    bool failed; /* out of memory in a callback that can't say so */
};

int changes_begin(struct changes *changes, struct batch *in, sluice_error *error);
int32_t changes_set_column(sluice_changes *view, const char *name, const sluice_text *cells,
                           sluice_error *error);
void changes_reject(sluice_changes *view, uint32_t row, const char *code, sluice_text reason);
void changes_drop(sluice_changes *view, uint32_t row, uint32_t why);
/* The batch that goes on: a reference of the caller's, possibly `in` itself. Rejects stay readable
 * until changes_free. NULL: out of memory. */
struct batch *changes_end(struct changes *changes, sluice_error *error);
void changes_free(struct changes *changes);

#endif
