/* clock.h - the two clocks: one that only goes forward, one that people read. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* Microseconds on a clock that never steps. */
static inline int64_t clock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Milliseconds since 1970-01-01 UTC. */
static inline int64_t clock_wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A point on the monotonic clock, for pthread_cond_timedwait. */
static inline struct timespec clock_deadline(int64_t from_now_ms) {
    int64_t us = clock_us() + from_now_ms * 1000;
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

enum { CLOCK_TEXT = 24 };

/* "2026-11-22 16:05:29", UTC. Returns `out`. */
static inline char *clock_format(int64_t wall_ms, char out[CLOCK_TEXT]) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(out, CLOCK_TEXT, "%Y-%m-%d %H:%M:%S", &utc);
    return out;
}

#endif
