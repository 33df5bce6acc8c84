/* connection.h - one connection to Postgres, and what its errors mean.
 *
 * Only what is safe behind a pooler in transaction mode: no prepared statement, no SET that outlives a
 * transaction, no temporary table over the end of one, no start-up option. */
#ifndef SUPABASE_CONNECTION_H
#define SUPABASE_CONNECTION_H

#include <stdbool.h>

#include "pq_library.h"
#include "sql.h"

enum connection_fault {
    FAULT_NONE,
    FAULT_ROW,   /* about a value: the batch can be divided until the row is found */
    FAULT_SIZE,  /* took too long: less of it may do */
    FAULT_AGAIN, /* passing: the same once more, later */
    FAULT_FATAL  /* nothing helps but what the message says */
};

struct connection {
    const sluice_host *host;
    sluice_self *self;
    sluice_secret uri;
    const char *option;          /* that named it, for messages: "db_url" */
    PGconn *handle;              /* NULL: not connected */
    bool working;                /* in a transaction */
    enum connection_fault fault; /* of the last failure */
    char server[160];            /* host:port, for messages */
};

/* Connect; nothing when there is a connection. */
int connection_open(struct connection *connection, sluice_error *error);
void connection_close(struct connection *connection);

/* Run statements without parameters. */
int connection_run(struct connection *connection, const char *sql, sluice_error *error);
/* The same, with rows that come back; *result is the caller's to clear. NULL parameters are null. */
int connection_query(struct connection *connection, const char *sql, int count, const char *const *values,
                     PGresult **result, sluice_error *error);
/* Statements, one of which may be COPY … FROM STDIN, with its data. *rows: what the last SELECT gave. */
int connection_exchange(struct connection *connection, const char *sql, const struct sql *data,
                        PGresult **rows, sluice_error *error);
/* Statements of which the last is COPY … FROM STDIN; then its data, in pieces; then its end. What is wrong
 * with the data may be told with any of them. */
int connection_copy(struct connection *connection, const char *sql, sluice_error *error);
int connection_copy_data(struct connection *connection, const struct sql *data, sluice_error *error);
int connection_copy_end(struct connection *connection, sluice_error *error);
bool connection_is_alive(const struct connection *connection);
int connection_begin(struct connection *connection, sluice_error *error); /* nothing when in one */
int connection_commit(struct connection *connection, sluice_error *error);
/* After a failure: of a transaction that was begun nothing is kept, and the next can begin. */
void connection_give_up(struct connection *connection);

#endif
