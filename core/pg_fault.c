#include "pg_fault.h"

#include <stdio.h>
#include <string.h>

/* The first line of libpq's words, without "connection to server at …: " in front. */
static const char *first_line(const char *text, char *out, size_t room) {
    const char *line = strstr(text, "FATAL:");
    line = line ? line + 6 : text;
    snprintf(out, room, "%.*s", (int)strcspn(line + strspn(line, " "), "\n"), line + strspn(line, " "));
    return out;
}

/* A pooler has its own words for these, some in parentheses. */
static const char *connecting_remedy(const char *text, int *code) {
    static const struct {
        const char *part;
        int code;
        const char *remedy;
    } rows[] = {
        {"password authentication failed", SLUICE_E_AUTH, "check the password in state.ledger"},
        {"SASL authentication failed", SLUICE_E_AUTH, "check the password in state.ledger"},
        {"no pg_hba.conf entry", SLUICE_E_AUTH, "the server lets this user or this machine not in"},
        {"ENOTFOUND", SLUICE_E_AUTH, "the user of a pooler is postgres.PROJECT"},
        {"Tenant or user not found", SLUICE_E_AUTH, "the user of a pooler is postgres.PROJECT"},
        {"ESSLREQUIRED", SLUICE_E_CONFIG, "add sslmode=require to the address"},
        {"SSL", SLUICE_E_CONFIG, "see sslmode and sslrootcert in the address"},
        {"certificate", SLUICE_E_CONFIG, "see sslmode and sslrootcert in the address"},
        {"does not exist", SLUICE_E_CONFIG, "check the database's name in state.ledger"},
        {"EMAXCONN", SLUICE_E_UNAVAILABLE, "the pooler has no connection left; use its transaction mode"},
        {"ECHECKOUTTIMEOUT", SLUICE_E_UNAVAILABLE, "the pooler has no connection left"},
        {"too many", SLUICE_E_UNAVAILABLE, "the server has no connection left; use its pooler"},
        {"remaining connection slots", SLUICE_E_UNAVAILABLE,
         "the server has no connection left; use its pooler"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(text, rows[i].part)) {
            *code = rows[i].code;
            return rows[i].remedy;
        }
    *code = SLUICE_E_UNAVAILABLE;
    return "is it up, and may this machine reach it?";
}

int pg_fault_connecting(struct pg_link *link, sluice_error *error) {
    char line[300];
    int code;
    const char *text = link->pq->PQerrorMessage(link->connection);
    const char *remedy = connecting_remedy(text, &code);
    link->passing = code == SLUICE_E_UNAVAILABLE;
    return fail(error, code, "%s can't be reached: %s; %s", link->server, first_line(text, line, sizeof line),
                remedy);
}

int pg_fault_lost(struct pg_link *link, sluice_error *error) {
    char line[300] = "";
    if (link->connection)
        first_line(link->pq->PQerrorMessage(link->connection), line, sizeof line);
    return fail(error, SLUICE_E_UNAVAILABLE, "%s doesn't answer any more%s%s", link->server,
                *line ? ": " : "", line);
}

/* By the first two characters of the state, or all five. */
int pg_fault_command(struct pg_link *link, const PGresult *result, sluice_error *error) {
    static const struct {
        const char *state;
        bool passing;
        int code;
        const char *remedy;
    } rows[] = {
        {"08", true, SLUICE_E_UNAVAILABLE, "the connection was lost"},
        {"57P", true, SLUICE_E_UNAVAILABLE, "the server is being restarted"},
        {"53300", true, SLUICE_E_UNAVAILABLE, "no connection is left; use the pooler"},
        {"53100", false, SLUICE_E_IO, "its disk is full; free some space"},
        {"53", true, SLUICE_E_UNAVAILABLE, "it is out of resources"},
        {"25P0", true, SLUICE_E_UNAVAILABLE, "this program was held up for too long"},
        {"25006", false, SLUICE_E_IO,
         "it is read-only: a replica, or a project whose disk is full; make room, or enlarge it"},
        {"28", false, SLUICE_E_AUTH, "check user and password in state.ledger"},
        {"42501", false, SLUICE_E_AUTH,
         "the ledger's user must own the schema sluice, or be allowed to create it: use the user postgres"},
        {"55P03", true, SLUICE_E_BUSY, "another run holds the ledger for too long"},
        {"57014", true, SLUICE_E_BUSY, "it took too long"},
        {"40", true, SLUICE_E_BUSY, "another run was faster; run this again"},
        {"XX000", true, SLUICE_E_UNAVAILABLE, "the pooler says no for now"},
        {"3F000", false, SLUICE_E_CONFIG, "the schema sluice is gone: restore it from a backup"},
        {"42P01", false, SLUICE_E_CONFIG, "a table of the schema sluice is gone: restore it from a backup"},
    };
    const char *state = link->pq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = link->pq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char line[300];
    first_line(text ? text : link->pq->PQresultErrorMessage(result), line, sizeof line);
    link->passing = false;
    for (size_t i = 0; state && i < sizeof rows / sizeof *rows; i++)
        if (strncmp(state, rows[i].state, strlen(rows[i].state)) == 0) {
            link->passing = rows[i].passing;
            return fail(error, rows[i].code, "%s: %s (%s); %s", link->server, line, state, rows[i].remedy);
        }
    return fail(error, SLUICE_E_SOFTWARE, "%s: %s (%s)", link->server, line, state ? state : "no state");
}
