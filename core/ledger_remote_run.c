/* The lease of a run: taken with its row, kept by a thread, looked at by who wants to take its orders. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "lease_keeper.h"
#include "ledger_remote.h"
#include "run_mark.h"

/* A database that was restored from a backup may give the number of a run that still lives to another one:
 * the token tells them apart. */
static int make_token(int64_t *token, sluice_error *error) {
    if (getrandom(token, sizeof *token, 0) != sizeof *token)
        return fail(error, SLUICE_E_IO, "no random number can be had: %m");
    *token &= INT64_MAX;
    return 0;
}

int remote_run_add(struct remote *remote, int64_t run, int64_t timeout_ms, sluice_error *error) {
    char id[24], token[24], length[24], grace[24];
    int failed = make_token(&remote->token, error);
    snprintf(id, sizeof id, "%" PRId64, run);
    snprintf(token, sizeof token, "%" PRId64, remote->token);
    snprintf(length, sizeof length, "%" PRId64, remote->lease_ms);
    snprintf(grace, sizeof grace, "%" PRId64, lease_grace_ms(remote->lease_ms, timeout_ms));
    const struct pg_command command = {
        .sql = "UPDATE sluice.runs SET token = $2, grace_ms = $4,"
               " expires = clock_timestamp() + $3::bigint * interval '1 ms' WHERE id = $1",
        .count = 4,
        .values = {id, token, length, grace}};
    remote->asked_us = lease_now_us();
    return failed ? failed : pg_link_send(&remote->link, &command, NULL, error);
}

int remote_run_begun(struct remote *remote, int64_t run, sluice_error *error) {
    lease_keeper_stop(remote->keeper); /* of a run before it */
    remote->keeper = NULL;
    remote->run = run;
    remote->turn = 0;
    return lease_keeper_start(remote->uri, run, remote->token, remote->lease_ms, remote->asked_us,
                              &remote->keeper, error);
}

void remote_run_ended(struct remote *remote) {
    lease_keeper_stop(remote->keeper);
    remote->keeper = NULL;
    remote->run = 0;
}

int remote_run_has_token(struct remote *remote, int64_t run, int64_t token, bool *has, sluice_error *error) {
    char id[24], number[24];
    PGresult *row = NULL;
    snprintf(id, sizeof id, "%" PRId64, run);
    snprintf(number, sizeof number, "%" PRId64, token);
    const struct pg_command command = {.sql = "SELECT count(*) FROM sluice.runs WHERE id = $1 AND token = $2",
                                       .count = 2,
                                       .values = {id, number}};
    int failed = pg_link_ask(&remote->link, &command, &row, error);
    *has = !failed && pg_link_int(&remote->link, row, 0, 0) != 0;
    if (!failed)
        remote->link.pq->PQclear(row);
    return failed;
}

#define DEAD \
    "SELECT (coalesce(expires + grace_ms * interval '1 ms' < clock_timestamp(), true))::integer" \
    " FROM sluice.runs WHERE id = $1"

int remote_run_dead(struct remote *remote, int64_t run, bool *dead, sluice_error *error) {
    char id[24];
    PGresult *row = NULL;
    snprintf(id, sizeof id, "%" PRId64, run);
    const struct pg_command command = {
        .sql = remote->open ? DEAD " FOR UPDATE" : DEAD, .count = 1, .values = {id}};
    int failed = remote->open ? 0 : pg_link_connect(&remote->link, REMOTE_CONNECT_MS, error);
    if (!failed)
        failed = pg_link_ask(&remote->link, &command, &row, error);
    *dead = !failed && pg_link_int(&remote->link, row, 0, 0);
    if (!failed)
        remote->link.pq->PQclear(row);
    return failed;
}

/* ---- marks ----------------------------------------------------------------------------------- */

void remote_mark(const struct remote *remote) {
    const struct run_mark mark = {.run = remote->run, .token = remote->token, .turn = remote->turn};
    run_mark_write_far(remote->ledger->state_dir, remote->identity, &mark);
}

int remote_check_age(struct remote *remote, sluice_error *error) {
    const char *state_dir = remote->ledger->state_dir;
    struct run_mark mark;
    char id[24], token[24];
    PGresult *row = NULL;
    if (!run_mark_read_far(state_dir, remote->identity, &mark))
        return 0;
    snprintf(id, sizeof id, "%" PRId64, mark.run);
    snprintf(token, sizeof token, "%" PRId64, mark.token);
    const struct pg_command command = {.sql =
                                           "SELECT max(turn) FROM sluice.runs WHERE id = $1 AND token = $2",
                                       .count = 2,
                                       .values = {id, token}};
    int failed = pg_link_ask(&remote->link, &command, &row, error);
    if (failed)
        return failed;
    int64_t turn = pg_link_int(&remote->link, row, 0, 0);
    remote->link.pq->PQclear(row);
    return turn >= mark.turn
               ? 0
               : fail(error, SLUICE_E_CONFIG,
                      "%s is an older copy: run %" PRId64
                      " sent orders with it from here that it doesn't know, which could be paid again; "
                      "bring the newer one back; if it is lost (a failover to a replica that was behind, an "
                      "old "
                      "backup), remove the file %s/%s/%s on each machine that says this: from then on only "
                      "what a "
                      "store or the provider lists counts as ordered since",
                      remote->link.server, mark.run, state_dir, RUN_MARK_FOLDER, remote->identity);
}
