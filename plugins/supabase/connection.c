#include "connection.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "fault.h"

static void ignore_notice(void *user, const char *message) {
    (void)user, (void)message; /* "NOTICE: relation already exists" says nothing to a user */
}

/* ---- connecting --------------------------------------------------------------------------- */

/* Names host and port for messages; the rest of the address is secret. */
static int name_server(struct connection *connection, const char *uri, sluice_error *error) {
    PQconninfoOption *address = address_parse(uri);
    if (!address)
        return connection->host->fail(
            error, SLUICE_E_CONFIG,
            "'%s' isn't an address of a Postgres database; it looks like "
            "postgresql://USER:PASSWORD@HOST:5432/postgres, with special characters "
            "of the password percent-encoded",
            connection->option);
    snprintf(connection->server, sizeof connection->server, "%.120s:%.20s", address_part(address, "host", ""),
             address_part(address, "port", "5432"));
    pq.conninfoFree(address);
    return 0;
}

static int connect_to(struct connection *connection, const char *uri, sluice_error *error) {
    static const char *const names[] = {"dbname",
                                        "connect_timeout",
                                        "application_name",
                                        "client_encoding",
                                        "keepalives_idle",
                                        "tcp_user_timeout",
                                        NULL};
    const char *const values[] = {uri, "15", "sluice", "UTF8", "30", "60000", NULL};
    int failed = connection->server[0] ? 0 : name_server(connection, uri, error);
    if (failed)
        return failed;
    connection->handle = pq.connectdbParams(names, values, 1);
    if (!connection->handle)
        return connection->host->fail(error, SLUICE_E_IO, "out of memory");
    if (pq.status(connection->handle) == CONNECTION_OK) {
        pq.setNoticeProcessor(connection->handle, ignore_notice, NULL);
        return 0;
    }
    failed = fault_of_connecting(connection, error);
    connection_close(connection);
    return failed;
}

int connection_open(struct connection *connection, sluice_error *error) {
    const sluice_host *host = connection->host;
    int failed = connection->handle ? 0 : pq_library_load(host, error);
    if (failed || connection->handle)
        return failed;
    char uri[2048];
    failed = host->reveal(connection->uri, uri, sizeof uri, error);
    if (failed)
        return failed > 0 ? host->fail(error, SLUICE_E_CONFIG, "'%s' is empty", connection->option) : failed;
    failed = connect_to(connection, uri, error);
    explicit_bzero(uri, sizeof uri);
    return failed;
}

void connection_close(struct connection *connection) {
    if (connection->handle)
        pq.finish(connection->handle);
    connection->handle = NULL;
    connection->working = false;
}

/* ---- statements --------------------------------------------------------------------------- */

static int check(struct connection *connection, PGresult *result, sluice_error *error) {
    ExecStatusType status = result ? pq.resultStatus(result) : PGRES_FATAL_ERROR;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN)
        return 0;
    return fault_of_statement(connection, result, error);
}

int connection_run(struct connection *connection, const char *sql, sluice_error *error) {
    PGresult *result = pq.exec(connection->handle, sql);
    int failed = check(connection, result, error);
    pq.clear(result);
    return failed;
}

int connection_query(struct connection *connection, const char *sql, int count, const char *const *values,
                     PGresult **out, sluice_error *error) {
    PGresult *result = pq.execParams(connection->handle, sql, count, NULL, values, NULL, NULL, 0);
    int failed = check(connection, result, error);
    *out = failed ? NULL : result;
    if (failed)
        pq.clear(result);
    return failed;
}

static bool send_data(struct connection *connection, const struct sql *data) {
    enum { PIECE = 256 * 1024 }; /* libpq keeps a copy of what it is given */
    bool sent = true;
    for (size_t at = 0; sent && at < data->length; at += PIECE) {
        size_t left = data->length - at;
        sent = pq.putCopyData(connection->handle, data->text + at, (int)(left < PIECE ? left : PIECE)) == 1;
    }
    return sent;
}

static void send_all(struct connection *connection, const struct sql *data) {
    bool sent = data && send_data(connection, data);
    pq.putCopyEnd(connection->handle, sent ? NULL : "the data couldn't be sent");
}

static void take(PGresult **kept, PGresult *result) {
    if (*kept)
        pq.clear(*kept);
    *kept = result;
}

int connection_exchange(struct connection *connection, const char *sql, const struct sql *data,
                        PGresult **rows, sluice_error *error) {
    int failed = pq.sendQuery(connection->handle, sql) ? 0 : check(connection, NULL, error);
    bool copying = false;
    *rows = NULL;
    for (PGresult *result; !failed && (result = pq.getResult(connection->handle));) {
        failed = check(connection, result, error);
        copying = !failed && pq.resultStatus(result) == PGRES_COPY_IN;
        if (!failed && pq.resultStatus(result) == PGRES_TUPLES_OK)
            take(rows, result);
        else
            pq.clear(result);
        if (copying)
            send_all(connection, data);
    }
    for (PGresult *rest; failed && (rest = pq.getResult(connection->handle));)
        pq.clear(rest);
    if (failed)
        take(rows, NULL);
    return failed;
}

/* ---- COPY, a piece at a time --------------------------------------------------------------- */

/* What is left to be said, until the server is ready again, or takes data. */
static int hear(struct connection *connection, sluice_error *error) {
    int failed = 0;
    for (PGresult *result; (result = pq.getResult(connection->handle));) {
        bool copying = pq.resultStatus(result) == PGRES_COPY_IN;
        if (!failed)
            failed = check(connection, result, error);
        pq.clear(result);
        if (copying)
            break;
    }
    return failed;
}

int connection_copy(struct connection *connection, const char *sql, sluice_error *error) {
    return pq.sendQuery(connection->handle, sql) ? hear(connection, error) : check(connection, NULL, error);
}

int connection_copy_data(struct connection *connection, const struct sql *data, sluice_error *error) {
    if (send_data(connection, data))
        return 0;
    int failed = connection_copy_end(connection, error);
    return failed ? failed : check(connection, NULL, error);
}

int connection_copy_end(struct connection *connection, sluice_error *error) {
    return pq.putCopyEnd(connection->handle, NULL) == 1 ? hear(connection, error)
                                                        : check(connection, NULL, error);
}

bool connection_is_alive(const struct connection *connection) {
    return connection->handle && pq.status(connection->handle) == CONNECTION_OK;
}

/* ---- transactions ------------------------------------------------------------------------- */

int connection_begin(struct connection *connection, sluice_error *error) {
    if (connection->working)
        return 0;
    int failed = connection_run(
        connection, "BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL synchronous_commit = on", error);
    connection->working = !failed;
    return failed;
}

int connection_commit(struct connection *connection, sluice_error *error) {
    bool working = connection->working;
    connection->working = false;
    return working ? connection_run(connection, "COMMIT", error) : 0;
}

void connection_give_up(struct connection *connection) {
    sluice_error ignored = {.size = sizeof ignored};
    enum connection_fault fault = connection->fault;
    if (connection->handle &&
        (pq.status(connection->handle) != CONNECTION_OK || connection_run(connection, "ROLLBACK", &ignored)))
        connection_close(connection);
    connection->working = false;
    connection->fault = fault;
}
