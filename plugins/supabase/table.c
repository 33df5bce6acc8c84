#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "orders.h"

static const char columns_sql[] =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '' OR a.attidentity = 'a',"
    " current_user, has_table_privilege(a.attrelid, 'SELECT'),"
    " has_table_privilege(a.attrelid, 'INSERT') AND has_table_privilege(a.attrelid, 'UPDATE'),"
    " a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND y.typdefault IS NULL"
    " AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = a.attrelid AND NOT t.tgisinternal"
    " AND t.tgenabled <> 'D' AND t.tgtype & 6 = 6)" /* BEFORE INSERT: it may fill it in */
    ", CASE WHEN a.attnotnull AND a.attgenerated = '' AND format_type(a.atttypid, NULL) <> 'json'"
    " THEN (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d WHERE d.adrelid = a.attrelid"
    " AND d.adnum = a.attnum) END" /* json has no equality */
    " FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = to_regclass($1) AND "
    "a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attnum";

/* One row a unique key, its columns one below the other. */
static const char keys_sql[] =
    "SELECT string_agg(a.attname, chr(10)) FROM pg_index i, unnest(i.indkey[:i.indnkeyatts - 1]) AS k(number)"
    " JOIN pg_attribute a ON a.attnum = k.number"
    " WHERE i.indrelid = to_regclass($1) AND a.attrelid = i.indrelid AND i.indisunique AND i.indisvalid"
    " AND i.indpred IS NULL AND i.indexprs IS NULL GROUP BY i.indexrelid";

char *table_name(sluice_text option) {
    struct sql sql = {0};
    const char *dot = option.len ? memchr(option.ptr, '.', option.len) : NULL;
    sluice_text rest = option;
    if (dot) {
        sql_name(&sql, (sluice_text){option.ptr, (uint64_t)(dot - option.ptr)});
        sql_bytes(&sql, ".", 1);
        rest = (sluice_text){dot + 1, option.len - (uint64_t)(dot + 1 - option.ptr)};
    }
    sql_name(&sql, rest);
    if (sql.failed)
        sql_free(&sql);
    return sql.text;
}

static sluice_text value_at(const PGresult *result, int row, int column) {
    return (sluice_text){pq.getvalue(result, row, column), (uint64_t)pq.getlength(result, row, column)};
}

int table_read(struct table *table, struct connection *connection, sluice_error *error) {
    const char *const parameters[] = {table->name};
    table_free(table);
    int failed = connection_query(connection, columns_sql, 1, parameters, &table->catalogue, error);
    if (!failed)
        failed = connection_query(connection, keys_sql, 1, parameters, &table->keys, error);
    if (failed)
        return failed;
    int count = pq.ntuples(table->catalogue);
    if (count == 0) {
        connection->fault = FAULT_FATAL;
        return connection->host->fail(error, SLUICE_E_CONFIG,
                                      "%s: there is no table %s; run 'sluice store init' to make it",
                                      connection->server, table->name);
    }
    table->columns = calloc((size_t)count, sizeof *table->columns);
    if (!table->columns)
        return connection->host->fail(error, SLUICE_E_IO, "out of memory");
    for (int i = 0; i < count; i++)
        table->columns[i] = (struct table_column){
            .name = value_at(table->catalogue, i, 0),
            .type = pq.getvalue(table->catalogue, i, 1),
            .generated = *pq.getvalue(table->catalogue, i, 2) == 't',
            .required = *pq.getvalue(table->catalogue, i, 6) == 't',
            .otherwise = pq.getisnull(table->catalogue, i, 7) ? NULL : pq.getvalue(table->catalogue, i, 7)};
    table->column_count = (uint32_t)count;
    table->role = pq.getvalue(table->catalogue, 0, 3);
    table->readable = *pq.getvalue(table->catalogue, 0, 4) == 't';
    table->writable = table->readable && *pq.getvalue(table->catalogue, 0, 5) == 't';
    return 0;
}

void table_free(struct table *table) {
    if (table->catalogue)
        pq.clear(table->catalogue);
    if (table->keys)
        pq.clear(table->keys);
    free(table->columns);
    *table = (struct table){.name = table->name};
}

static bool same(sluice_text a, sluice_text b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

int32_t table_find(const struct table *table, sluice_text name) {
    for (uint32_t i = 0; i < table->column_count; i++)
        if (same(table->columns[i].name, name))
            return (int32_t)i;
    return -1;
}

const struct table_column *table_refuses(const struct table *table, const struct table_column *after) {
    const struct table_column *end = table->columns + table->column_count;
    for (const struct table_column *at = after ? after + 1 : table->columns; at < end; at++)
        if (at->required && !orders_brings(at->name))
            return at;
    return NULL;
}

static bool among(sluice_text name, const sluice_text *names, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        if (same(name, names[i]))
            return true;
    return false;
}

/* The key's columns are one below the other. */
static bool is_key(sluice_text key, const sluice_text *names, uint64_t count) {
    uint64_t found = 0;
    while (key.len) {
        const char *end = memchr(key.ptr, '\n', key.len);
        uint64_t length = end ? (uint64_t)(end - key.ptr) : key.len;
        if (!among((sluice_text){key.ptr, length}, names, count))
            return false;
        found++;
        key = (sluice_text){key.ptr + length + (end != NULL), key.len - length - (end != NULL)};
    }
    return found == count;
}

bool table_has_key(const struct table *table, const sluice_text *names, uint64_t count) {
    for (int i = 0; i < pq.ntuples(table->keys); i++)
        if (is_key(value_at(table->keys, i, 0), names, count))
            return true;
    return false;
}
