/* merge.h - the statements that bring a batch of records into a table: into a temporary table of texts
 * first (COPY, the fastest way in), from there to their place. */
#ifndef SUPABASE_MERGE_H
#define SUPABASE_MERGE_H

#include <sluice/batch.h>

#include "table.h"

#define MERGE_ABSENT UINT32_MAX

struct merge_value {
    uint32_t source; /* column of the batch; MERGE_ABSENT: the records don't have it */
    uint32_t target; /* column of the table */
};

/* Which field goes where, for batches that have the same columns. */
struct merge {
    const struct table *table;
    struct merge_value *values; /* the keys first */
    uint32_t count, key_count;
    bool orders;
    sluice_text *names; /* of the batch; one block with their bytes */
    uint32_t name_count;
    struct sql extra; /* fields that the table has no column for: "a, b" */
};

/* `keys`: the columns that tell records apart; those of orders are found out. */
int merge_make(struct merge *merge, const struct table *table, sluice_texts keys, bool orders,
               const sluice_batch *batch, const sluice_host *host, sluice_error *error);
void merge_free(struct merge *merge);
bool merge_suits(const struct merge *merge, const sluice_batch *batch);

/* CREATE TEMPORARY TABLE sluice_new(row, c0, c1 …), gone with the transaction. */
void merge_sql_temporary(struct sql *sql, const struct merge *merge);
/* One row of it, for COPY. */
void merge_row(struct sql *data, const struct merge *merge, const sluice_batch *batch, uint32_t row);
/* Rows from … to (their number in the batch, exclusive) to their place. `keep_json`: what is stored as
 * raw_response isn't JSON, and is kept as a member of the new one. */
void merge_sql_place(struct sql *sql, const struct merge *merge, uint32_t from, uint32_t to, bool keep_json);
/* Orders of the batch whose id is another order's in the table: row, provider, account, imei. */
void merge_sql_strangers(struct sql *sql, const struct merge *merge);

#endif
