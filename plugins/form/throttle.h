/* throttle.h - who guesses passwords waits: each further failure of an address doubles its pause. */
#ifndef FORM_THROTTLE_H
#define FORM_THROTTLE_H

#include <pthread.h>
#include <stdint.h>

#include <sluice/base.h>

enum { THROTTLE_ADDRESSES = 256, THROTTLE_FREE = 5 };

struct attempt {
    uint64_t address; /* hashed; 0: none */
    uint32_t failures;
    int64_t until_ms, last_ms;
};

struct throttle {
    pthread_mutex_t lock;
    struct attempt attempts[THROTTLE_ADDRESSES];
};

/* Milliseconds until the address may try again; 0: now. */
int64_t throttle_wait(struct throttle *throttle, sluice_text address, int64_t now_ms);
void throttle_failed(struct throttle *throttle, sluice_text address, int64_t now_ms);
void throttle_passed(struct throttle *throttle, sluice_text address);

#endif
