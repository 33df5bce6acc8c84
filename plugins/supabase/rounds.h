/* rounds.h - rows of a batch in rounds, so that no key comes twice in one: a statement can't write a row of
 * the table twice, and each record meets what the one before it has left there. */
#ifndef SUPABASE_ROUNDS_H
#define SUPABASE_ROUNDS_H

#include "merge.h"

struct rounds {
    uint32_t *rows; /* of the batch */
    uint32_t count, room;
    uint32_t from, to; /* the round at hand */
    uint32_t *slots, slot_count;
    uint64_t *hashes;
};

/* Room for the rows of a batch, and none there; false: out of memory. */
bool rounds_begin(struct rounds *rounds, uint32_t row_count);
void rounds_add(struct rounds *rounds, uint32_t row);
/* The next round is rows from … to. Ends with an empty one. */
bool rounds_next(struct rounds *rounds, const struct merge *merge, const sluice_batch *batch);
void rounds_free(struct rounds *rounds);

#endif
