/* policy.h - what to do with a call that didn't end in a reply of the API. Pure. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "http_result.h"

enum policy_action {
    POLICY_PARSE,   /* give the reply to the plugin */
    POLICY_RETRY,   /* a free call: again after policy_delay_ms */
    POLICY_RELEASE, /* a paid call of which no byte left: it may be claimed again */
    POLICY_DOUBT,   /* a paid call that may have reached the provider */
    POLICY_FAIL     /* a free call, retried enough or not worth it */
};

enum { POLICY_ATTEMPTS = 5, POLICY_WAIT_MOST_MS = 10 * 60 * 1000 };

/* 5xx, 408, 425, 429: the body isn't a reply of the API, and another attempt may bring one. */
bool policy_asks_again(int status);
/* Such replies to a free call are retried; so are broken connections and time-outs; not when the
 * server asks for a longer wait than anybody expects of a run that hasn't begun. A free call that is
 * redirected fails: the base URL is wrong. A paid call with any complete reply is parsed, whatever its
 * status: the plugin says what the body means. `attempt` counts from 1. */
enum policy_action policy_for(bool paid, const struct http_result *result, unsigned attempt);
/* Exponential with jitter: up to 0.5 s, 1, 2, 4 … 60 s, at least half of that, never before Retry-After.
 * `seed` makes the jitter; the same seed gives the same delay. None behind a stand-in (stand_in.h). */
int64_t policy_delay_ms(const struct http_result *result, unsigned attempt, uint32_t seed);

#endif
