/* What all rows of a table come to, in one number, computed by the server: see sluice_store.digest. */
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "digest.h"
#include "table.h"

/* A value as the source reads it, so that it is the text that another store has. */
static void add_value(struct sql *sql, const struct table_column *column) {
    bool number = strncmp(column->type, "numeric", 7) == 0;
    bool time = strcmp(column->type, "timestamp with time zone") == 0;
    bool text = strcmp(column->type, "text") == 0;
    sql_add(sql, number ? "trim_scale(" : time ? "(" : "");
    sql_name(sql, column->name);
    sql_add(sql, text ? "" : number ? ")::text" : time ? " AT TIME ZONE 'UTC')::text" : "::text");
}

/* An empty text counts as little as none. Only of provider and account our own tables have such. */
static void add_hash(struct sql *sql, const struct table_column *column) {
    bool owner = text_is(column->name, "provider") || text_is(column->name, "account");
    sql_add(sql, " # coalesce(hashtextextended(%s", owner ? "nullif(" : "");
    add_value(sql, column);
    sql_add(sql, "%s, %lld), 0)", owner ? ", '')" : "", (long long)text_hash(column->name));
}

static int write_statement(struct sql *sql, const struct table *table, sluice_texts names,
                           const sluice_host *host, sluice_error *error) {
    sql_add(sql, "BEGIN READ ONLY; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; "
                 "SET LOCAL statement_timeout = 0; SET LOCAL jit = off; SELECT count(*), mod(sum((0");
    for (uint64_t i = 0; i < names.count; i++) {
        int32_t column = table_find(table, names.items[i]);
        if (column < 0)
            return host->fail(error, SLUICE_E_CONFIG, "table %s has no column '%.*s'", table->name,
                              TEXT_ARG(names.items[i]));
        add_hash(sql, &table->columns[column]);
    }
    sql_add(sql, ")::bigint), 18446744073709551616) FROM %s; COMMIT", table->name);
    return sql->failed ? host->fail(error, SLUICE_E_IO, "out of memory") : 0;
}

/* A negative one, too, to 64 bits. */
static uint64_t read_sum(const char *digits) {
    bool minus = *digits == '-';
    uint64_t sum = strtoull(digits + minus, NULL, 10);
    return minus ? 0 - sum : sum;
}

static int count_rows(struct connection *connection, const struct table *table, uint64_t *rows,
                      sluice_error *error) {
    struct sql sql = {0};
    PGresult *result = NULL;
    sql_add(&sql, "BEGIN READ ONLY; SET LOCAL statement_timeout = 0; SELECT count(*) FROM %s; COMMIT",
            table->name);
    int failed = sql.failed ? connection->host->fail(error, SLUICE_E_IO, "out of memory")
                            : connection_exchange(connection, sql.text, NULL, &result, error);
    if (!failed) {
        *rows = strtoull(pq.getvalue(result, 0, 0), NULL, 10);
        pq.clear(result);
    }
    sql_free(&sql);
    return failed;
}

static int sum_rows(struct connection *connection, const struct table *table, sluice_texts names,
                    uint64_t *rows, uint64_t *sum, sluice_error *error) {
    struct sql sql = {0};
    PGresult *result = NULL;
    int failed = write_statement(&sql, table, names, connection->host, error);
    if (!failed)
        failed = connection_exchange(connection, sql.text, NULL, &result, error);
    if (!failed) {
        *rows = strtoull(pq.getvalue(result, 0, 0), NULL, 10);
        *sum = read_sum(pq.getvalue(result, 0, 1));
        pq.clear(result);
    }
    sql_free(&sql);
    return failed;
}

int digest_table(struct connection *connection, struct table *table, sluice_texts names, uint64_t *rows,
                 uint64_t *sum, sluice_error *error) {
    uint64_t expected = *rows;
    int failed = table_read(table, connection, error);
    if (!failed)
        failed = count_rows(connection, table, rows, error);
    if (!failed && *rows == expected)
        failed = sum_rows(connection, table, names, rows, sum, error);
    if (failed)
        connection_give_up(connection);
    return failed;
}
