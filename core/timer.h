/* timer.h - when a pipeline of the service runs next: its trigger, the jitter, and the pause after a
 * failure. Pure: the clocks and the random number are handed in. */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "cron.h"

struct timer_now {
    int64_t us;      /* the clock that never steps */
    int64_t wall_ms; /* the one on the wall */
    uint32_t random;
};

struct timer {
    int64_t every_us, jitter_us; /* every: 0: it isn't that kind */
    bool by_cron;
    struct cron cron;
    struct cron_zone zone;
    int64_t base_us;             /* every: on the grid; else when it is due, INT64_MAX: never again */
    int64_t due_us;              /* with the jitter */
    int64_t due_ms, reckoned_ms; /* cron: when it is due, and when that was found out */
    int64_t held_us;             /* after failures: not before this; 0: not held */
    unsigned failures;           /* in a row */
};

/* Neither every nor cron: it is due at once, and then never again. */
void timer_start(struct timer *timer, const struct timer_now *now);
/* Microseconds until it is due; 0: now; INT64_MAX: never. */
int64_t timer_wait_us(struct timer *timer, const struct timer_now *now);
/* It was due, and was run or passed over: find the next time. */
void timer_fired(struct timer *timer, const struct timer_now *now);
/* A run failed: the next one comes after a pause that doubles, up to an hour. Returns it. */
int64_t timer_failed(struct timer *timer, const struct timer_now *now);
void timer_succeeded(struct timer *timer);

#endif
