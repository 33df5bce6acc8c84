#include "throttle.h"

#include <stddef.h>

#include <sluice/text.h>

enum { PAUSE_MS = 1000, PAUSE_MOST_MS = 300000, FORGET_MS = 3600000 };

static uint64_t name_of(sluice_text address) {
    uint64_t hash = text_hash(address);
    return hash ? hash : 1;
}

static struct attempt *find(struct throttle *throttle, uint64_t address) {
    for (int i = 0; i < THROTTLE_ADDRESSES; i++)
        if (throttle->attempts[i].address == address)
            return &throttle->attempts[i];
    return NULL;
}

/* The one that was heard of longest ago makes room. */
static struct attempt *find_oldest(struct throttle *throttle) {
    struct attempt *oldest = &throttle->attempts[0];
    for (int i = 1; i < THROTTLE_ADDRESSES; i++)
        if (throttle->attempts[i].last_ms < oldest->last_ms)
            oldest = &throttle->attempts[i];
    return oldest;
}

int64_t throttle_wait(struct throttle *throttle, sluice_text address, int64_t now_ms) {
    pthread_mutex_lock(&throttle->lock);
    const struct attempt *attempt = find(throttle, name_of(address));
    int64_t wait = attempt && attempt->until_ms > now_ms ? attempt->until_ms - now_ms : 0;
    pthread_mutex_unlock(&throttle->lock);
    return wait > PAUSE_MOST_MS ? PAUSE_MOST_MS : wait; /* a clock that was set back */
}

void throttle_failed(struct throttle *throttle, sluice_text address, int64_t now_ms) {
    uint64_t name = name_of(address);
    pthread_mutex_lock(&throttle->lock);
    struct attempt *attempt = find(throttle, name);
    if (!attempt) {
        attempt = find_oldest(throttle);
        *attempt = (struct attempt){.address = name};
    }
    if (now_ms - attempt->last_ms > FORGET_MS)
        attempt->failures = 0;
    attempt->failures++;
    attempt->last_ms = now_ms;
    if (attempt->failures >= THROTTLE_FREE) {
        uint32_t doublings = attempt->failures - THROTTLE_FREE;
        int64_t pause = doublings > 9 ? PAUSE_MOST_MS : (int64_t)PAUSE_MS << doublings;
        attempt->until_ms = now_ms + (pause > PAUSE_MOST_MS ? PAUSE_MOST_MS : pause);
    }
    pthread_mutex_unlock(&throttle->lock);
}

void throttle_passed(struct throttle *throttle, sluice_text address) {
    pthread_mutex_lock(&throttle->lock);
    struct attempt *attempt = find(throttle, name_of(address));
    if (attempt)
        *attempt = (struct attempt){0};
    pthread_mutex_unlock(&throttle->lock);
}
