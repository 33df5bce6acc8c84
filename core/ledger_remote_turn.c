/* Transactions of a ledger on Postgres: alone, durable, and known to have happened or not. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "ledger_remote.h"

enum { RESOLVE_LEASES = 2, PAUSE_MS = 200, GATE_MS = 30000 };

/* ---- what is asked again ------------------------------------------------------------------- */

static bool same(const struct pg_command *a, const struct pg_command *b) {
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++)
        if (!a->values[i] != !b->values[i] || (a->values[i] && strcmp(a->values[i], b->values[i]) != 0))
            return false;
    return true;
}

static void clear_memo(struct remote *remote, struct remote_memo *memo) {
    remote->link.pq->PQclear(memo->result);
    memo->result = NULL;
}

static void drop_memo(struct remote *remote, struct remote_memo *memo) {
    clear_memo(remote, memo);
    free(memo->texts);
    *memo = (struct remote_memo){0};
}

/* Texts only; statements with bytes in them aren't of this kind. */
void remote_remember(struct remote *remote, struct query *query) {
    struct remote_memo *memo = &remote->memos[remote->next_memo++ % REMOTE_MEMOS];
    size_t size = 0;
    drop_memo(remote, memo);
    for (int i = 0; i < query->command.count; i++)
        size += query->command.values[i] ? strlen(query->command.values[i]) + 1 : 0;
    char *at = memo->texts = malloc(size + 1);
    if (!at)
        return;
    memo->which = query->which;
    memo->command.sql = query->command.sql;
    memo->command.count = query->command.count;
    memo->used = true;
    memo->result = query->result; /* should the same be asked once more in this transaction */
    query->shared = true;
    for (int i = 0; i < query->command.count; i++)
        if (query->command.values[i]) {
            memo->command.values[i] = at;
            at = stpcpy(at, query->command.values[i]) + 1;
        }
}

struct remote_memo *remote_recall(struct remote *remote, const struct query *query) {
    for (size_t i = 0; remote->open && i < REMOTE_MEMOS; i++) {
        struct remote_memo *memo = &remote->memos[i];
        if (memo->result && memo->which == query->which && same(&memo->command, &query->command)) {
            memo->used = true;
            return memo;
        }
    }
    return NULL;
}

static void forget(struct remote *remote, enum ledger_statement which) {
    for (size_t i = 0; i < REMOTE_MEMOS; i++)
        if (remote->memos[i].which == which)
            clear_memo(remote, &remote->memos[i]);
}

void remote_wrote(struct remote *remote, const struct query *query) {
    switch (query->which) {
    case STATEMENT_SETTING_WRITE:
        forget(remote, STATEMENT_SETTING_READ);
        break;
    case STATEMENT_ACCOUNT_ADD:
        forget(remote, STATEMENT_ACCOUNT_FIND);
        break;
    case STATEMENT_TOTAL_ADD:
        forget(remote, STATEMENT_ACCOUNT_COUNTED);
        forget(remote, STATEMENT_DAY_COUNTED);
        break;
    case STATEMENT_ORDER_PLACE:
    case STATEMENT_ORDER_SETTLE: /* $5 is its order id */
        remote_ahead_given(remote, query->command.values[4]);
        /* fall through */
    case STATEMENT_ORDER_CLAIM:
    case STATEMENT_ORDER_SEND:
    case STATEMENT_ORDER_CLOSE:
    case STATEMENT_ORDER_REFUND:
        remote_ahead_changed(remote, strtoll(query->command.values[0], NULL, 10));
        break;
    case STATEMENT_ORDER_ADD_FOREIGN: /* $1 is its key, $11 its order id */
        remote_ahead_added(remote, query->command.values[0], query->command.values[10]);
        break;
    default:
        break;
    }
}

/* What wasn't needed this time won't be the next time either. */
static void end_memos(struct remote *remote) {
    for (size_t i = 0; i < REMOTE_MEMOS; i++)
        if (remote->memos[i].used)
            clear_memo(remote, &remote->memos[i]);
        else
            drop_memo(remote, &remote->memos[i]);
}

static int send_memos(struct remote *remote, sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; !failed && i < REMOTE_MEMOS; i++) {
        struct remote_memo *memo = &remote->memos[i];
        memo->used = false;
        if (memo->which)
            failed = pg_link_send(&remote->link, &memo->command, &memo->result, error);
    }
    return failed;
}

/* ---- begin --------------------------------------------------------------------------------- */

static int send(struct remote *remote, const char *sql, PGresult **slot, sluice_error *error) {
    return pg_link_send(&remote->link, &(struct pg_command){.sql = sql}, slot, error);
}

/* The settings hold for this transaction only, so that a pooler's other clients don't get them. A program
 * that is stopped between two round trips doesn't keep the others waiting for longer than REMOTE_PATIENCE_MS;
 * in the middle of one the server counts no time: see remote_free_gate. It doesn't ask for READ WRITE: a
 * database that is read-only by default has a full disk, and what is paid then couldn't be written down. */
static int send_opening(struct remote *remote, sluice_error *error) {
    int failed = send(remote, "BEGIN ISOLATION LEVEL READ COMMITTED", NULL, error);
    if (!failed)
        failed = send(
            remote,
            "SELECT set_config('synchronous_commit', 'on', true),"
            " set_config('lock_timeout', '5s', true), set_config('statement_timeout', '60s', true),"
            " set_config('idle_in_transaction_session_timeout', '10s', true), set_config('jit', 'off', true)",
            NULL, error);
    return failed ? failed : send(remote, "SELECT 1 FROM sluice.gate FOR UPDATE", NULL, error);
}

struct opening {
    PGresult *own; /* the row of this handle's run */
    char run[24], token[24], turn[24], last[24];
};

/* A database that has lost what it had acknowledged (a replica took over, a backup was restored) doesn't know
 * the last transaction: nothing may be bought on it. */
static int send_own(struct remote *remote, struct opening *opening, sluice_error *error) {
    snprintf(opening->run, sizeof opening->run, "%" PRId64, remote->run);
    snprintf(opening->token, sizeof opening->token, "%" PRId64, remote->token);
    snprintf(opening->last, sizeof opening->last, "%" PRId64, remote->turn);
    snprintf(opening->turn, sizeof opening->turn, "%" PRId64, remote->turn + 1);
    const struct pg_command command = {
        .sql = "UPDATE sluice.runs SET turn = $2 WHERE id = $1 AND token = $3 AND turn = $4"
               " RETURNING (ended_ms IS NULL AND expires > clock_timestamp())::integer",
        .count = 4,
        .values = {opening->run, opening->turn, opening->token, opening->last}};
    return remote->run ? pg_link_send(&remote->link, &command, &opening->own, error) : 0;
}

static int open_once(struct remote *remote, sluice_error *error) {
    struct opening opening = {0};
    int failed = pg_link_connect(&remote->link, REMOTE_CONNECT_MS, error);
    if (!failed)
        failed = send_opening(remote, error);
    if (!failed)
        failed = send_own(remote, &opening, error);
    if (!failed)
        failed = send_memos(remote, error);
    if (!failed)
        failed = remote_ahead_send(remote, error);
    if (!failed)
        failed = pg_link_sync(&remote->link, error);
    if (!failed) {
        remote->fenced = remote->run && !pg_link_int(&remote->link, opening.own, 0, 0);
        remote->link.pq->PQclear(opening.own);
        return 0;
    }
    if (remote->link.connection)
        pg_link_drop(&remote->link); /* whatever of it has begun is over */
    return failed;
}

static void pause_ms(int64_t ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* A turn of another run may take long when it begins, so the gate is waited for longer than the network. */
int remote_begin(struct remote *remote, sluice_error *error) {
    int64_t patience_ms = remote->lease_ms < REMOTE_PATIENCE_MS ? remote->lease_ms : REMOTE_PATIENCE_MS;
    int64_t began_us = clock_us();
    sluice_error why = ERROR_INIT;
    int failed;
    while ((failed = open_once(remote, &why)) && remote->link.passing) {
        bool busy = failed == SLUICE_E_BUSY;
        if (clock_us() - began_us >= 1000 * (busy ? GATE_MS : patience_ms))
            break;
        if (busy)
            remote_free_gate(remote);
        pause_ms(PAUSE_MS);
    }
    if (failed)
        return fail(error, failed, "%s", why.text);
    remote->open = true;
    return remote_ahead_take(remote, error);
}

/* ---- end ----------------------------------------------------------------------------------- */

static void end(struct remote *remote) {
    remote->open = false;
    remote->fenced = false;
    end_memos(remote);
    remote_ahead_forget(remote);
}

/* Which is the last transaction of this run that has happened? The gate is free only when the server has done
 * with the connection that was lost. */
static int read_turn(struct remote *remote, int64_t *turn, sluice_error *error) {
    struct opening opening;
    PGresult *row = NULL;
    snprintf(opening.run, sizeof opening.run, "%" PRId64, remote->run);
    const struct pg_command command = {
        .sql = "SELECT turn FROM sluice.runs WHERE id = $1", .count = 1, .values = {opening.run}};
    pg_link_drop(&remote->link);
    int failed = pg_link_connect(&remote->link, REMOTE_CONNECT_MS, error);
    if (!failed)
        failed = send_opening(remote, error);
    if (!failed)
        failed = pg_link_send(&remote->link, &command, &row, error);
    if (!failed)
        failed = send(remote, "ROLLBACK", NULL, error);
    if (!failed)
        failed = pg_link_sync(&remote->link, error);
    *turn = failed ? 0 : pg_link_int(&remote->link, row, 0, 0);
    if (!failed)
        remote->link.pq->PQclear(row);
    return failed;
}

#define UNKNOWN "whether the last change is in the ledger isn't known"

/* The connection was lost before the answer to COMMIT came. Nothing may be done before it is known. */
static int resolve(struct remote *remote, int failure, sluice_error *why) {
    int64_t until_us = clock_us() + RESOLVE_LEASES * remote->lease_ms * 1000, turn = 0;
    sluice_error ignored = ERROR_INIT;
    int failed;
    if (!remote->run) {
        remote->link.passing = false; /* nothing tells whether it is to be tried again */
        fail_within(why, UNKNOWN);
        return failure;
    }
    while ((failed = read_turn(remote, &turn, &ignored)) && clock_us() < until_us)
        pause_ms(PAUSE_MS);
    if (!failed && turn == remote->turn + 1)
        return 0;
    remote->link.passing = !failed; /* it didn't happen, and may be tried again */
    if (failed)
        fail_within(why, UNKNOWN);
    return failure;
}

int remote_commit(struct remote *remote, sluice_error *error) {
    sluice_error why = ERROR_INIT;
    PGresult *alive = NULL;
    /* COMMIT of a transaction that has failed before rolls it back, and says nothing: a question fails. */
    int failed = send(remote, "SELECT 1", &alive, &why);
    if (!failed)
        failed = send(remote, "COMMIT", NULL, &why);
    bool sent = !failed;
    if (!failed)
        failed = pg_link_sync(&remote->link, &why);
    if (failed && sent && remote->link.lost)
        failed = resolve(remote, failed, &why);
    remote->link.pq->PQclear(alive);
    if (failed)
        return fail(error, failed, "%s", why.text);
    remote->turn += remote->run != 0;
    end(remote);
    return 0;
}

void remote_rollback(struct remote *remote) {
    bool passing = remote->link.passing;
    if (!remote->open)
        return;
    if (remote->link.lost || send(remote, "ROLLBACK", NULL, NULL) || pg_link_sync(&remote->link, NULL))
        pg_link_drop(&remote->link);
    remote->link.passing = passing; /* of the failure that led here */
    end(remote);
}
