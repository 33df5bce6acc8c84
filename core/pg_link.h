/* pg_link.h - one connection to Postgres that commands are sent over without waiting for each: they are
 * gathered, and one round trip brings all of their results.
 *
 * What is sent must be safe behind a pooler in transaction mode: nothing but unnamed statements, and nothing
 * that a session keeps. A link belongs to one thread. */
#ifndef CORE_PG_LINK_H
#define CORE_PG_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "pq_library.h"

enum { PG_PARAMETERS = 20, PG_SERVER = 200 };

struct pg_link {
    const struct pq_library *pq;
    const char *uri;        /* must live as long */
    char server[PG_SERVER]; /* "Postgres at HOST:PORT", for messages */
    PGconn *connection;     /* NULL: there is none now */
    int64_t answer_ms;      /* an answer that takes longer means that the connection is lost */
    bool lost;              /* since the last pg_link_connect; what was sent may or may not have happened */
    bool passing;           /* the last failure may be gone when it is tried again */
    PGresult ***slots;      /* where the results of the commands go that were sent; NULL: nobody wants it */
    size_t count, room;
};

/* Parameters as text, but for those that are `binary`. */
struct pg_command {
    const char *sql;
    int count;
    const char *values[PG_PARAMETERS]; /* NULL: null */
    int lengths[PG_PARAMETERS];        /* of binary ones */
    int binary[PG_PARAMETERS];
};

/* Look at the address. CONFIG: it is none. */
int pg_link_init(struct pg_link *link, const char *uri, sluice_error *error);
/* Connect, unless connected. UNAVAILABLE: not within `wait_ms`; AUTH, CONFIG: never. */
int pg_link_connect(struct pg_link *link, int64_t wait_ms, sluice_error *error);
/* Hand a command over; nothing need have left yet. Its result will be put into *slot, which may be NULL. */
int pg_link_send(struct pg_link *link, const struct pg_command *command, PGresult **slot,
                 sluice_error *error);
/* Wait for what was sent. After a failure of one command those behind it weren't run, and no slot is filled.
 */
int pg_link_sync(struct pg_link *link, sluice_error *error);
/* Send one command and wait for it. */
int pg_link_ask(struct pg_link *link, const struct pg_command *command, PGresult **out, sluice_error *error);
/* Cut the connection; what was under way is rolled back by the server. */
void pg_link_drop(struct pg_link *link);
void pg_link_close(struct pg_link *link);

/* The number in a result, 1 for true; 0 where there is none. */
int64_t pg_link_int(const struct pg_link *link, const PGresult *result, int row, int column);

#endif
