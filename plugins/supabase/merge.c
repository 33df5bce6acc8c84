#include "merge.h"

#include <stdlib.h>
#include <string.h>

#include "orders.h"

static bool is(sluice_text text, const char *name) {
    return text.len == strlen(name) && memcmp(text.ptr, name, text.len) == 0;
}

static sluice_text target_name(const struct merge *merge, uint32_t value) {
    return merge->table->columns[merge->values[value].target].name;
}

static int32_t find_value(const struct merge *merge, const char *name) {
    for (uint32_t i = 0; i < merge->count; i++)
        if (is(target_name(merge, i), name))
            return (int32_t)i;
    return -1;
}

/* ---- which field goes where --------------------------------------------------------------- */

static uint32_t source_of(const sluice_batch *batch, sluice_text name) {
    int32_t column = sluice_find_column(batch, name.ptr, name.len);
    return column < 0 ? MERGE_ABSENT : (uint32_t)column;
}

static void add_value(struct merge *merge, uint32_t source, int32_t target) {
    merge->values[merge->count++] = (struct merge_value){source, (uint32_t)target};
}

/* order_id alone where that is unique, for it is the stricter key. */
static int choose_order_key(struct merge *merge, const sluice_batch *batch, const sluice_host *host,
                            sluice_error *error) {
    static const sluice_text names[] = {{"order_id", 8}, {"provider", 8}, {"account", 7}};
    uint32_t keys = table_has_key(merge->table, names, 1) ? 1 : table_has_key(merge->table, names, 3) ? 3 : 0;
    if (!keys)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "table %s: order_id isn't unique in it, so an order that is delivered twice would be there "
            "twice; run 'sluice store init'",
            merge->table->name);
    for (uint32_t i = 0; i < 3; i++) {
        int32_t target = table_find(merge->table, names[i]);
        if (target >= 0)
            add_value(merge, source_of(batch, names[i]), target);
    }
    merge->key_count = keys;
    return 0;
}

static int choose_key(struct merge *merge, sluice_texts keys, const sluice_batch *batch,
                      const sluice_host *host, sluice_error *error) {
    for (uint64_t i = 0; i < keys.count; i++) {
        int32_t target = table_find(merge->table, keys.items[i]);
        uint32_t source = source_of(batch, keys.items[i]);
        if (target < 0 || source == MERGE_ABSENT)
            return host->fail(
                error, SLUICE_E_CONFIG, "option 'conflict': %s no '%.*s'; name one that they have",
                target < 0 ? "the table has" : "the records have", (int)keys.items[i].len, keys.items[i].ptr);
        add_value(merge, source, target);
    }
    merge->key_count = merge->count;
    if (!table_has_key(merge->table, keys.items, keys.count))
        return host->fail(
            error, SLUICE_E_CONFIG,
            "option 'conflict': table %s has no unique key over just these columns; name some that "
            "have, or add one",
            merge->table->name);
    return 0;
}

static bool is_taken(const struct merge *merge, uint32_t target) {
    for (uint32_t i = 0; i < merge->count; i++)
        if (merge->values[i].target == target)
            return true;
    return false;
}

static bool is_stores_own(const struct merge *merge, uint32_t target) {
    sluice_text name = merge->table->columns[target].name;
    return merge->table->columns[target].generated ||
           (merge->orders && (is(name, "id") || is(name, "updated_at")));
}

static void choose_others(struct merge *merge, const sluice_batch *batch) {
    for (uint32_t c = 0; c < batch->column_count; c++) {
        int32_t target = table_find(merge->table, batch->names[c]);
        if (target < 0)
            sql_add(&merge->extra, "%s%.*s", merge->extra.length ? ", " : "", (int)batch->names[c].len,
                    batch->names[c].ptr);
        else if (!is_taken(merge, (uint32_t)target) && !is_stores_own(merge, (uint32_t)target))
            add_value(merge, c, target);
    }
}

static bool keep_names(struct merge *merge, const sluice_batch *batch) {
    uint64_t bytes = 0;
    for (uint32_t c = 0; c < batch->column_count; c++)
        bytes += batch->names[c].len;
    merge->names = malloc(batch->column_count * sizeof *merge->names + bytes + 1);
    if (!merge->names)
        return false;
    char *at = (char *)(merge->names + batch->column_count);
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (name.len)
            memcpy(at, name.ptr, name.len);
        merge->names[c] = (sluice_text){at, name.len};
        at += name.len;
    }
    merge->name_count = batch->column_count;
    return true;
}

int merge_make(struct merge *merge, const struct table *table, sluice_texts keys, bool orders,
               const sluice_batch *batch, const sluice_host *host, sluice_error *error) {
    merge_free(merge);
    merge->table = table;
    merge->orders = orders;
    merge->values = calloc(table->column_count + keys.count + 1, sizeof *merge->values);
    if (!merge->values || !keep_names(merge, batch))
        return host->fail(error, SLUICE_E_IO, "out of memory");
    int failed =
        orders ? choose_order_key(merge, batch, host, error) : choose_key(merge, keys, batch, host, error);
    if (!failed)
        choose_others(merge, batch);
    return failed;
}

void merge_free(struct merge *merge) {
    free(merge->values);
    free(merge->names);
    sql_free(&merge->extra);
    *merge = (struct merge){0};
}

bool merge_suits(const struct merge *merge, const sluice_batch *batch) {
    if (!merge->values || merge->name_count != batch->column_count)
        return false;
    for (uint32_t c = 0; c < batch->column_count; c++)
        if (merge->names[c].len != batch->names[c].len ||
            memcmp(merge->names[c].ptr, batch->names[c].ptr, batch->names[c].len) != 0)
            return false;
    return true;
}

/* ---- in ----------------------------------------------------------------------------------- */

void merge_sql_temporary(struct sql *sql, const struct merge *merge) {
    sql_add(sql, "CREATE TEMPORARY TABLE IF NOT EXISTS sluice_new(row int");
    for (uint32_t i = 0; i < merge->count; i++)
        sql_add(sql, ", c%u text", i);
    sql_add(sql, ") ON COMMIT DROP; TRUNCATE sluice_new");
}

/* Empty is null in a table of orders, so that it erases nothing; provider and account are of the key. */
static sluice_text tidy(const struct merge *merge, uint32_t value, sluice_text text) {
    sluice_text name = target_name(merge, value);
    if (!merge->orders || text.len)
        return text;
    return (sluice_text){is(name, "provider") || is(name, "account") ? "" : NULL, 0};
}

void merge_row(struct sql *data, const struct merge *merge, const sluice_batch *batch, uint32_t row) {
    sql_add(data, "%u", row);
    for (uint32_t i = 0; i < merge->count; i++) {
        uint32_t source = merge->values[i].source;
        sluice_text text = source == MERGE_ABSENT ? (sluice_text){NULL, 0} : batch->cells[source][row];
        sql_bytes(data, "\t", 1);
        sql_cell(data, tidy(merge, i, text));
    }
    sql_bytes(data, "\n", 1);
}

/* ---- to their place ----------------------------------------------------------------------- */

static void add_column(struct sql *sql, const struct merge *merge, uint32_t value, const char *of) {
    sql_add(sql, "%s.", of);
    sql_name(sql, target_name(merge, value));
}

#define FINAL "('completed', 'rejected')"

/* What the row has after it met a new one: `new` is the alias of that. */
static void add_merged(struct sql *sql, const struct merge *merge, uint32_t value, const char *new,
                       bool keep_json) {
    struct sql n = {0}, o = {0};
    add_column(&n, merge, value, new);
    add_column(&o, merge, value, "old");
    sql->failed |= n.failed || o.failed;
    enum merge_rule rule = merge->orders ? orders_rule(target_name(merge, value)) : MERGE_KEY;
    if (sql->failed)
        ;
    else if (!merge->orders)
        sql_add(sql, "%s", n.text);
    else if (rule == MERGE_STATUS)
        sql_add(sql,
                "CASE WHEN %s IS NULL OR (lower(%s) = 'pending' AND %s <> '') OR (lower(%s) IN " FINAL
                " AND lower(%s) NOT IN " FINAL ") THEN %s ELSE %s END",
                n.text, n.text, o.text, o.text, n.text, o.text, n.text);
    else if (rule == MERGE_JSON && keep_json)
        sql_add(sql, "(jsonb_build_object('previous', %s) || coalesce(%s::jsonb, '{}'))::text", o.text,
                n.text);
    else if (rule == MERGE_JSON)
        sql_add(sql,
                "CASE WHEN %s IS NULL OR %s = %s THEN %s WHEN coalesce(%s::text, '') = '' THEN %s"
                " ELSE (CASE WHEN jsonb_typeof(%s::jsonb) = 'object' THEN %s::jsonb"
                " ELSE jsonb_build_object('previous', %s::jsonb) END || %s::jsonb)::text END",
                n.text, n.text, o.text, o.text, o.text, n.text, o.text, o.text, o.text, n.text);
    else if (rule == MERGE_NEWS)
        sql_add(sql, "coalesce(%s, %s)", n.text, o.text);
    else
        sql_add(sql, "coalesce(%s, %s)", o.text, n.text);
    sql_free(&n);
    sql_free(&o);
}

static bool is_merged(const struct merge *merge, uint32_t value) {
    if (!merge->orders)
        return value >= merge->key_count;
    return value > 0 && orders_rule(target_name(merge, value)) != MERGE_STORE;
}

static uint32_t merged_count(const struct merge *merge) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < merge->count; i++)
        count += is_merged(merge, i);
    return count;
}

/* A provider or account that isn't known (rows of an older system) may be anyone's; then the IMEI decides. */
static void add_same_order(struct sql *sql, const struct merge *merge, const char *new) {
    static const char *const owners[] = {"provider", "account"};
    if (!merge->orders)
        return;
    for (size_t i = 0; i < 2; i++)
        if (find_value(merge, owners[i]) >= 0)
            sql_add(sql, " AND (coalesce(old.%s, '') IN ('', %s.%s) OR %s.%s = '')", owners[i], new,
                    owners[i], new, owners[i]);
    if (find_value(merge, "imei") >= 0)
        sql_add(sql, " AND (coalesce(old.imei, '') IN ('', %s.imei) OR %s.imei IS NULL)", new, new);
}

static void add_changed(struct sql *sql, const struct merge *merge, const char *new, bool keep_json) {
    if (!merged_count(merge)) {
        sql_add(sql, " AND false");
        return;
    }
    sql_add(sql, " AND ROW(");
    const char *comma = "";
    for (uint32_t i = 0; i < merge->count; i++)
        if (is_merged(merge, i)) {
            sql_add(sql, "%s", comma);
            add_column(sql, merge, i, "old");
            comma = ", ";
        }
    sql_add(sql, ") IS DISTINCT FROM ROW(");
    comma = "";
    for (uint32_t i = 0; i < merge->count; i++)
        if (is_merged(merge, i)) {
            sql_add(sql, "%s", comma);
            add_merged(sql, merge, i, new, keep_json);
            comma = ", ";
        }
    sql_add(sql, ")");
}

static void add_names(struct sql *sql, const struct merge *merge, const char *of, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        sql_add(sql, "%s%s", i ? ", " : "", of);
        sql_name(sql, target_name(merge, i));
    }
}

static void add_key_join(struct sql *sql, const struct merge *merge) {
    for (uint32_t i = 0; i < merge->key_count; i++) {
        sql_add(sql, "%s", i ? " AND " : "");
        add_column(sql, merge, i, "old");
        sql_add(sql, " = ");
        add_column(sql, merge, i, "new");
    }
}

/* The texts as the table's types; of several rows with one key the last. */
static void add_typed(struct sql *sql, const struct merge *merge, uint32_t from, uint32_t to) {
    sql_add(sql, "SELECT DISTINCT ON (");
    for (uint32_t i = 0; i < merge->key_count; i++)
        sql_add(sql, "%sc%u", i ? ", " : "", i);
    sql_add(sql, ") row");
    for (uint32_t i = 0; i < merge->count; i++) {
        bool created = merge->orders && is(target_name(merge, i), "created_at");
        sql_add(sql, created ? ", coalesce(c%u::%s, now()) AS " : ", c%u::%s AS ", i,
                merge->table->columns[merge->values[i].target].type);
        sql_name(sql, target_name(merge, i));
    }
    sql_add(sql, " FROM sluice_new WHERE row >= %u AND row < %u ORDER BY ", from, to);
    for (uint32_t i = 0; i < merge->key_count; i++)
        sql_add(sql, "c%u, ", i);
    sql_add(sql, "row DESC");
}

void merge_sql_place(struct sql *sql, const struct merge *merge, uint32_t from, uint32_t to, bool keep_json) {
    const char *table = merge->table->name;
    sql_add(sql, "WITH new AS MATERIALIZED (");
    add_typed(sql, merge, from, to);
    sql_add(sql, ") INSERT INTO %s AS old (", table);
    add_names(sql, merge, "", merge->count);
    sql_add(sql, ") SELECT ");
    add_names(sql, merge, "new.", merge->count);
    /* Rows that would change nothing don't get as far as the conflict, which costs a visit to the heap. */
    sql_add(sql, " FROM new WHERE NOT EXISTS (SELECT FROM %s AS old WHERE ", table);
    add_key_join(sql, merge);
    sql_add(sql, " AND NOT (true");
    add_same_order(sql, merge, "new");
    add_changed(sql, merge, "new", keep_json);
    sql_add(sql, ")) ON CONFLICT (");
    add_names(sql, merge, "", merge->key_count);
    if (!merged_count(merge)) {
        sql_add(sql, ") DO NOTHING");
        return;
    }
    sql_add(sql, ") DO UPDATE SET ");
    const char *comma = "";
    for (uint32_t i = 0; i < merge->count; i++)
        if (is_merged(merge, i)) {
            sql_add(sql, "%s", comma);
            sql_name(sql, target_name(merge, i));
            sql_add(sql, " = ");
            add_merged(sql, merge, i, "excluded", keep_json);
            comma = ", ";
        }
    if (merge->orders && table_find(merge->table, (sluice_text){"updated_at", 10}) >= 0)
        sql_add(sql, ", updated_at = now()");
    sql_add(sql, " WHERE true");
    add_same_order(sql, merge, "excluded");
    add_changed(sql, merge, "excluded", keep_json);
}

void merge_sql_strangers(struct sql *sql, const struct merge *merge) {
    sql_add(sql, "WITH new AS (SELECT row");
    for (uint32_t i = 0; i < merge->count; i++) {
        sql_add(sql, ", c%u AS ", i);
        sql_name(sql, target_name(merge, i));
    }
    sql_add(sql,
            " FROM sluice_new) SELECT new.row, %s, %s, old.imei, old.order_id FROM new JOIN %s AS old ON ",
            find_value(merge, "provider") >= 0 ? "old.provider" : "''",
            find_value(merge, "account") >= 0 ? "old.account" : "''", merge->table->name);
    add_key_join(sql, merge);
    sql_add(sql, " WHERE NOT (true");
    add_same_order(sql, merge, "new");
    sql_add(sql, ")");
}
