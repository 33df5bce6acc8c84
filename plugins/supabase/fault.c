#include "fault.h"

#include <stdio.h>
#include <string.h>

struct meaning {
    const char *code; /* SQLSTATE, or the beginning of it; or the pooler's own, in parentheses */
    enum connection_fault fault;
    int exit;
    const char *remedy;
};

/* The first that matches. Codes in parentheses are Supavisor's, which says XX000 for all of them. */
static const struct meaning meanings[] = {
    {"(EMAXCONNSESSION)", FAULT_AGAIN, SLUICE_E_UNAVAILABLE,
     "the pooler has no session left; use its port 6543 (transaction mode), or close other clients"},
    {"(EMAXCONN", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, "the pooler has no connection left; try again later"},
    {"(ENOTFOUND)", FAULT_FATAL, SLUICE_E_CONFIG,
     "the pooler doesn't know the project; its user is postgres.REF, and the host is the one in the "
     "dashboard"},
    {"(ECHECKOUTTIMEOUT)", FAULT_AGAIN, SLUICE_E_UNAVAILABLE,
     "the pooler's connections are all in use; try again later"},
    {"(ESSLREQUIRED)", FAULT_FATAL, SLUICE_E_CONFIG, "add sslmode=require to the address"},
    {"28", FAULT_FATAL, SLUICE_E_AUTH, "check user and password in it"},
    {"3D000", FAULT_FATAL, SLUICE_E_CONFIG,
     "the database in it doesn't exist; Supabase's is called postgres"},
    {"42P01", FAULT_FATAL, SLUICE_E_CONFIG, "run 'sluice store init' to make it"},
    {"42703", FAULT_FATAL, SLUICE_E_CONFIG, "run 'sluice store init' to add it"},
    {"42P10", FAULT_FATAL, SLUICE_E_CONFIG,
     "the table has no unique key over the columns of 'conflict'; run 'sluice store init', or name others"},
    {"42501", FAULT_FATAL, SLUICE_E_AUTH, "run 'sluice store check' to see which GRANT is missing"},
    {"25006", FAULT_FATAL, SLUICE_E_IO,
     "the database is read-only now; Supabase does that to a full disk: make room, or enlarge it"},
    {"53100", FAULT_FATAL, SLUICE_E_IO, "the database's disk is full"},
    {"57014", FAULT_SIZE, SLUICE_E_UNAVAILABLE,
     "the statement took longer than the role's statement_timeout"},
    {"21", FAULT_ROW, SLUICE_E_DATA, NULL},
    {"22", FAULT_ROW, SLUICE_E_DATA, NULL},
    {"23", FAULT_ROW, SLUICE_E_DATA, NULL},
    {"08", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {"40", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {"53", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, "the database has no room for more connections or work"},
    {"55P03", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {"57P", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, "the database is stopping or starting"},
};

static bool matches(const struct meaning *meaning, const char *state, const char *text) {
    if (meaning->code[0] == '(')
        return strstr(text, meaning->code) != NULL;
    return strncmp(state, meaning->code, strlen(meaning->code)) == 0;
}

static const struct meaning *find(const char *state, const char *text) {
    static const struct meaning unknown = {"", FAULT_FATAL, SLUICE_E_UNAVAILABLE, NULL};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (matches(&meanings[i], state, text))
            return &meanings[i];
    return &unknown;
}

/* The first line, without the end. */
static void first_line(const char *text, char *out, size_t room) {
    snprintf(out, room, "%.*s", (int)strcspn(text, "\n"), text);
}

static int say(struct connection *connection, const struct meaning *meaning, const char *text,
               sluice_error *error) {
    connection->fault = meaning->fault;
    return connection->host->fail(error, meaning->exit, "%s: %s%s%s", connection->server, text,
                                  meaning->remedy ? "; " : "", meaning->remedy ? meaning->remedy : "");
}

/* A failed connection has no SQLSTATE in libpq 15, only words. */
int fault_of_connecting(struct connection *connection, sluice_error *error) {
    static const struct meaning words[] = {
        {"password authentication failed", FAULT_FATAL, SLUICE_E_AUTH, "check user and password"},
        {"no password supplied", FAULT_FATAL, SLUICE_E_AUTH, "the address has no password"},
        {"could not translate host name", FAULT_AGAIN, SLUICE_E_UNAVAILABLE,
         "check the host; the direct one of Supabase is IPv6 only, the pooler's isn't"},
        {"certificate verify failed", FAULT_FATAL, SLUICE_E_CONFIG,
         "sslrootcert must name the file of Supabase's root certificate (dashboard, Database, SSL)"},
        {"root certificate file", FAULT_FATAL, SLUICE_E_CONFIG,
         "sslrootcert must name the file of Supabase's root certificate (dashboard, Database, SSL)"},
        {"does not match host name", FAULT_FATAL, SLUICE_E_CONFIG, "check the host in the address"},
        {"does not exist", FAULT_FATAL, SLUICE_E_CONFIG, "Supabase's database is called postgres"},
        {"invalid", FAULT_FATAL, SLUICE_E_CONFIG, "check the address"},
    };
    static const struct meaning passing = {"", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, NULL};
    const char *text = pq.errorMessage(connection->handle), *said = strstr(text, "failed: ");
    const struct meaning *meaning = &passing;
    char line[500];
    for (size_t i = 0; i < sizeof words / sizeof *words && meaning == &passing; i++)
        if (strstr(text, words[i].code))
            meaning = &words[i];
    if (meaning == &passing && strchr(text, '(') && find("", text)->exit != SLUICE_E_UNAVAILABLE)
        meaning = find("", text);
    first_line(said ? said + strlen("failed: ") : text, line, sizeof line);
    return say(connection, meaning, line, error);
}

int fault_of_statement(struct connection *connection, const PGresult *result, sluice_error *error) {
    static const struct meaning gone = {"", FAULT_AGAIN, SLUICE_E_UNAVAILABLE, NULL};
    const char *state = result ? pq.resultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *words = result ? pq.resultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char line[500];
    if (!state || pq.status(connection->handle) != CONNECTION_OK) {
        first_line(words ? words : pq.errorMessage(connection->handle), line, sizeof line);
        const struct meaning *meaning = state ? find(state, line) : &gone;
        return say(connection,
                   meaning->fault == FAULT_FATAL && meaning->exit == SLUICE_E_UNAVAILABLE ? &gone : meaning,
                   *line ? line : "the connection broke off", error);
    }
    first_line(words ? words : "", line, sizeof line);
    return say(connection, find(state, line), line, error);
}
