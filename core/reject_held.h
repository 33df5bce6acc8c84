/* reject_held.h - rejected records that aren't known to be kept yet: what a sink of on_reject that fails
 * leaves behind. Thread-safe. */
#ifndef CORE_REJECT_HELD_H
#define CORE_REJECT_HELD_H

#include <pthread.h>
#include <stdbool.h>

#include "batch.h"

struct held_batch;

struct held {
    pthread_mutex_t lock;
    struct held_batch *first, **last;
    int64_t *kept; /* of each sink: the number of the last batch that it has committed */
    size_t sinks;
};

int held_init(struct held *held, size_t sinks, sluice_error *error);
/* Until every sink has kept it. Numbers grow from 1. */
void held_add(struct held *held, struct batch *batch, int64_t number);
/* One row that a sink refused: nobody will keep it. */
void held_refused(struct held *held, const struct batch *batch, uint32_t row);
/* A sink has kept everything up to that number. */
void held_release(struct held *held, size_t sink, int64_t number);
/* The next batch that isn't kept, the oldest first: a reference of the caller's. NULL: none is left. */
struct batch *held_take(struct held *held);
bool held_any(struct held *held);
void held_free(struct held *held);

#endif
