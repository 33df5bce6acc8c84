#include "lease_keeper.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pg_link.h"

enum { AGAIN_PART = 20 }; /* of a lease: the pause after an attempt that failed */

struct lease_keeper {
    struct lease lease;
    struct pg_link link;
    char *uri;
    char run[24], token[24], length[24];
    int64_t asked_us;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    bool warned;
};

/* One that is over by the database's clock isn't renewed: somebody may be about to take the run's orders. */
static const char renewal[] =
    "UPDATE sluice.runs SET expires = clock_timestamp() + $3::bigint * interval '1 ms'"
    " WHERE id = $1 AND token = $2 AND ended_ms IS NULL AND expires > clock_timestamp() RETURNING id";

static int renew(struct lease_keeper *keeper, bool *ours, sluice_error *error) {
    const struct pg_command command = {
        .sql = renewal, .count = 3, .values = {keeper->run, keeper->token, keeper->length}};
    PGresult *row = NULL;
    int failed = pg_link_connect(&keeper->link, keeper->lease.length_ms / 3, error);
    int64_t asked_us = lease_now_us();
    if (!failed)
        failed = pg_link_ask(&keeper->link, &command, &row, error);
    *ours = !failed && keeper->link.pq->PQntuples(row) == 1;
    if (!failed)
        keeper->link.pq->PQclear(row);
    if (*ours && lease_renew(&keeper->lease, asked_us, lease_now_us()))
        keeper->asked_us = asked_us;
    else if (!failed)
        lease_end(&keeper->lease);
    return failed;
}

static void warn(struct lease_keeper *keeper, int failed, const sluice_error *error) {
    if (failed && !keeper->warned)
        log_line(SLUICE_LOG_WARN, "ledger", "%s; nothing more is ordered when it stays so", error->text);
    if (!failed && keeper->warned)
        log_line(SLUICE_LOG_INFO, "ledger", "%s answers again", keeper->link.server);
    keeper->warned = failed != 0;
}

/* False: it is time to end. */
static bool wait_until(struct lease_keeper *keeper, int64_t due_us) {
    int64_t left_ms = (due_us - lease_now_us()) / 1000;
    struct timespec until = clock_deadline(left_ms > 0 ? left_ms : 0);
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->stopping && !pthread_cond_timedwait(&keeper->wake, &keeper->lock, &until))
        ;
    bool goes_on = !keeper->stopping;
    pthread_mutex_unlock(&keeper->lock);
    return goes_on;
}

static void *keep(void *user) {
    struct lease_keeper *keeper = user;
    int64_t length_ms = keeper->lease.length_ms;
    int64_t due_us = lease_renewal_us(keeper->asked_us, length_ms);
    while (wait_until(keeper, due_us) && lease_holds(&keeper->lease, lease_now_us())) {
        sluice_error error = ERROR_INIT;
        bool ours;
        int failed = renew(keeper, &ours, &error);
        warn(keeper, failed, &error);
        due_us = failed ? lease_now_us() + length_ms * 1000 / AGAIN_PART
                        : lease_renewal_us(keeper->asked_us, length_ms);
    }
    return NULL;
}

static void release(struct lease_keeper *keeper) {
    if (keeper->link.pq)
        pg_link_close(&keeper->link);
    pthread_cond_destroy(&keeper->wake);
    pthread_mutex_destroy(&keeper->lock);
    explicit_bzero(keeper->uri, strlen(keeper->uri));
    free(keeper->uri);
    free(keeper);
}

int lease_keeper_start(const char *uri, int64_t run, int64_t token, int64_t length_ms, int64_t asked_us,
                       struct lease_keeper **out, sluice_error *error) {
    struct lease_keeper *keeper = calloc(1, sizeof *keeper);
    pthread_condattr_t monotonic;
    if (!keeper || !(keeper->uri = strdup(uri))) {
        free(keeper);
        return fail_memory(error);
    }
    snprintf(keeper->run, sizeof keeper->run, "%" PRId64, run);
    snprintf(keeper->token, sizeof keeper->token, "%" PRId64, token);
    snprintf(keeper->length, sizeof keeper->length, "%" PRId64, length_ms);
    keeper->asked_us = asked_us;
    lease_begin(&keeper->lease, length_ms, asked_us);
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed = pg_link_init(&keeper->link, keeper->uri, error);
    keeper->link.answer_ms = length_ms / 3;
    if (!failed && pthread_create(&keeper->thread, NULL, keep, keeper))
        failed = fail(error, SLUICE_E_IO, "no thread can be started for the lease");
    if (failed) {
        release(keeper);
        return failed;
    }
    *out = keeper;
    return 0;
}

struct lease *lease_keeper_lease(struct lease_keeper *keeper) {
    return &keeper->lease;
}

void lease_keeper_stop(struct lease_keeper *keeper) {
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->stopping = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    release(keeper);
}
