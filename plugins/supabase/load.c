#include "load.h"

#include <stdio.h>
#include <string.h>

enum { DATA_BYTES = 256 * 1024 };

/* ---- is it a table for that? -------------------------------------------------------------- */

/* One row: why not, or null. That a table has no file is the one proof that it holds no row, whoever asks. It
 * is truncated all the same, so that what an aborted load leaves is gone; subscribers would be truncated,
 * too. */
static const char suited_sql[] =
    "SELECT CASE WHEN c.relkind <> 'r' OR c.relpersistence <> 'p' OR c.relhassubclass OR c.relispartition"
    " THEN 'it isn''t an ordinary table'"
    " WHEN NOT pg_has_role(c.relowner, 'USAGE') THEN 'it belongs to another role'"
    " WHEN pg_relation_size(c.oid) > 0 THEN 'there are rows in it'"
    " WHEN row_security_active(c.oid) THEN 'row-level security holds for this role'"
    " WHEN EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal"
    " AND t.tgenabled <> 'D' AND t.tgtype & 36 <> 0) THEN 'it has a trigger on INSERT or TRUNCATE'"
    " WHEN EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid) THEN 'it has a rule'"
    " WHEN EXISTS (SELECT FROM pg_constraint WHERE confrelid = c.oid AND contype = 'f')"
    " THEN 'another table refers to it'"
    " WHEN EXISTS (SELECT FROM pg_publication AS p, pg_get_publication_tables(p.pubname) AS t"
    " WHERE p.pubtruncate AND t.relid = c.oid) THEN 'it is published to subscribers' END,"
    " now()::text FROM pg_class AS c WHERE c.oid = to_regclass($1)";

/* What stands in the way of dropping an index and making it again as it was: something that depends on it, or
 * that its definition doesn't say. Such an index stays, and is kept up row by row. */
static const char indexes_sql[] =
    "SELECT CASE WHEN k.oid IS NULL THEN format('DROP INDEX %I.%I', n.nspname, x.relname)"
    " ELSE format('ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, c.relname, k.conname) END,"
    " pg_get_indexdef(x.oid) || CASE k.contype WHEN 'p' THEN format('; ALTER TABLE %I.%I ADD CONSTRAINT %I"
    " PRIMARY KEY USING INDEX %I', n.nspname, c.relname, k.conname, x.relname)"
    " WHEN 'u' THEN format('; ALTER TABLE %I.%I ADD CONSTRAINT %I UNIQUE USING INDEX %I',"
    " n.nspname, c.relname, k.conname, x.relname) ELSE '' END"
    " FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS c ON c.oid = i.indrelid"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_constraint AS k ON k.conindid = x.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', "
    "'x')"
    " WHERE c.oid = to_regclass($1) AND i.indisvalid AND i.indisready AND i.indimmediate"
    " AND NOT (i.indisclustered OR i.indisreplident OR i.indisexclusion)"
    " AND i.indexprs IS NULL AND x.reltablespace = 0 AND obj_description(x.oid, 'pg_class') IS NULL"
    " AND (k.oid IS NULL OR obj_description(k.oid, 'pg_constraint') IS NULL)"
    " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = "
    "x.oid)"
    " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_constraint'::regclass"
    " AND d.refobjid = k.oid AND NOT (d.classid = 'pg_class'::regclass AND d.objid = x.oid))"
    " ORDER BY x.oid";

static int ask_suited(struct load *load, struct connection *connection, const struct merge *merge,
                      sluice_error *error) {
    const char *const table[] = {merge->table->name};
    PGresult *result = NULL;
    int failed = connection_query(connection, suited_sql, 1, table, &result, error);
    if (failed)
        return failed;
    bool there = pq.ntuples(result) == 1;
    bool suits = there && pq.getisnull(result, 0, 0);
    snprintf(load->reason, sizeof load->reason, "%s",
             suits   ? ""
             : there ? pq.getvalue(result, 0, 0)
                     : "it is gone");
    snprintf(load->now, sizeof load->now, "%s", there ? pq.getvalue(result, 0, 1) : "");
    load->unsuited = suits ? NULL : load->reason;
    pq.clear(result);
    return 0;
}

/* Others may have it open. They aren't waited for for long, since whoever comes after waits behind us. */
static int lock(struct load *load, struct connection *connection, const struct merge *merge,
                sluice_error *error) {
    struct sql sql = {0};
    sql_add(&sql, "LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE", merge->table->name);
    int failed = sql.failed ? connection->host->fail(error, SLUICE_E_IO, "out of memory")
                            : connection_run(connection, sql.text, error);
    sql_free(&sql);
    if (failed && connection->fault == FAULT_AGAIN && connection_is_alive(connection)) {
        load->unsuited = "others are at work in it";
        return 0;
    }
    return failed;
}

/* ---- the transaction ---------------------------------------------------------------------- */

static int begin(struct load *load, struct connection *connection, const struct merge *merge,
                 sluice_error *error) {
    int failed = connection_run(connection,
                                "BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL synchronous_commit = on;"
                                " SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '2s';"
                                " SET LOCAL idle_in_transaction_session_timeout = 0",
                                error);
    if (!failed)
        failed = ask_suited(load, connection, merge, error);
    if (!failed && !load->unsuited)
        failed = lock(load, connection, merge, error);
    if (!failed && !load->unsuited)
        failed = connection_run(connection, "SET LOCAL lock_timeout TO DEFAULT", error);
    if (!failed && !load->unsuited)
        failed = ask_suited(load, connection, merge, error);
    return failed;
}

/* Statements that drop the indexes, and in load->indexes those that make them again. */
static int take_indexes(struct load *load, struct connection *connection, const struct merge *merge,
                        struct sql *drop, sluice_error *error) {
    const char *const table[] = {merge->table->name};
    PGresult *result = NULL;
    int failed = connection_query(connection, indexes_sql, 1, table, &result, error);
    if (failed)
        return failed;
    sql_clear(&load->indexes);
    for (int row = 0; row < pq.ntuples(result); row++) {
        sql_add(drop, "%s; ", pq.getvalue(result, row, 0));
        sql_add(&load->indexes, "%s; ", pq.getvalue(result, row, 1));
    }
    pq.clear(result);
    return 0;
}

/* To sort in: as much as the server keeps for its cache, which grows with the machine, but at most 1 GB. */
static const char room_sql[] =
    "SELECT set_config('maintenance_work_mem', greatest(m.setting::bigint, least(1048576,"
    " b.setting::bigint * current_setting('block_size')::int / 1024))::text || 'kB', true)"
    " FROM pg_settings AS m, pg_settings AS b WHERE m.name = 'maintenance_work_mem' AND b.name = "
    "'shared_buffers'; ";

static int start_copy(struct load *load, struct connection *connection, const struct merge *merge,
                      sluice_error *error) {
    struct sql sql = {0};
    int failed = take_indexes(load, connection, merge, &sql, error);
    if (!failed)
        failed = connection_run(connection, room_sql, error);
    sql_add(&sql, "TRUNCATE ONLY %s; COPY %s (", merge->table->name, merge->table->name);
    for (uint32_t i = 0; i < merge->count; i++) {
        sql_add(&sql, i ? ", " : "");
        sql_name(&sql, merge_name(merge, i));
    }
    sql_add(&sql, ") FROM STDIN (FREEZE)");
    if (!failed && (sql.failed || load->indexes.failed))
        failed = connection->host->fail(error, SLUICE_E_IO, "out of memory");
    if (!failed)
        failed = connection_copy(connection, sql.text, error);
    sql_free(&sql);
    return failed;
}

int load_begin(struct load *load, struct connection *connection, const struct merge *merge,
               sluice_error *error) {
    load->unsuited = NULL;
    load->created = merge->orders ? merge_find(merge, "created_at") : -1;
    int failed = begin(load, connection, merge, error);
    if (!failed && !load->unsuited)
        failed = start_copy(load, connection, merge, error);
    load->active = !failed && !load->unsuited;
    if (!load->active)
        connection_give_up(connection);
    return failed;
}

/* ---- rows --------------------------------------------------------------------------------- */

static void add_row(struct load *load, const struct merge *merge, const sluice_batch *batch, uint32_t row) {
    for (uint32_t i = 0; i < merge->count; i++) {
        sluice_text cell = merge_cell(merge, batch, row, i);
        if (i)
            sql_bytes(&load->data, "\t", 1);
        if (!cell.ptr && (int32_t)i == load->created)
            cell = (sluice_text){load->now, strlen(load->now)};
        sql_cell(&load->data, cell);
    }
    sql_bytes(&load->data, "\n", 1);
}

int load_rows(struct load *load, struct connection *connection, const struct merge *merge,
              const sluice_batch *batch, const uint32_t *rows, uint32_t count, sluice_error *error) {
    int failed = 0;
    sql_clear(&load->data);
    for (uint32_t i = 0; i < count && !failed; i++) {
        add_row(load, merge, batch, rows[i]);
        if (load->data.length < DATA_BYTES && i + 1 < count)
            continue;
        failed = load->data.failed ? connection->host->fail(error, SLUICE_E_IO, "out of memory")
                                   : connection_copy_data(connection, &load->data, error);
        sql_clear(&load->data);
    }
    return failed;
}

int load_end(struct load *load, struct connection *connection, struct history *history, sluice_error *error) {
    load->active = false;
    int failed = connection_copy_end(connection, error);
    if (!failed && load->indexes.length)
        failed = connection_run(connection, load->indexes.text, error);
    if (!failed)
        failed = history_write(history, connection, error);
    return failed ? failed : connection_run(connection, "COMMIT", error);
}

void load_free(struct load *load) {
    sql_free(&load->indexes);
    sql_free(&load->data);
    load->active = false;
}
