#include "fake_connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bare_host.h"

enum { ANSWERS = 16, CELLS = 256 };

struct pq_library pq;
char fake_said[32 * 1024];
static struct fake_answer answers[ANSWERS + 1];

/* ---- results -------------------------------------------------------------------------------- */

struct result {
    int rows, columns;
    char *text, *cells[CELLS]; /* row by row; NULL: null */
};

static struct result *result_of(const PGresult *result) {
    return (struct result *)(uintptr_t)result;
}

static PGresult *make_result(const char *rows) {
    struct result *result = calloc(1, sizeof *result);
    char *text = strdup(rows ? rows : "");
    int count = 0;
    if (!result || !text)
        abort();
    result->text = text;
    for (char *line, *lines = text; (line = strsep(&lines, "\n")) && *line; result->rows++)
        for (char *cell; count < CELLS && (cell = strsep(&line, "|"));)
            result->cells[count++] = strcmp(cell, "~") == 0 ? NULL : cell;
    result->columns = result->rows ? count / result->rows : 0;
    return (PGresult *)result;
}

static void clear(PGresult *result) {
    if (result)
        free(result_of(result)->text);
    free(result);
}

static int ntuples(const PGresult *result) {
    return result_of(result)->rows;
}

static char *cell_of(const PGresult *result, int row, int column) {
    return result_of(result)->cells[row * result_of(result)->columns + column];
}

static int getisnull(const PGresult *result, int row, int column) {
    return !cell_of(result, row, column);
}

static char *getvalue(const PGresult *result, int row, int column) {
    static char empty[1];
    char *cell = cell_of(result, row, column);
    return cell ? cell : empty;
}

static int getlength(const PGresult *result, int row, int column) {
    return (int)strlen(getvalue(result, row, column));
}

/* ---- what is said --------------------------------------------------------------------------- */

struct connection fake_connection(const struct fake_answer *given) {
    size_t count = 0;
    while (given[count].part && count < ANSWERS)
        count++;
    memcpy(answers, given, count * sizeof *given);
    answers[count] = (struct fake_answer){.part = NULL};
    pq = (struct pq_library){.clear = clear,
                             .ntuples = ntuples,
                             .getisnull = getisnull,
                             .getvalue = getvalue,
                             .getlength = getlength};
    *fake_said = 0;
    return (struct connection){.host = &bare_host, .server = "db"};
}

static struct fake_answer *say(const char *what, const char *text, size_t length) {
    static struct fake_answer fine;
    size_t used = strlen(fake_said);
    snprintf(fake_said + used, sizeof fake_said - used, "== %s\n%.*s\n", what, (int)length, text);
    for (struct fake_answer *answer = answers; answer->part; answer++)
        if (answer->part[0] && strstr(strcmp(what, "statement") == 0 ? text : what, answer->part))
            return answer;
    return &fine;
}

static int answer(struct connection *connection, const char *what, const char *text, size_t length,
                  PGresult **rows, sluice_error *error) {
    struct fake_answer *found = say(what, text, length);
    connection->fault = found->fault;
    if (rows)
        *rows = found->fault ? NULL : make_result(found->rows);
    int failed = found->fault ? bare_host.fail(error, SLUICE_E_UNAVAILABLE, "db: no") : 0;
    if (found->once)
        found->part = "";
    return failed;
}

bool fake_said_in_order(const char *const *parts) {
    const char *at = fake_said;
    for (; *parts; parts++) {
        at = strstr(at, *parts);
        if (!at) {
            fprintf(stderr, "not said, or not there: %s\nin:\n%s", *parts, fake_said);
            return false;
        }
        at += strlen(*parts);
    }
    return true;
}

/* ---- the connection ------------------------------------------------------------------------- */

int connection_run(struct connection *connection, const char *sql, sluice_error *error) {
    return answer(connection, "statement", sql, strlen(sql), NULL, error);
}

int connection_query(struct connection *connection, const char *sql, int count, const char *const *values,
                     PGresult **result, sluice_error *error) {
    (void)count, (void)values;
    return answer(connection, "statement", sql, strlen(sql), result, error);
}

int connection_exchange(struct connection *connection, const char *sql, const struct sql *data,
                        PGresult **rows, sluice_error *error) {
    (void)data;
    return answer(connection, "statement", sql, strlen(sql), rows, error);
}

int connection_copy(struct connection *connection, const char *sql, sluice_error *error) {
    return answer(connection, "statement", sql, strlen(sql), NULL, error);
}

int connection_copy_data(struct connection *connection, const struct sql *data, sluice_error *error) {
    return answer(connection, "data", data->text, data->length < 2000 ? data->length : 0, NULL, error);
}

int connection_copy_end(struct connection *connection, sluice_error *error) {
    return answer(connection, "end", "", 0, NULL, error);
}

bool connection_is_alive(const struct connection *connection) {
    return connection->host != NULL;
}

void connection_give_up(struct connection *connection) {
    say("given up", "", 0);
    (void)connection;
}
