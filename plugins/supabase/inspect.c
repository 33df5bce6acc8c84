#include "inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orders.h"
#include "table.h"

/* Each query gives rows of what, text, remedy (null: init does it). $1: the table, quoted. */
struct question {
    const char *code, *sql;
    bool of_history; /* asked of import_history, too */
};

#define ROLES \
    "(SELECT oid, rolname FROM pg_roles WHERE rolname = current_user OR rolname = 'service_role') AS r"

static const struct question questions[] = {
    {"column_type",
     "SELECT to_regclass($1)::text || '.' || a.attname, 'the column is ' || format_type(a.atttypid, "
     "a.atttypmod) ||"
     " CASE a.attname WHEN 'credits' THEN ', in which money is not exact'"
     " ELSE ', which loses the zeros in front' END,"
     " format('back the table up, then ALTER TABLE %s ALTER COLUMN %I TYPE %s', to_regclass($1)::text, "
     "a.attname,"
     " CASE a.attname WHEN 'credits' THEN 'numeric(10,4)' ELSE 'text' END)"
     " FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attrelid = to_regclass($1)"
     " AND (a.attname IN ('order_id', 'imei', 'imei2', 'service_id') AND t.typcategory = 'N'"
     " OR a.attname = 'credits' AND t.typname IN ('float4', 'float8'))",
     false},
    {"unique_key_missing",
     "SELECT to_regclass($1)::text, 'no unique key tells its orders apart, so one that is delivered twice "
     "would be there "
     "twice', NULL WHERE NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = to_regclass($1)"
     " AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL"
     " AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute AS a"
     " WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[:i.indnkeyatts - 1]))"
     " IN (ARRAY['order_id'], ARRAY['account', 'order_id', 'provider']))",
     false},
    {"index_missing",
     "SELECT to_regclass($1)::text || '.' || n, 'the column has no index, so that looking orders up by it "
     "reads them all',"
     " NULL FROM unnest(ARRAY['imei', 'status', 'order_date', 'created_at']) AS n"
     " WHERE EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = n)"
     " AND NOT EXISTS (SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid"
     " AND a.attnum = i.indkey[0] WHERE i.indrelid = to_regclass($1) AND a.attname = n"
     " AND i.indpred IS NULL AND i.indisvalid)",
     false},
    {"trigger_missing",
     "SELECT to_regclass($1)::text || '.updated_at', 'no trigger sets the time when somebody else changes a "
     "row', NULL"
     " WHERE NOT EXISTS (SELECT FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid"
     " WHERE t.tgrelid = to_regclass($1) AND NOT t.tgisinternal AND t.tgtype & 16 <> 0"
     " AND (p.prosrc ILIKE '%updated_at%' OR encode(t.tgargs, 'escape') ILIKE '%updated_at%'))",
     false},
    {"trigger_off",
     "SELECT to_regclass($1)::text || ' trigger ' || t.tgname, 'the trigger that keeps updated_at is "
     "switched off',"
     " format('ALTER TABLE %s ENABLE TRIGGER %I', to_regclass($1)::text, t.tgname) FROM pg_trigger AS t"
     " JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE t.tgrelid = to_regclass($1) AND NOT t.tgisinternal"
     " AND t.tgenabled = 'D' AND p.prosrc ILIKE '%updated_at%'",
     false},
    {"rls_off",
     "SELECT to_regclass($1)::text, 'row-level security is off, so that whoever has the public (anon) key "
     "may read or write "
     "it as far as grants go', NULL FROM pg_class WHERE oid = to_regclass($1) AND NOT relrowsecurity",
     true},
    {"policy",
     "SELECT to_regclass($1)::text || ' policy ' || p.polname, format('the policy lets %s %s rows',"
     " (SELECT string_agg(CASE o WHEN 0 THEN 'everyone' ELSE o::regrole::text END, ', ')"
     " FROM unnest(p.polroles) AS o),"
     " CASE p.polcmd WHEN 'r' THEN 'read' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN "
     "'delete'"
     " ELSE 'read and write' END),"
     " format('if that isn''t meant: DROP POLICY %I ON %s', p.polname, to_regclass($1)::text)"
     " FROM pg_policy AS p WHERE p.polrelid = to_regclass($1) AND p.polpermissive"
     " AND (0 = ANY (p.polroles) OR EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = ANY (p.polroles)"
     " AND r.rolname IN ('anon', 'authenticated')))",
     true},
    {"rls_applies",
     "SELECT to_regclass($1)::text, format('row-level security holds for the role %s, too: it would not see "
     "or write every "
     "row', current_user), format('connect as the table''s owner (postgres), or ALTER ROLE %I BYPASSRLS',"
     " current_user) WHERE row_security_active(to_regclass($1))",
     true},
    {"grant_missing",
     "SELECT to_regclass($1)::text || ' grant ' || r.rolname, format('the role %s may not %s', r.rolname,"
     " string_agg(p, ', ')), format('as the owner of the table: GRANT %s ON %s TO %I', string_agg(p, ', '),"
     " to_regclass($1)::text, r.rolname) FROM " ROLES ", unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS p"
     " WHERE NOT has_table_privilege(r.oid, to_regclass($1), p) GROUP BY r.rolname",
     true},
    {"grant_missing",
     "SELECT d.objid::regclass || ' grant ' || r.rolname,"
     " format('the role %s may not take numbers from the sequence', r.rolname),"
     " format('as the owner of the table: GRANT USAGE ON SEQUENCE %s TO %I', d.objid::regclass, r.rolname)"
     " FROM " ROLES ", pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid"
     " WHERE d.refobjid = to_regclass($1) AND d.deptype IN ('a', 'i')"
     " AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(r.oid, d.objid, 'USAGE') END",
     true},
    {"grant_missing",
     "SELECT 'schema ' || c.relnamespace::regnamespace || ' grant ' || r.rolname,"
     " format('the role %s may not use the schema', r.rolname),"
     " format('as its owner: GRANT USAGE ON SCHEMA %s TO %I', c.relnamespace::regnamespace, r.rolname)"
     " FROM " ROLES ", pg_class AS c WHERE c.oid = to_regclass($1)"
     " AND NOT has_schema_privilege(r.oid, c.relnamespace, 'USAGE')",
     false},
};

static const char read_only_sql[] =
    "SELECT 'the database', 'it is read-only now; Supabase does that to a full disk',"
    " 'make room, or enlarge the disk' WHERE pg_is_in_recovery()"
    " OR current_setting('transaction_read_only') = 'on'";

/* ---- saying ------------------------------------------------------------------------------- */

static sluice_text text_of(const char *text) {
    return (sluice_text){text, text ? strlen(text) : 0};
}

static void say(const struct connection *connection, const char *code, const char *what, const char *text,
                const char *remedy) {
    const sluice_finding finding = {.size = sizeof finding,
                                    .code = text_of(code),
                                    .what = text_of(what),
                                    .text = text_of(text),
                                    .remedy = text_of(remedy)};
    connection->host->finding(connection->self, &finding);
}

static int ask(struct connection *connection, const char *code, const char *sql, const char *table,
               sluice_error *error) {
    PGresult *result = NULL;
    const char *const parameters[] = {table};
    int failed = connection_query(connection, sql, table ? 1 : 0, parameters, &result, error);
    for (int i = 0; !failed && i < pq.ntuples(result); i++)
        say(connection, code, pq.getvalue(result, i, 0), pq.getvalue(result, i, 1),
            pq.getisnull(result, i, 2) ? NULL : pq.getvalue(result, i, 2));
    if (result)
        pq.clear(result);
    return failed;
}

/* ---- looking ------------------------------------------------------------------------------ */

static int look_up(struct connection *connection, const char *table, bool *there, sluice_error *error) {
    PGresult *result = NULL;
    const char *const parameters[] = {table};
    int failed =
        connection_query(connection, "SELECT to_regclass($1) IS NOT NULL", 1, parameters, &result, error);
    *there = !failed && *pq.getvalue(result, 0, 0) == 't';
    if (result)
        pq.clear(result);
    return failed;
}

static int is_there(struct connection *connection, const char *table, sluice_text shown, bool *there,
                    sluice_error *error) {
    char what[200];
    snprintf(what, sizeof what, "%.*s", (int)(shown.len < 150 ? shown.len : 150), shown.ptr);
    int failed = look_up(connection, table, there, error);
    if (!failed && !*there)
        say(connection, "table_missing", what, "the table is missing", NULL);
    return failed;
}

static int ask_all(struct connection *connection, const char *table, bool history, sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; i < sizeof questions / sizeof *questions && !failed; i++)
        if (!history || questions[i].of_history)
            failed = ask(connection, questions[i].code, questions[i].sql, table, error);
    return failed;
}

static int inspect_columns(struct connection *connection, char *name, sluice_text shown,
                           sluice_error *error) {
    struct table table = {.name = name};
    int failed = table_read(&table, connection, error);
    for (size_t i = 0; i < order_column_count && !failed; i++) {
        char what[300];
        if (table_find(&table, text_of(order_columns[i].name)) >= 0)
            continue;
        snprintf(what, sizeof what, "%.*s.%s", (int)(shown.len < 150 ? shown.len : 150), shown.ptr,
                 order_columns[i].name);
        say(connection, "column_missing", what, "the column is missing", NULL);
    }
    for (const struct table_column *at = NULL; !failed && (at = table_refuses(&table, at));) {
        char what[300], remedy[500];
        snprintf(what, sizeof what, "%.*s.%.*s", (int)(shown.len < 150 ? shown.len : 150), shown.ptr,
                 (int)at->name.len, at->name.ptr);
        snprintf(remedy, sizeof remedy,
                 "give it a default, or ALTER TABLE %s ALTER COLUMN \"%.*s\" DROP NOT NULL", name,
                 (int)at->name.len, at->name.ptr);
        say(connection, "column_required", what, "the column is " ORDERS_REFUSED, remedy);
    }
    table_free(&table);
    return failed;
}

static int inspect_clock(struct connection *connection, sluice_error *error) {
    enum { MOST_S = 300 };
    PGresult *result = NULL;
    int failed = connection_query(connection, "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint",
                                  0, NULL, &result, error);
    if (failed)
        return failed;
    long long here = connection->host->now_ms() / 1000;
    long long off = here - strtoll(pq.getvalue(result, 0, 0), NULL, 10);
    pq.clear(result);
    if (llabs(off) > MOST_S) {
        char text[120];
        snprintf(text, sizeof text, "it is %lld minutes %s the database's", llabs(off) / 60,
                 off > 0 ? "ahead of" : "behind");
        say(connection, "clock_skew", "this machine's clock", text,
            "set the clock; without a right one nothing is spent");
    }
    return 0;
}

int inspect_orders(struct connection *connection, sluice_text option, const char *history,
                   sluice_error *error) {
    bool orders_there = false, history_there = false;
    char *table = table_name(option);
    if (!table)
        return connection->host->fail(error, SLUICE_E_IO, "out of memory");
    int failed = is_there(connection, table, option, &orders_there, error);
    if (!failed && orders_there)
        failed = inspect_columns(connection, table, option, error);
    if (!failed && orders_there)
        failed = ask_all(connection, table, false, error);
    if (!failed)
        failed = is_there(connection, history, text_of(history), &history_there, error);
    if (!failed && history_there)
        failed = ask_all(connection, history, true, error);
    if (!failed)
        failed = ask(connection, "read_only", read_only_sql, NULL, error);
    if (!failed)
        failed = inspect_clock(connection, error);
    free(table);
    return failed;
}

int inspect_twins(struct connection *connection, const char *table, sluice_error *error) {
    static const sluice_text keys[] = {{"order_id", 8}, {"provider", 8}, {"account", 7}};
    struct table info = {.name = (char *)(uintptr_t)table};
    struct sql sql = {0};
    PGresult *result = NULL;
    bool there = false;
    int failed = look_up(connection, table, &there, error);
    if (failed || !there)
        return failed;
    failed = table_read(&info, connection, error);
    bool keyed = !failed && (table_has_key(&info, keys, 1) || table_has_key(&info, keys, 3));
    bool known = !failed && table_find(&info, keys[0]) >= 0;
    bool owned = !failed && table_find(&info, keys[1]) >= 0 && table_find(&info, keys[2]) >= 0;
    table_free(&info);
    if (failed || keyed || !known)
        return failed;
    sql_add(
        &sql,
        "SELECT order_id, count(*), count(*) OVER () FROM %s WHERE order_id IS NOT NULL GROUP BY order_id%s"
        " HAVING count(*) > 1 ORDER BY 1 LIMIT 1",
        table, owned ? ", provider, account" : "");
    failed = sql.failed ? connection->host->fail(error, SLUICE_E_IO, "out of memory")
                        : connection_query(connection, sql.text, 0, NULL, &result, error);
    if (!failed && pq.ntuples(result))
        failed = connection->host->fail(error, SLUICE_E_DATA,
                                        "%s: in table %s the order id %.60s is there %s times, and %s ids "
                                        "are there more than once; remove "
                                        "the rows that are too many, then run 'sluice store init' again",
                                        connection->server, table, pq.getvalue(result, 0, 0),
                                        pq.getvalue(result, 0, 1), pq.getvalue(result, 0, 2));
    if (result)
        pq.clear(result);
    sql_free(&sql);
    return failed;
}
