#include "select.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "orders.h"

/* Where `text` is looked for. */
static const char *const text_columns[] = {
    "order_id", "imei",  "imei2", "service_name", "service_id",          "status", "carrier",
    "simlock",  "model", "fmi",   "result_code",  "result_code_display", "notes",
};

static sluice_text text_of(const char *text) {
    return (sluice_text){text, strlen(text)};
}

static bool same(sluice_text a, sluice_text b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool has_column(const struct select *select, const char *name) {
    return table_find(select->table, text_of(name)) >= 0;
}

/* ---- what the user wrote ------------------------------------------------------------------ */

static bool fits(const char *text, const char *pattern, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (pattern[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
            return false;
    return true;
}

/* "2026-11-22", "2026-11-22 08:30", "2026-11-22T08:30:00Z": in UTC. */
static int read_time(const char *option, sluice_text given, char out[24], const sluice_host *host,
                     sluice_error *error) {
    static const char pattern[] = "0000-00-00 00:00:00";
    size_t len = given.len;
    if (len && given.ptr[len - 1] == 'Z')
        len--;
    bool whole = len == 0 || len == 10 || len == 16 || len == 19;
    if (len && whole) {
        memcpy(out, given.ptr, len);
        if (len > 10 && out[10] == 'T')
            out[10] = ' ';
        memcpy(out + len, "+00", 4);
    }
    if (whole && fits(out, pattern, len))
        return 0;
    return host->fail(error, SLUICE_E_CONFIG,
                      "option '%s': '%.*s' is not a date; write 2026-11-22 or '2026-11-22 08:30:00' (UTC)",
                      option, (int)(given.len < 40 ? given.len : 40), given.ptr);
}

int select_read_times(struct select *select, const sluice_host *host, sluice_error *error) {
    int failed = read_time("since", select->options->since, select->since, host, error);
    return failed ? failed : read_time("until", select->options->until, select->until, host, error);
}

/* ---- conditions --------------------------------------------------------------------------- */

/* A parameter; its number is what $ stands before. */
static struct sql *add_value(struct select *select, uint32_t *number) {
    *number = select->value_count + 2;
    return &select->values[select->value_count++];
}

/* {"a","b"} */
static uint32_t add_list(struct select *select, sluice_texts texts) {
    uint32_t number;
    struct sql *list = add_value(select, &number);
    sql_bytes(list, "{", 1);
    for (uint64_t i = 0; i < texts.count; i++) {
        sql_bytes(list, i ? ",\"" : "\"", i ? 2 : 1);
        for (uint64_t c = 0; c < texts.items[i].len; c++) {
            if (texts.items[i].ptr[c] == '"' || texts.items[i].ptr[c] == '\\')
                sql_bytes(list, "\\", 1);
            sql_bytes(list, texts.items[i].ptr + c, 1);
        }
        sql_bytes(list, "\"", 1);
    }
    sql_bytes(list, "}", 1);
    return number;
}

static uint32_t add_pattern(struct select *select, sluice_text text) {
    uint32_t number;
    struct sql *pattern = add_value(select, &number);
    sql_bytes(pattern, "%", 1);
    for (uint64_t i = 0; i < text.len; i++) {
        if (memchr("%_\\", text.ptr[i], 3))
            sql_bytes(pattern, "\\", 1);
        sql_bytes(pattern, text.ptr + i, 1);
    }
    sql_bytes(pattern, "%", 1);
    return number;
}

static void where_service(struct select *select) {
    static const char *const columns[] = {"service_id", "service_name"};
    uint32_t number = add_list(select, select->options->service);
    sql_add(&select->where, " AND (false");
    for (size_t i = 0; i < 2; i++)
        if (has_column(select, columns[i]))
            sql_add(&select->where, " OR lower(%s) = ANY (SELECT lower(v) FROM unnest($%u::text[]) AS v)",
                    columns[i], number);
    sql_add(&select->where, ")");
}

static void where_text(struct select *select) {
    uint32_t number = add_pattern(select, select->options->text);
    sql_add(&select->where, " AND (false");
    for (size_t i = 0; i < sizeof text_columns / sizeof *text_columns; i++)
        if (has_column(select, text_columns[i]))
            sql_add(&select->where, " OR %s ILIKE $%u", text_columns[i], number);
    sql_add(&select->where, ")");
}

static void where_time(struct select *select, const char *compared, const char *time) {
    bool date = has_column(select, "order_date"), created = has_column(select, "created_at");
    uint32_t number;
    sql_add(add_value(select, &number), "%s", time);
    sql_add(&select->where, " AND %s %s $%u::timestamptz",
            date && created ? "coalesce(order_date, created_at)"
            : date          ? "order_date"
                            : "created_at",
            compared, number);
}

static void make_where(struct select *select) {
    const struct source_options *options = select->options;
    sql_clear(&select->where);
    select->value_count = 0;
    if (options->status.count)
        sql_add(&select->where, " AND lower(status) = ANY (SELECT lower(v) FROM unnest($%u::text[]) AS v)",
                add_list(select, options->status));
    if (options->imei.count)
        sql_add(&select->where, " AND imei = ANY ($%u::text[])", add_list(select, options->imei));
    if (options->order_id.count)
        sql_add(&select->where, " AND order_id = ANY ($%u::text[])", add_list(select, options->order_id));
    if (options->service.count)
        where_service(select);
    if (options->text.len)
        where_text(select);
    if (select->since[0])
        where_time(select, ">=", select->since);
    if (select->until[0])
        where_time(select, "<", select->until);
}

/* ---- what the table must have ------------------------------------------------------------- */

static int check(const struct select *select, struct connection *connection, sluice_error *error) {
    const struct source_options *options = select->options;
    const struct {
        const char *option, *column;
        bool needed;
    } needs[] = {{"status", "status", options->status.count},
                 {"imei", "imei", options->imei.count},
                 {"order_id", "order_id", options->order_id.count},
                 {"since", "order_date", select->since[0] && !has_column(select, "created_at")},
                 {"until", "order_date", select->until[0] && !has_column(select, "created_at")},
                 {"service", "service_id", options->service.count && !has_column(select, "service_name")},
                 {"text", "imei", options->text.len != 0}};
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (needs[i].needed && !has_column(select, needs[i].column))
            return connection->host->fail(error, SLUICE_E_CONFIG,
                                          "%s: option '%s': table %s has no column '%s'", connection->server,
                                          needs[i].option, select->table->name, needs[i].column);
    return 0;
}

/* A number that grows, else a unique text. */
static int choose_key(struct select *select, struct connection *connection, sluice_error *error) {
    static const char *const names[] = {"id", "order_id"};
    for (size_t i = 0; i < 2; i++) {
        sluice_text name = text_of(names[i]);
        int32_t column = table_find(select->table, name);
        if (column < 0 || !table_has_key(select->table, &name, 1))
            continue;
        select->key = name;
        select->key_type = select->table->columns[column].type;
        return 0;
    }
    return connection->host->fail(
        error, SLUICE_E_CONFIG,
        "%s: table %s has no unique column id or order_id to be read by; run 'sluice store "
        "init'",
        connection->server, select->table->name);
}

static bool is_order_column(sluice_text name) {
    for (size_t i = 0; i < order_column_count; i++)
        if (same(name, text_of(order_columns[i].name)))
            return true;
    return false;
}

/* A column that tables of orders have, but not this one (an older system made it), is null in every row. */
static int check_field(const struct select *select, uint64_t field, struct connection *connection,
                       sluice_error *error) {
    const sluice_text *fields = select->options->fields.items, name = fields[field];
    int length = (int)(name.len < 60 ? name.len : 60);
    if (table_find(select->table, name) < 0 && !is_order_column(name))
        return connection->host->fail(error, SLUICE_E_CONFIG,
                                      "%s: option 'fields': table %s has no column '%.*s'",
                                      connection->server, select->table->name, length, name.ptr);
    for (uint64_t earlier = 0; earlier < field; earlier++)
        if (same(fields[earlier], name))
            return connection->host->fail(error, SLUICE_E_CONFIG, "option 'fields': '%.*s' is there twice",
                                          length, name.ptr);
    return 0;
}

static int name_fields(struct select *select, struct connection *connection, sluice_error *error) {
    sluice_texts chosen = select->options->fields;
    uint32_t count = chosen.count ? (uint32_t)chosen.count : select->table->column_count;
    sluice_text *names = calloc(count + 1, sizeof *names);
    int failed = names ? 0 : connection->host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint32_t i = 0; i < chosen.count && !failed; i++)
        failed = check_field(select, i, connection, error);
    for (uint32_t i = 0; i < count && !failed; i++)
        names[i] = chosen.count ? chosen.items[i] : select->table->columns[i].name;
    if (!failed && select->options->keyed)
        names[count++] = text_of(SOURCE_KEY);
    free((void *)(uintptr_t)select->names);
    select->names = failed ? NULL : names;
    select->name_count = failed ? 0 : count;
    if (failed)
        free(names);
    return failed;
}

int select_make(struct select *select, struct connection *connection, sluice_error *error) {
    for (size_t i = 0; i < SELECT_PARAMETERS; i++)
        sql_clear(&select->values[i]);
    int failed = check(select, connection, error);
    if (!failed)
        failed = choose_key(select, connection, error);
    if (!failed)
        failed = name_fields(select, connection, error);
    if (failed)
        return failed;
    make_where(select);
    for (size_t i = 0; i < SELECT_PARAMETERS; i++)
        if (select->values[i].failed || select->where.failed)
            return connection->host->fail(error, SLUICE_E_IO, "out of memory");
    return 0;
}

void select_free(struct select *select) {
    for (size_t i = 0; i < SELECT_PARAMETERS; i++)
        sql_free(&select->values[i]);
    sql_free(&select->where);
    free((void *)(uintptr_t)select->names);
    select->names = NULL;
}

/* ---- the statement ------------------------------------------------------------------------ */

/* Money without zeros at the end, times as the rest of the program writes them, in UTC. */
static void add_field(struct sql *sql, const struct table *table, sluice_text name) {
    int32_t column = table_find(table, name);
    const char *type = column < 0 ? "" : table->columns[column].type;
    bool number = strncmp(type, "numeric", 7) == 0;
    bool time = strcmp(type, "timestamp with time zone") == 0;
    if (column < 0) {
        sql_add(sql, ", NULL");
        return;
    }
    sql_add(sql, number ? ", trim_scale(" : time ? ", to_char(" : ", ");
    sql_name(sql, name);
    sql_add(sql, number ? ")::text" : time ? " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')" : "::text");
}

void select_sql(struct sql *sql, const struct select *select, uint64_t limit) {
    bool newest = select->options->order == SOURCE_NEWEST;
    sql_add(sql, "SELECT ");
    sql_name(sql, select->key);
    sql_add(sql, "::text");
    for (uint32_t i = 0; i < select->name_count - select->options->keyed; i++)
        add_field(sql, select->table, select->names[i]);
    if (select->options->keyed) {
        sql_add(sql, ", ");
        sql_name(sql, select->key);
        sql_add(sql, "::text");
    }
    sql_add(sql, " FROM %s AS stored WHERE ($1::%s IS NULL OR ", select->table->name, select->key_type);
    sql_name(sql, select->key);
    sql_add(sql, " %s $1::%s)", newest ? "<" : ">", select->key_type);
    if (select->where.length)
        sql_bytes(sql, select->where.text, select->where.length);
    sql_add(sql, " ORDER BY stored."); /* bare, it would be the text in front, and 10 come before 2 */
    sql_name(sql, select->key);
    sql_add(sql, "%s LIMIT %llu", newest ? " DESC" : "", (unsigned long long)limit);
}
