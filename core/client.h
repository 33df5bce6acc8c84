/* client.h - free calls, one after the other: catalogue, balance, pages of a source. Blocking; one thread.
 *
 * Retries what may be retried (policy.h) and follows `more`. It can't send a PAID call: that is checked
 * here, whatever the plugin says. */
#ifndef CORE_CLIENT_H
#define CORE_CLIENT_H

#include <stdatomic.h>
#include <stdint.h>

#include "exchange.h"
#include "limit.h"
#include "pipeline.h"

struct client {
    struct instance *instance;
    struct http *http;
    struct limit limit;
    struct traffic *traffic; /* of the account */
    struct call call;
    atomic_bool *stop;      /* set by another thread: give up between attempts */
    int64_t pause_most_ms;  /* before another try; POLICY_WAIT_MOST_MS unless a test has no time */
    int64_t date_offset_ms; /* provider's clock minus ours, from the last Date header */
    bool has_date;
    /* Of the calls to come: the rows that they are about, how far back a list must reach. */
    const sluice_row *rows;
    uint32_t row_count;
    int64_t since_ms;
    bool done; /* of the call under way */
    struct http_result result;
    char content_type[128], redirect[512];
};

int client_open(struct client *client, struct instance *instance, const struct limits *limits,
                atomic_bool *stop, sluice_error *error);
void client_close(struct client *client);
/* One op to its end, results through `results`. */
int client_run(struct client *client, uint32_t op, const struct call_results *results, sluice_error *error);

/* The LOGIN call, when a build wants one. */
int client_log_in(struct client *client, sluice_error *error);
/* The same for whoever has no client: none of the instance's calls may be in flight. */
int client_log_in_once(struct instance *instance, const struct limits *limits, atomic_bool *stop,
                       sluice_error *error);

/* The failure of a build that wants a log-in right after one. */
int client_login_twice(const struct instance *instance, sluice_error *error);

/* CONFIG when this machine's clock is more than five minutes off from the provider's, as the last reply told
 * it: what is decided by the time an order was sent would be decided wrongly. */
int client_check_clock(const struct client *client, sluice_error *error);

#endif
