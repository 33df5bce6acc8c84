/* traffic.h - what all runs of the process have to do with one account of a provider: how many calls are in
 * flight, how long they took, and whether it was reached. Thread-safe; kept until the process ends. */
#ifndef CORE_TRAFFIC_H
#define CORE_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/exchange.h>

#include "http_result.h"
#include "limit.h"

enum { TRAFFIC_BUCKETS = 12, TRAFFIC_OUTCOMES = 6 };

/* Upper bounds of the buckets, in milliseconds; slower calls are in the sum only. */
extern const int64_t traffic_bounds_ms[TRAFFIC_BUCKETS];

struct traffic_report {
    const char *provider, *account;
    unsigned in_flight;
    uint64_t outcomes[TRAFFIC_OUTCOMES]; /* by enum http_outcome */
    uint64_t buckets[TRAFFIC_BUCKETS];   /* calls that took at most so long */
    uint64_t calls;
    int64_t sum_us;
    bool reached;    /* the last call brought a reply */
    int64_t seen_ms; /* when it ended; 0: there was none yet */
    char text[256];  /* why not */
};

struct traffic;

/* The account of an endpoint; the limit counts together with all others on it. NULL: no memory, then the
 * limit counts alone. */
struct traffic *traffic_join(struct limit *limit, const sluice_endpoint *endpoint, int64_t slots);
/* A call is over. NULL: nothing. */
void traffic_note(struct traffic *traffic, const struct http_result *result);
/* All accounts so far, in the order of their first use. */
void traffic_each(void (*each)(void *user, const struct traffic_report *report), void *user);

#endif
