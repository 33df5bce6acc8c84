/* batch.h - records, as they travel: many at once, column by column.
 *
 * A batch is immutable once it has left its maker, shared by reference, and owns the memory that
 * its cells point into. A plugin may look at a batch only during the callback it was given to.
 */
#ifndef SLUICE_BATCH_H
#define SLUICE_BATCH_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A batch to read. Rows are named by their index in the columns: 0 … row_count-1. Those that are
 * still part of the batch are `selection[0 … selected-1]`, ascending; selection == NULL means all
 * of 0 … selected-1. Dropping a record changes the selection and copies nothing. */
typedef struct sluice_batch {
    uint32_t size;
    uint32_t column_count;
    uint32_t row_count;
    uint32_t selected;
    const uint32_t *selection;
    const sluice_text *names;        /* column_count names, UTF-8, unique */
    const sluice_text *const *cells; /* cells[column][row] */
    const uint64_t *numbers;         /* the row's number in its source, from 1 */
    sluice_text file;                /* what the rows were read from; may be null */
} sluice_batch;

/* One row of a batch. */
typedef struct sluice_row {
    const sluice_batch *batch;
    uint32_t row;
    uint32_t reserved;
} sluice_row;

/* A batch that a source fills. The core sets row_limit and byte_limit as targets: a source ends
 * the batch when either is reached, but always delivers at least one row.
 *   1. host->columns() once, as soon as the names are known: it sets column_count and cells.
 *   2. cells[c][r] for every column of each row (null included), numbers[r].
 *   3. row_count, then return. Memory for the text comes from host->alloc(arena). */
typedef struct sluice_filling {
    uint32_t size;
    uint32_t row_limit;
    uint64_t byte_limit;
    sluice_arena *arena;
    sluice_text **cells;
    uint64_t *numbers;
    uint32_t column_count;
    uint32_t row_count;
    sluice_text file;
} sluice_filling;

/* What an action or a sink changes in the batch it was given; opaque, written through the host:
 * host->set_column, host->reject, host->drop. */
typedef struct sluice_changes {
    uint32_t size;
    uint32_t reserved;
    sluice_arena *arena; /* lives as long as the changed batch */
} sluice_changes;

/* Why a record leaves without being rejected. */
enum sluice_drop {
    SLUICE_DROP_DUPLICATE = 1, /* the same record came before */
    SLUICE_DROP_FILTERED = 2   /* passed over on purpose; counted as skipped */
};

/* The column called `name`, or -1. Linear: look columns up once a batch, not once a row. */
static inline int32_t sluice_find_column(const sluice_batch *batch, const char *name, uint64_t len) {
    for (uint32_t c = 0; c < batch->column_count; c++) {
        uint64_t i = 0;
        if (batch->names[c].len != len)
            continue;
        while (i < len && batch->names[c].ptr[i] == name[i])
            i++;
        if (i == len)
            return (int32_t)c;
    }
    return -1;
}

/* The index of the i-th selected row. */
static inline uint32_t sluice_selected(const sluice_batch *batch, uint32_t i) {
    return batch->selection ? batch->selection[i] : i;
}

#ifdef __cplusplus
}
#endif
#endif
