/* A source over libpq. Reading goes by a key: each batch is one short query for the rows behind the last one,
 * so that nothing is held while a pipeline waits for its provider, and what a pipeline writes into the table
 * that it reads doesn't disturb it. A connection that broke off in between is made anew. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "select.h"

enum {
    TRIES = 5, /* of one batch */
    USUAL_ROW = 400,
};

struct source {
    struct way way; /* first */
    const sluice_host *host;
    const struct source_options *options;
    struct connection connection;
    struct table table;
    struct select select;
    struct sql statement, key; /* key: of the last row; empty: none was read */
    bool ended;
    uint64_t given, bytes;
};

static int connect_and_look(struct source *source, sluice_error *error) {
    bool fresh = !source->connection.handle;
    int failed = connection_open(&source->connection, error);
    if (!failed && fresh)
        failed = table_read(&source->table, &source->connection, error);
    if (!failed && !source->table.readable)
        failed = source->host->fail(error, SLUICE_E_AUTH,
                                    "%s: the role %s may not read table %s; GRANT SELECT ON %s TO \"%s\"",
                                    source->connection.server, source->table.role, source->table.name,
                                    source->table.name, source->table.role);
    if (!failed && fresh)
        failed = select_make(&source->select, &source->connection, error);
    return failed;
}

static uint64_t rows_wanted(const struct source *source, const sluice_filling *out) {
    uint64_t average = source->given ? source->bytes / source->given + 1 : USUAL_ROW;
    uint64_t wanted = out->byte_limit / average + 1;
    uint64_t left = source->options->limit ? (uint64_t)source->options->limit - source->given : UINT64_MAX;
    wanted = wanted > out->row_limit ? out->row_limit : wanted;
    return wanted > left ? left : wanted;
}

static int ask(struct source *source, sluice_filling *out, uint64_t *rows, PGresult **result,
               sluice_error *error) {
    const char *parameters[SELECT_PARAMETERS + 1] = {source->key.length ? source->key.text : NULL};
    int failed = connect_and_look(source, error);
    if (!failed && !out->column_count) /* which may take back some of row_limit */
        failed = source->host->columns(out, source->select.names, source->select.name_count, error);
    if (failed)
        return failed;
    if (!*rows)
        *rows = rows_wanted(source, out);
    sql_clear(&source->statement);
    select_sql(&source->statement, &source->select, *rows);
    if (source->statement.failed)
        return source->host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint32_t i = 0; i < source->select.value_count; i++)
        parameters[i + 1] = source->select.values[i].text;
    return connection_query(&source->connection, source->statement.text, (int)source->select.value_count + 1,
                            parameters, result, error);
}

/* What passes by itself is asked for again; what takes too long, for fewer rows. */
static int ask_until_answered(struct source *source, sluice_filling *out, uint64_t *rows, PGresult **result,
                              sluice_error *error) {
    int failed = 0;
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        struct timespec pause = {.tv_sec = attempt > 1 ? 1 << (attempt - 2) : 0,
                                 .tv_nsec = attempt == 1 ? 200000000 : 0};
        if (attempt)
            nanosleep(&pause, NULL);
        source->connection.fault = FAULT_NONE;
        failed = ask(source, out, rows, result, error);
        enum connection_fault fault = source->connection.fault;
        if (!failed || (fault != FAULT_AGAIN && fault != FAULT_SIZE))
            break;
        if (fault == FAULT_SIZE)
            *rows = *rows / 2 + 1;
        else
            connection_close(&source->connection);
    }
    return failed;
}

static int copy_row(struct source *source, const PGresult *result, int row, sluice_filling *out,
                    sluice_error *error) {
    uint64_t need = 1;
    for (uint32_t c = 0; c < out->column_count; c++)
        need += (uint64_t)pq.getlength(result, row, (int)c + 1);
    char *at = source->host->alloc(out->arena, need);
    if (!at)
        return source->host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint32_t c = 0; c < out->column_count; c++) {
        uint64_t length = (uint64_t)pq.getlength(result, row, (int)c + 1);
        bool null = pq.getisnull(result, row, (int)c + 1);
        memcpy(at, pq.getvalue(result, row, (int)c + 1), length);
        out->cells[c][row] = (sluice_text){null ? NULL : at, length};
        at += length;
    }
    out->numbers[row] = ++source->given;
    source->bytes += need;
    return 0;
}

static int copy_rows(struct source *source, const PGresult *result, sluice_filling *out,
                     sluice_error *error) {
    int count = pq.ntuples(result), failed = 0;
    for (int row = 0; row < count && !failed; row++)
        failed = copy_row(source, result, row, out, error);
    if (failed)
        return failed;
    out->row_count = (uint32_t)count;
    if (count) {
        sql_clear(&source->key);
        sql_bytes(&source->key, pq.getvalue(result, count - 1, 0),
                  (size_t)pq.getlength(result, count - 1, 0));
    }
    return source->key.failed ? source->host->fail(error, SLUICE_E_IO, "out of memory") : 0;
}

static int32_t source_read(void *instance, sluice_filling *out, sluice_error *error) {
    struct source *source = instance;
    PGresult *result = NULL;
    if (source->ended)
        return SLUICE_END;
    uint64_t rows = 0;
    int failed = ask_until_answered(source, out, &rows, &result, error);
    if (!failed)
        failed = copy_rows(source, result, out, error);
    if (result)
        pq.clear(result);
    if (failed)
        return failed;
    uint64_t limit = (uint64_t)source->options->limit;
    source->ended = out->row_count < rows || (limit && source->given >= limit);
    return source->ended ? SLUICE_END : 0;
}

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error) {
    const struct source_options *options = config;
    if (!options->db_url.handle)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "'db_url' is missing (SUPABASE_DB_URL); or give 'url' and 'key' (SUPABASE_URL, SUPABASE_KEY)");
    struct source *source = calloc(1, sizeof *source);
    char *table = table_name(options->table);
    if (!source || !table) {
        free(source);
        free(table);
        return host->fail(error, SLUICE_E_IO, "out of memory");
    }
    *source = (struct source){.host = host, .options = options, .table.name = table};
    source->connection =
        (struct connection){.host = host, .self = self, .uri = options->db_url, .option = "db_url"};
    source->select.options = options;
    source->select.table = &source->table;
    int failed = select_read_since(&source->select, host, error);
    if (failed)
        source_close(source);
    else
        *instance = source;
    return failed;
}

void source_close(void *instance) {
    struct source *source = instance;
    connection_close(&source->connection);
    select_free(&source->select);
    table_free(&source->table);
    free(source->table.name);
    sql_free(&source->statement);
    sql_free(&source->key);
    free(source);
}

const sluice_source source_callbacks = {
    .size = sizeof(sluice_source),
    .read = source_read,
};
