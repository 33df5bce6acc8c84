/* limit.h - how fast and how many: a rate and a number in flight. Pure: time is handed in.
 *
 * Alone, a limit counts for itself. Those that joined one pool count together: an account of a provider is
 * one, however many runs of the process use it. */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <sluice/option.h>

struct limit_pool {
    pthread_mutex_t lock;
    struct limit *members;
    unsigned in_flight;
    int64_t next_us, paused_us;
};

struct limit {
    struct limit_pool *pool; /* NULL: alone */
    struct limit *next;      /* in the pool */
    unsigned pool_slots;     /* no start while the pool has so many in flight */
    int64_t hungry_us;       /* until then it counts as waiting for the others */
    sluice_rate rate;
    unsigned slots, in_flight;
    int64_t next_us;   /* the earliest time of the next start (GCRA) */
    int64_t paused_us; /* nothing starts before this: Retry-After */
};

void limit_init(struct limit *limit, sluice_rate rate, unsigned slots);
/* 0: started (counted in flight); > 0: microseconds to wait; -1: all slots are taken. A rate of n per
 * period never lets more than n start in any one period. In a pool, whoever waits and has less in flight
 * than another goes first; it has to ask again, which the microseconds say. */
int64_t limit_start(struct limit *limit, int64_t now_us);
void limit_end(struct limit *limit);
void limit_pause(struct limit *limit, int64_t until_us);

void limit_pool_init(struct limit_pool *pool);
/* Any thread; a limit that has joined is used by one thread. `slots`: of all members together. */
void limit_join(struct limit *limit, struct limit_pool *pool, unsigned slots);
/* What it still has in flight is over for the others. */
void limit_leave(struct limit *limit);

#endif
