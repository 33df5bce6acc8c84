#include "limit.h"

/* The time between two starts, rounded up. Starts that far apart can't be more than `count` in any one
 * period; letting a late start be made up for could. */
static int64_t interval_us(const sluice_rate *rate) {
    int64_t period_ms = rate->per_ms > INT64_MAX / 2000 ? INT64_MAX / 2000 : rate->per_ms;
    if (rate->count <= 0 || period_ms <= 0)
        return 0;
    return (period_ms * 1000 - 1) / rate->count + 1;
}

void limit_init(struct limit *limit, sluice_rate rate, unsigned slots) {
    *limit = (struct limit){
        .rate = rate, .slots = slots ? slots : 1, .next_us = INT64_MIN, .paused_us = INT64_MIN};
}

static int64_t later(int64_t now_us, int64_t interval) {
    return now_us > INT64_MAX - interval ? INT64_MAX : now_us + interval;
}

/* ---- together ------------------------------------------------------------------------------ */

enum { ASK_AGAIN_US = 10000, HUNGRY_US = 100000 };

/* Somebody with less in flight waits. */
static bool must_yield(const struct limit *limit, int64_t now_us) {
    for (const struct limit *other = limit->pool->members; other; other = other->next)
        if (other != limit && other->hungry_us > now_us && other->in_flight < limit->in_flight)
            return true;
    return false;
}

static int64_t start_in_pool(struct limit *limit, int64_t now_us) {
    struct limit_pool *pool = limit->pool;
    int64_t from = pool->next_us > pool->paused_us ? pool->next_us : pool->paused_us;
    if (pool->in_flight >= limit->pool_slots || must_yield(limit, now_us)) {
        limit->hungry_us = later(now_us, HUNGRY_US);
        return ASK_AGAIN_US;
    }
    if (from > now_us)
        return from - now_us;
    limit->hungry_us = INT64_MIN;
    pool->in_flight++;
    limit->in_flight++;
    pool->next_us = later(now_us, interval_us(&limit->rate));
    return 0;
}

void limit_pool_init(struct limit_pool *pool) {
    *pool = (struct limit_pool){.next_us = INT64_MIN, .paused_us = INT64_MIN};
    pthread_mutex_init(&pool->lock, NULL);
}

void limit_join(struct limit *limit, struct limit_pool *pool, unsigned slots) {
    limit->pool = pool;
    limit->pool_slots = slots ? slots : 1;
    limit->hungry_us = INT64_MIN;
    pthread_mutex_lock(&pool->lock);
    limit->next = pool->members;
    pool->members = limit;
    pthread_mutex_unlock(&pool->lock);
}

void limit_leave(struct limit *limit) {
    struct limit_pool *pool = limit->pool;
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    struct limit **at = &pool->members;
    while (*at != limit)
        at = &(*at)->next;
    *at = limit->next;
    pool->in_flight -= limit->in_flight;
    pthread_mutex_unlock(&pool->lock);
    limit->pool = NULL;
}

/* ---- alone or together --------------------------------------------------------------------- */

static int64_t start_alone(struct limit *limit, int64_t now_us) {
    int64_t from = limit->next_us > limit->paused_us ? limit->next_us : limit->paused_us;
    if (from > now_us)
        return from - now_us;
    limit->in_flight++;
    limit->next_us = later(now_us, interval_us(&limit->rate));
    return 0;
}

int64_t limit_start(struct limit *limit, int64_t now_us) {
    if (limit->in_flight >= limit->slots)
        return -1;
    if (!limit->pool)
        return start_alone(limit, now_us);
    pthread_mutex_lock(&limit->pool->lock);
    int64_t wait = start_in_pool(limit, now_us);
    pthread_mutex_unlock(&limit->pool->lock);
    return wait;
}

void limit_end(struct limit *limit) {
    if (!limit->in_flight)
        return;
    if (!limit->pool) {
        limit->in_flight--;
        return;
    }
    pthread_mutex_lock(&limit->pool->lock);
    limit->in_flight--;
    limit->pool->in_flight--;
    pthread_mutex_unlock(&limit->pool->lock);
}

void limit_pause(struct limit *limit, int64_t until_us) {
    if (!limit->pool) {
        if (until_us > limit->paused_us)
            limit->paused_us = until_us;
        return;
    }
    pthread_mutex_lock(&limit->pool->lock);
    if (until_us > limit->pool->paused_us)
        limit->pool->paused_us = until_us;
    pthread_mutex_unlock(&limit->pool->lock);
}
