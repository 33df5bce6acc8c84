#include "timer.h"

#include <stddef.h>

enum { SECOND = 1000000, CLOCK_BACK_MS = 60000 };

static const int64_t pause_first_us = 60 * (int64_t)SECOND, pause_most_us = 3600 * (int64_t)SECOND;

static int64_t jitter(const struct timer *timer, const struct timer_now *now) {
    return timer->jitter_us ? (int64_t)((uint64_t)timer->jitter_us * now->random / UINT32_MAX) : 0;
}

static void reckon(struct timer *timer, const struct timer_now *now) {
    int64_t next = cron_next(&timer->cron, timer->zone.offset ? &timer->zone : NULL, now->wall_ms / 1000);
    timer->reckoned_ms = now->wall_ms;
    timer->due_ms = next == INT64_MAX ? INT64_MAX : next * 1000 + jitter(timer, now) / 1000;
}

void timer_start(struct timer *timer, const struct timer_now *now) {
    timer->base_us = now->us;
    timer->due_us = now->us + jitter(timer, now);
    timer->held_us = 0;
    timer->failures = 0;
    if (timer->by_cron)
        reckon(timer, now);
}

static int64_t until(int64_t then, int64_t now) {
    return then == INT64_MAX ? INT64_MAX : then > now ? then - now : 0;
}

int64_t timer_wait_us(struct timer *timer, const struct timer_now *now) {
    if (timer->held_us)
        return until(timer->held_us, now->us);
    if (!timer->by_cron)
        return until(timer->due_us, now->us);
    if (now->wall_ms < timer->reckoned_ms - CLOCK_BACK_MS) /* the clock was set back */
        reckon(timer, now);
    int64_t wait = until(timer->due_ms, now->wall_ms);
    return wait == INT64_MAX ? wait : wait * 1000;
}

void timer_fired(struct timer *timer, const struct timer_now *now) {
    timer->held_us = 0;
    if (timer->by_cron) {
        if (timer->due_ms <= now->wall_ms)
            reckon(timer, now);
        return;
    }
    if (!timer->every_us) {
        timer->due_us = INT64_MAX;
        return;
    }
    /* Times that went by while nobody looked come once, not one after the other. */
    if (timer->base_us <= now->us)
        timer->base_us += ((now->us - timer->base_us) / timer->every_us + 1) * timer->every_us;
    timer->due_us = timer->base_us + jitter(timer, now);
}

int64_t timer_failed(struct timer *timer, const struct timer_now *now) {
    int64_t pause = timer->every_us ? timer->every_us : pause_first_us;
    int64_t most = pause > pause_most_us ? pause : pause_most_us;
    for (unsigned i = 0; i < timer->failures && pause < most; i++)
        pause *= 2;
    if (pause > most)
        pause = most;
    timer->failures++;
    timer->held_us = now->us + pause;
    return pause;
}

void timer_succeeded(struct timer *timer) {
    timer->failures = 0;
    timer->held_us = 0;
}
