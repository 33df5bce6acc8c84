/* chain.h - the local actions of a pipeline, one after the other, on one batch at a time. One thread. */
#ifndef CORE_CHAIN_H
#define CORE_CHAIN_H

#include "batch.h"
#include "host.h"
#include "pipeline.h"

struct chain {
    const struct component *components;
    struct instance *instances;
    bool *checked_where; /* of each: what it asks for was looked up in the records */
    size_t count;
    bool of_many; /* the rows are several people's: a batch that an action can't use is rejected, and ends
                     nothing. Set behind chain_open */
};

struct chain_counts {
    uint64_t duplicates, filtered;
};

/* Open the first `count` actions of a pipeline. */
int chain_open(struct chain *chain, const struct component *components, size_t count, struct inputs *inputs,
               bool spends, sluice_error *error);
/* What becomes of the batch (its reference is taken over): a reference of the caller's; NULL: a failure.
 * Rejected rows are given to `reject` with the batch they stood in. */
struct batch *chain_process(struct chain *chain, struct batch *batch, struct chain_counts *counts,
                            void (*reject)(void *user, const struct batch *batch, const struct reject *reject,
                                           const struct component *component),
                            void *user, sluice_error *error);
void chain_close(struct chain *chain);

#endif
