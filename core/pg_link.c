#include "pg_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "pg_fault.h"
#include "stand_in.h"

enum { ANSWER_MS = 60000 };

static void ignore_notice(void *user, const char *message) {
    (void)user, (void)message; /* "relation already exists, skipping" says nothing to a user */
}

/* ---- connecting --------------------------------------------------------------------------- */

static const char *part(const PQconninfoOption *address, const char *keyword, const char *otherwise) {
    for (; address->keyword; address++)
        if (strcmp(address->keyword, keyword) == 0 && address->val && *address->val)
            return address->val;
    return otherwise;
}

/* By a '/' or '@' of a password that isn't percent-encoded: what libpq takes for the host, the port or the
 * database is a part of it then. */
static bool is_torn(const PQconninfoOption *address) {
    const char *port = part(address, "port", "");
    return strchr(part(address, "host", ""), '@') || strchr(part(address, "dbname", ""), '@') ||
           port[strspn(port, "0123456789,")];
}

/* Names host and port; the rest of the address is secret. */
int pg_link_init(struct pg_link *link, const char *uri, sluice_error *error) {
    char *problem = NULL;
    *link = (struct pg_link){.pq = pq_library(error), .uri = uri, .answer_ms = ANSWER_MS};
    if (!link->pq)
        return SLUICE_E_UNAVAILABLE;
    PQconninfoOption *address = link->pq->PQconninfoParse(uri, &problem);
    link->pq->PQfreemem(problem); /* it may repeat the password */
    int failed =
        address && !is_torn(address)
            ? 0
            : fail(error, SLUICE_E_CONFIG,
                   "state.ledger isn't an address of a Postgres database; it looks like "
                   "postgresql://USER:PASSWORD@HOST:5432/postgres, with special characters of the password "
                   "percent-encoded");
    if (!failed)
        snprintf(link->server, sizeof link->server, "the ledger on Postgres at %.120s:%.20s",
                 part(address, "host", ""), part(address, "port", "5432"));
    link->pq->PQconninfoFree(address);
    return failed;
}

/* False: not within the time. */
static bool wait_for(const struct pg_link *link, short events, int64_t until_us) {
    struct pollfd fd = {.fd = link->pq->PQsocket(link->connection), .events = events};
    for (;;) {
        int64_t left_us = until_us - clock_us();
        if (left_us <= 0)
            return false;
        int ready = poll(&fd, 1, (int)(left_us / 1000) + 1);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

static int poll_connection(struct pg_link *link, int64_t until_us, sluice_error *error) {
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK) {
        if (!wait_for(link, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_us)) {
            link->passing = true;
            return fail(error, SLUICE_E_UNAVAILABLE, "%s doesn't answer", link->server);
        }
        status = link->pq->PQconnectPoll(link->connection);
        if (status == PGRES_POLLING_FAILED)
            return pg_fault_connecting(link, error);
    }
    return 0;
}

int pg_link_connect(struct pg_link *link, int64_t wait_ms, sluice_error *error) {
    /* The answer to a renewed lease must not wait for a kernel that retransmits for a quarter of an hour. */
    static const char *const names[] = {"dbname",
                                        "application_name",
                                        "client_encoding",
                                        "keepalives_idle",
                                        "keepalives_interval",
                                        "tcp_user_timeout",
                                        NULL};
    const char *const values[] = {link->uri, "sluice", "UTF8", "10", "5", "20000", NULL};
    if (link->connection && !link->lost)
        return 0;
    pg_link_drop(link);
    if (stand_in())
        return fail(error, SLUICE_E_UNAVAILABLE, "%s: the network isn't asked in a test", link->server);
    link->connection = link->pq->PQconnectStartParams(names, values, 1);
    if (!link->connection)
        return fail_memory(error);
    int failed = link->pq->PQstatus(link->connection) == CONNECTION_BAD
                     ? pg_fault_connecting(link, error)
                     : poll_connection(link, clock_us() + wait_ms * 1000, error);
    if (!failed &&
        (link->pq->PQsetnonblocking(link->connection, 1) || !link->pq->PQenterPipelineMode(link->connection)))
        failed = fail(error, SLUICE_E_UNAVAILABLE, "%s: the connection can't be set up", link->server);
    if (failed) {
        pg_link_drop(link);
        return failed;
    }
    link->pq->PQsetNoticeProcessor(link->connection, ignore_notice, NULL);
    link->lost = false;
    return 0;
}

void pg_link_drop(struct pg_link *link) {
    if (link->connection)
        link->pq->PQfinish(link->connection);
    link->connection = NULL;
    link->count = 0;
}

void pg_link_close(struct pg_link *link) {
    pg_link_drop(link);
    free(link->slots);
    link->slots = NULL;
    link->room = 0;
}

/* ---- commands ------------------------------------------------------------------------------ */

static int lose(struct pg_link *link, sluice_error *error) {
    link->lost = link->passing = true;
    return pg_fault_lost(link, error);
}

static int add_slot(struct pg_link *link, PGresult **slot, sluice_error *error) {
    if (link->count == link->room) {
        size_t room = link->room ? 2 * link->room : 64;
        PGresult ***slots = realloc(link->slots, room * sizeof *slots);
        if (!slots)
            return fail_memory(error);
        link->slots = slots;
        link->room = room;
    }
    link->slots[link->count++] = slot;
    if (slot)
        *slot = NULL;
    return 0;
}

int pg_link_send(struct pg_link *link, const struct pg_command *command, PGresult **slot,
                 sluice_error *error) {
    if (!link->connection || link->lost)
        return lose(link, error);
    int failed = add_slot(link, slot, error);
    if (failed)
        return failed;
    if (!link->pq->PQsendQueryParams(link->connection, command->sql, command->count, NULL, command->values,
                                     command->lengths, command->binary, 0))
        return lose(link, error);
    return 0;
}

/* Write what waits and read what comes. */
static int exchange(struct pg_link *link, int64_t until_us, sluice_error *error) {
    int unsent = link->pq->PQflush(link->connection);
    if (unsent < 0)
        return lose(link, error);
    if (!link->pq->PQisBusy(link->connection))
        return 0;
    if (!wait_for(link, (short)(unsent ? POLLIN | POLLOUT : POLLIN), until_us) ||
        !link->pq->PQconsumeInput(link->connection))
        return lose(link, error);
    return 0;
}

/* One result or the NULL behind those of a command. */
static int next_result(struct pg_link *link, int64_t until_us, PGresult **out, sluice_error *error) {
    int failed = 0;
    do {
        failed = exchange(link, until_us, error);
    } while (!failed && link->pq->PQisBusy(link->connection));
    *out = failed ? NULL : link->pq->PQgetResult(link->connection);
    return failed;
}

static void clear_slots(struct pg_link *link) {
    for (size_t i = 0; i < link->count; i++)
        if (link->slots[i]) {
            link->pq->PQclear(*link->slots[i]);
            *link->slots[i] = NULL;
        }
}

/* Keep a result that somebody wants. Failed: the first failure of the batch. */
static int take(struct pg_link *link, size_t command, PGresult *result, sluice_error *error) {
    switch (link->pq->PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        if (command < link->count && link->slots[command] && !*link->slots[command]) {
            *link->slots[command] = result;
            return 0;
        }
        break;
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_ABORTED: /* the command that failed has said why */
        break;
    default: {
        int failed = link->pq->PQresultErrorField(result, PG_DIAG_SQLSTATE)
                         ? pg_fault_command(link, result, error)
                         : lose(link, error);
        link->pq->PQclear(result);
        return failed;
    }
    }
    link->pq->PQclear(result);
    return 0;
}

static int read_results(struct pg_link *link, sluice_error *error) {
    int64_t until_us = clock_us() + link->answer_ms * 1000;
    size_t command = 0;
    PGresult *result;
    sluice_error ignored = ERROR_INIT;
    int failed = 0;
    for (;;) {
        int lost = next_result(link, until_us, &result, failed ? &ignored : error);
        if (lost)
            return failed ? failed : lost;
        if (!result) {
            command++;
        } else if (link->pq->PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            link->pq->PQclear(result);
            return failed;
        } else {
            int wrong = take(link, command, result, failed ? &ignored : error);
            failed = failed ? failed : wrong;
        }
        if (link->pq->PQstatus(link->connection) == CONNECTION_BAD) {
            link->lost = true;
            return failed ? failed : lose(link, error);
        }
    }
}

int pg_link_sync(struct pg_link *link, sluice_error *error) {
    sluice_error why = ERROR_INIT; /* the caller may not want to know */
    int failed = 0;
    if (!link->connection || link->lost || !link->pq->PQpipelineSync(link->connection))
        failed = lose(link, &why);
    if (!failed)
        failed = read_results(link, &why);
    if (failed) {
        clear_slots(link);
        fail(error, why.code, "%s", why.text);
    }
    link->count = 0;
    return failed;
}

int pg_link_ask(struct pg_link *link, const struct pg_command *command, PGresult **out, sluice_error *error) {
    int failed = pg_link_send(link, command, out, error);
    return failed ? failed : pg_link_sync(link, error);
}

int64_t pg_link_int(const struct pg_link *link, const PGresult *result, int row, int column) {
    if (!result || row >= link->pq->PQntuples(result) || column >= link->pq->PQnfields(result) ||
        link->pq->PQgetisnull(result, row, column))
        return 0;
    const char *text = link->pq->PQgetvalue(result, row, column);
    return strcmp(text, "t") == 0 ? 1 : strtoll(text, NULL, 10);
}
