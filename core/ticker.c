#include "ticker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { SLOTS = 4096 };

/* One who waits: it is woken for its own slot only. */
struct waiter {
    struct waiter *next;
    size_t slot;
    pthread_cond_t woken;
};

struct ticker {
    pthread_mutex_t lock;
    uint64_t versions[SLOTS + 1]; /* the last: of anything */
    uint32_t waiting[SLOTS + 1];
    struct waiter *waiters;
    bool stopped;
};

static size_t slot_of(sluice_text thing) {
    uint64_t hash = 14695981039346656037u;
    if (!thing.ptr)
        return SLOTS;
    for (uint64_t i = 0; i < thing.len; i++)
        hash = (hash ^ (unsigned char)thing.ptr[i]) * 1099511628211u;
    return (hash ^ hash >> 32) % SLOTS;
}

struct ticker *ticker_new(void) {
    struct ticker *ticker = calloc(1, sizeof *ticker);
    if (!ticker)
        return NULL;
    pthread_mutex_init(&ticker->lock, NULL);
    for (size_t i = 0; i <= SLOTS; i++)
        ticker->versions[i] = 1;
    return ticker;
}

void ticker_free(struct ticker *ticker) {
    if (!ticker)
        return;
    pthread_mutex_destroy(&ticker->lock);
    free(ticker);
}

static void wake(struct ticker *ticker, size_t slot) {
    for (struct waiter *waiter = ticker->waiting[slot] ? ticker->waiters : NULL; waiter;
         waiter = waiter->next)
        if (waiter->slot == slot)
            pthread_cond_signal(&waiter->woken);
}

void ticker_tick(struct ticker *ticker, sluice_text thing) {
    size_t slot = slot_of(thing);
    pthread_mutex_lock(&ticker->lock);
    ticker->versions[slot]++;
    wake(ticker, slot);
    if (slot != SLOTS) {
        ticker->versions[SLOTS]++;
        wake(ticker, SLOTS);
    }
    pthread_mutex_unlock(&ticker->lock);
}

void ticker_stop(struct ticker *ticker) {
    pthread_mutex_lock(&ticker->lock);
    ticker->stopped = true;
    for (struct waiter *waiter = ticker->waiters; waiter; waiter = waiter->next)
        pthread_cond_signal(&waiter->woken);
    pthread_mutex_unlock(&ticker->lock);
}

static struct timespec until(uint32_t wait_ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + (int64_t)(wait_ms % 1000) * 1000000;
    at.tv_sec += wait_ms / 1000 + ns / 1000000000;
    at.tv_nsec = ns % 1000000000;
    return at;
}

static void open_waiter(struct ticker *ticker, struct waiter *waiter) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter->woken, &attributes);
    pthread_condattr_destroy(&attributes);
    waiter->next = ticker->waiters;
    ticker->waiters = waiter;
    ticker->waiting[waiter->slot]++;
}

static void close_waiter(struct ticker *ticker, struct waiter *waiter) {
    struct waiter **at = &ticker->waiters;
    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    ticker->waiting[waiter->slot]--;
    pthread_cond_destroy(&waiter->woken);
}

int ticker_wait(struct ticker *ticker, sluice_text thing, uint64_t *version, uint32_t wait_ms,
                sluice_error *error) {
    struct waiter waiter = {.slot = slot_of(thing)};
    const uint64_t *now = &ticker->versions[waiter.slot];
    struct timespec end = until(wait_ms);
    int over = 0;
    pthread_mutex_lock(&ticker->lock);
    open_waiter(ticker, &waiter);
    while (*now == *version && !ticker->stopped && !over)
        over = pthread_cond_timedwait(&waiter.woken, &ticker->lock, &end);
    close_waiter(ticker, &waiter);
    bool stopped = ticker->stopped, same = *now == *version;
    *version = *now;
    pthread_mutex_unlock(&ticker->lock);
    if (stopped)
        return fail(error, SLUICE_E_BUSY, "the service is stopping");
    return same;
}
