/* load.h - an empty table, filled in one transaction: COPY straight into it, and its indexes made afterwards,
 * which costs a third of keeping them up row by row. Nobody else gets at the table meanwhile; a load that
 * breaks off leaves it as it was. */
#ifndef SUPABASE_LOAD_H
#define SUPABASE_LOAD_H

#include "history.h"
#include "merge.h"

struct load {
    bool active;        /* in the transaction, and in its COPY */
    struct sql indexes; /* statements that make them again */
    struct sql data;
    char now[48];         /* the transaction's time, for rows that don't say when they were made */
    int32_t created;      /* the value that says it, or -1 */
    const char *unsuited; /* why the table can't be filled so; NULL: it can */
    char reason[200];     /* that may be */
};

/* For rows like those that `merge` was made of. Not active afterwards: `unsuited` says why, and nothing has
 * happened. */
int load_begin(struct load *load, struct connection *connection, const struct merge *merge,
               sluice_error *error);
/* Rows of a batch. What is wrong with them, the server may say with a later call only. */
int load_rows(struct load *load, struct connection *connection, const struct merge *merge,
              const sluice_batch *batch, const uint32_t *rows, uint32_t count, sluice_error *error);
/* Make the indexes, write the history, commit. A failure: nothing of it is kept. */
int load_end(struct load *load, struct connection *connection, struct history *history, sluice_error *error);
void load_free(struct load *load);

#endif
