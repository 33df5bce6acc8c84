/* limit.h - how fast and how many: a rate and a number in flight. Pure: time is handed in. */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/option.h>

struct limit {
    sluice_rate rate;
    unsigned slots, in_flight;
    int64_t next_us;   /* the earliest time of the next start (GCRA) */
    int64_t paused_us; /* nothing starts before this: Retry-After */
};

void limit_init(struct limit *limit, sluice_rate rate, unsigned slots);
/* 0: started (counted in flight); > 0: microseconds to wait; -1: all slots are taken. A rate of n per
 * period never lets more than n start in any one period. */
int64_t limit_start(struct limit *limit, int64_t now_us);
void limit_end(struct limit *limit);
void limit_pause(struct limit *limit, int64_t until_us);

#endif
