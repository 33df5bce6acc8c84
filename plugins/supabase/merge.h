/* merge.h - which field of a record goes into which column of a table, and the rows as the database takes
 * them. */
#ifndef SUPABASE_MERGE_H
#define SUPABASE_MERGE_H

#include <sluice/batch.h>

#include "table.h"

#define MERGE_ABSENT UINT32_MAX

struct merge_value {
    uint32_t source; /* column of the batch; MERGE_ABSENT: the records don't have it */
    uint32_t target; /* column of the table */
    bool is_text;    /* that takes an empty text */
};

/* For batches that have the same columns. */
struct merge {
    const struct table *table;
    struct merge_value *values; /* the keys first */
    uint32_t count, key_count;
    bool orders;
    bool fills; /* what comes is no news of the provider's, but what another store or an export knows */
    sluice_text *names; /* of the batch; one block with their bytes */
    uint32_t name_count;
    struct sql extra; /* fields that the table has no column for: "a, b" */
};

/* `keys`: the columns that tell records apart; those of orders are found out. */
int merge_make(struct merge *merge, const struct table *table, sluice_texts keys, bool orders,
               const sluice_batch *batch, const sluice_host *host, sluice_error *error);
void merge_free(struct merge *merge);
bool merge_suits(const struct merge *merge, const sluice_batch *batch);

/* The column's name. */
sluice_text merge_name(const struct merge *merge, uint32_t value);
/* The value that goes into the column called so, or -1. */
int32_t merge_find(const struct merge *merge, const char *name);
sluice_text merge_cell(const struct merge *merge, const sluice_batch *batch, uint32_t row, uint32_t value);

/* A row of a batch, with a number in front: a line for COPY … */
void merge_add_copied(struct sql *data, const struct merge *merge, const sluice_batch *batch, uint32_t row,
                      uint32_t number);
/* … or one more row of VALUES. */
void merge_add_literal(struct sql *data, const struct merge *merge, const sluice_batch *batch, uint32_t row,
                       uint32_t number);

#endif
