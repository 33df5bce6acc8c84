#include "traffic.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "clock.h"
#include "text.h"

const int64_t traffic_bounds_ms[TRAFFIC_BUCKETS] = {5,   10,   25,   50,    100,   250,
                                                    500, 1000, 2500, 10000, 30000, 60000};

struct traffic {
    struct traffic *next;
    struct limit_pool pool;
    pthread_mutex_t lock; /* of the report */
    struct traffic_report report;
    char provider[128], account[256];
};

/* Found again by each run; never taken away, so that a service's counts go on from run to run. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct traffic *accounts;

static struct traffic *add(struct traffic **last, sluice_text provider, sluice_text account) {
    struct traffic *traffic = calloc(1, sizeof *traffic);
    if (!traffic)
        return NULL;
    snprintf(traffic->provider, sizeof traffic->provider, "%.*s", TEXT_ARG(provider));
    snprintf(traffic->account, sizeof traffic->account, "%.*s", TEXT_ARG(account));
    traffic->report = (struct traffic_report){.provider = traffic->provider, .account = traffic->account};
    limit_pool_init(&traffic->pool);
    pthread_mutex_init(&traffic->lock, NULL);
    *last = traffic;
    return traffic;
}

/* Names longer than what is kept are compared as far as they are. */
static bool is(const struct traffic *traffic, sluice_text provider, sluice_text account) {
    return text_is((sluice_text){provider.ptr, provider.len < 127 ? provider.len : 127}, traffic->provider) &&
           text_is((sluice_text){account.ptr, account.len < 255 ? account.len : 255}, traffic->account);
}

static struct traffic *find(sluice_text provider, sluice_text account) {
    struct traffic **at = &accounts;
    pthread_mutex_lock(&lock);
    while (*at && !is(*at, provider, account))
        at = &(*at)->next;
    struct traffic *traffic = *at ? *at : add(at, provider, account);
    pthread_mutex_unlock(&lock);
    return traffic;
}

struct traffic *traffic_join(struct limit *limit, const sluice_endpoint *endpoint, int64_t slots) {
    sluice_arena arena = {.step = 256};
    sluice_text account = account_name(&arena, endpoint);
    struct traffic *traffic = account.ptr ? find(endpoint->provider, account) : NULL;
    arena_free(&arena);
    if (traffic)
        limit_join(limit, &traffic->pool, (unsigned)slots);
    return traffic;
}

void traffic_note(struct traffic *traffic, const struct http_result *result) {
    if (!traffic)
        return;
    struct traffic_report *report = &traffic->report;
    pthread_mutex_lock(&traffic->lock);
    report->calls++;
    report->sum_us += result->elapsed_us;
    if ((unsigned)result->outcome < TRAFFIC_OUTCOMES)
        report->outcomes[result->outcome]++;
    for (size_t i = 0; i < TRAFFIC_BUCKETS; i++)
        report->buckets[i] += result->elapsed_us <= traffic_bounds_ms[i] * 1000;
    report->reached = result->outcome == HTTP_REPLIED && result->status < 500;
    report->seen_ms = clock_wall_ms();
    if (result->outcome == HTTP_REPLIED && !report->reached)
        snprintf(report->text, sizeof report->text, "HTTP %d", result->status);
    else
        snprintf(report->text, sizeof report->text, "%s", result->text);
    pthread_mutex_unlock(&traffic->lock);
}

static void copy(struct traffic *traffic, struct traffic_report *out) {
    pthread_mutex_lock(&traffic->lock);
    *out = traffic->report;
    pthread_mutex_unlock(&traffic->lock);
    pthread_mutex_lock(&traffic->pool.lock);
    out->in_flight = traffic->pool.in_flight;
    pthread_mutex_unlock(&traffic->pool.lock);
}

void traffic_each(void (*each)(void *user, const struct traffic_report *report), void *user) {
    pthread_mutex_lock(&lock);
    struct traffic *traffic = accounts;
    pthread_mutex_unlock(&lock);
    while (traffic) {
        struct traffic_report report;
        copy(traffic, &report);
        each(user, &report);
        pthread_mutex_lock(&lock);
        traffic = traffic->next;
        pthread_mutex_unlock(&lock);
    }
}
