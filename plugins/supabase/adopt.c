#include "adopt.h"

#include <string.h>

#include "orders.h"

/* ---- are there any? ----------------------------------------------------------------------- */

static bool is_text(const char *type) {
    return strncmp(type, "text", 4) == 0 || strncmp(type, "character", 9) == 0;
}

static bool ask(struct connection *connection, const char *table, sluice_error *error, int *failed) {
    PGresult *found = NULL;
    struct sql sql = {0};
    sql_add(&sql, "SELECT EXISTS (SELECT FROM %s WHERE order_id LIKE '" ORDERS_IMPORTED "%%')", table);
    *failed = sql.failed ? connection->host->fail(error, SLUICE_E_IO, "out of memory")
                         : connection_query(connection, sql.text, 0, NULL, &found, error);
    sql_free(&sql);
    bool some = !*failed && *pq.getvalue(found, 0, 0) == 't';
    if (found)
        pq.clear(found);
    return some;
}

/* A table without the index may be too large to be looked through; then there may be some. */
int adopt_look(struct connection *connection, const struct table *table, bool *there, sluice_error *error) {
    int32_t id = table_find(table, (sluice_text){"order_id", 8});
    sluice_error own = {.size = sizeof own};
    int failed;
    if (id < 0 || !is_text(table->columns[id].type) || !table->readable)
        return 0;
    bool some = ask(connection, table->name, &own, &failed);
    bool slow = failed && connection->fault == FAULT_SIZE;
    if (slow)
        connection->fault = FAULT_NONE;
    else if (failed)
        return connection->host->fail(error, failed, "%s", own.text);
    *there = *there || some || slow;
    return 0;
}

/* ---- which order is which ------------------------------------------------------------------- */

/* A waiting row's value as the table's type. */
static void add_new(struct sql *sql, const struct merge *merge, int32_t value) {
    sql_add(sql, "new.c%d::%s", value, merge->table->columns[merge->values[value].target].type);
}

static void add_same(struct sql *sql, const struct merge *merge, const char *column) {
    int32_t value = merge_find(merge, column);
    if (value < 0)
        return;
    sql_add(sql, " AND old.%s = ", column);
    add_new(sql, merge, value);
}

/* The value of a column that holds times; -1: there is none. */
static int32_t find_date(const struct merge *merge) {
    int32_t value = merge_find(merge, "order_date");
    bool time =
        value >= 0 && strncmp(merge->table->columns[merge->values[value].target].type, "timestamp", 9) == 0;
    return time ? value : -1;
}

static void add_distance(struct sql *sql, const struct merge *merge) {
    sql_add(sql, "abs(extract(epoch FROM old.order_date - ");
    add_new(sql, merge, find_date(merge));
    sql_add(sql, "))");
}

/* An export's times may be those of another zone. */
static void add_same_purchase(struct sql *sql, const struct merge *merge) {
    int32_t service = merge_find(merge, "service_name");
    add_same(sql, merge, "imei");
    if (service >= 0)
        sql_add(sql, " AND coalesce(old.service_name, '') = coalesce(new.c%d, '')", service);
    if (find_date(merge) >= 0) {
        sql_add(sql, " AND coalesce(");
        add_distance(sql, merge);
        sql_add(sql, " <= 86400, true)");
    }
}

/* ---- the statements ------------------------------------------------------------------------- */

static void leave_out_twins(struct sql *sql, const struct merge *merge) {
    sql_add(sql,
            "DELETE FROM sluice_new AS new USING %s AS old WHERE new.c0 LIKE '" ORDERS_IMPORTED
            "%%' AND old.order_id NOT LIKE '" ORDERS_IMPORTED "%%'",
            merge->table->name);
    add_same_purchase(sql, merge);
    sql_add(sql, "; ");
}

/* Of several that may be meant the nearest, and each for one row. */
static void rename_imported(struct sql *sql, const struct merge *merge) {
    const char *table = merge->table->name;
    sql_add(
        sql,
        "UPDATE %s AS old SET order_id = pair.order_id FROM (SELECT DISTINCT ON (new.row) old.ctid AS place,"
        " new.c0 AS order_id FROM sluice_new AS new JOIN %s AS old ON old.order_id LIKE '" ORDERS_IMPORTED
        "%%' AND new.c0 NOT LIKE '" ORDERS_IMPORTED "%%'",
        table, table);
    add_same_purchase(sql, merge);
    add_same(sql, merge, "provider");
    add_same(sql, merge, "account");
    sql_add(sql, " AND NOT EXISTS (SELECT FROM %s AS old WHERE old.order_id = new.c0", table);
    if (merge->key_count > 1) {
        add_same(sql, merge, "provider");
        add_same(sql, merge, "account");
    }
    sql_add(sql, ") ORDER BY new.row");
    if (find_date(merge) >= 0) {
        sql_add(sql, ", ");
        add_distance(sql, merge);
    }
    sql_add(sql, ") AS pair WHERE old.ctid = pair.place; ");
}

/* The joins go by the IMEI, which a table need not have an index of; elsewhere all go by the key. */
void adopt_rows(struct sql *sql, const struct merge *merge) {
    if (!merge->orders || !merge->values[0].is_text || merge_find(merge, "imei") < 0)
        return;
    sql_add(sql, "SET LOCAL enable_hashjoin = on; ");
    rename_imported(sql, merge);
    leave_out_twins(sql, merge);
    sql_add(sql, "SET LOCAL enable_hashjoin = off; ");
}
