#include "place.h"

#include <string.h>

#include "orders.h"

static bool is(sluice_text text, const char *name) {
    return text.len == strlen(name) && memcmp(text.ptr, name, text.len) == 0;
}

static const char *type_of(const struct merge *merge, uint32_t value) {
    return merge->table->columns[merge->values[value].target].type;
}

static bool is_text(const struct merge *merge, uint32_t value) {
    const char *type = type_of(merge, value);
    return strncmp(type, "text", 4) == 0 || strncmp(type, "character", 9) == 0;
}

/* ---- where the rows come from --------------------------------------------------------------- */

static void add_columns(struct sql *sql, const struct merge *merge, const char *type) {
    for (uint32_t i = 0; i < merge->count; i++)
        sql_add(sql, ", c%u%s", i, type);
}

/* Rows are few beside the table's, and found by its key: other ways to join would read all of it. */
void place_begin(struct sql *sql, const struct merge *merge, bool copied) {
    sql_add(sql, "BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL synchronous_commit = on; "
                 "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off; "
                 "SET CONSTRAINTS ALL IMMEDIATE; ");
    if (!copied)
        return;
    sql_add(sql, "CREATE TEMPORARY TABLE sluice_new(row int");
    add_columns(sql, merge, " text");
    sql_add(sql, ") ON COMMIT DROP; COPY sluice_new FROM STDIN; ");
}

/* The texts as the table's types. */
static void add_typed(struct sql *sql, const struct merge *merge, const struct place *place) {
    sql_add(sql, "SELECT row");
    for (uint32_t i = 0; i < merge->count; i++) {
        bool created = merge->orders && is(merge_name(merge, i), "created_at");
        sql_add(sql, created ? ", coalesce(c%u::%s, now()) AS " : ", c%u::%s AS ", i, type_of(merge, i));
        sql_name(sql, merge_name(merge, i));
    }
    if (!place->literals) {
        sql_add(sql, " FROM sluice_new");
        return;
    }
    sql_add(sql, " FROM (VALUES ");
    if (place->literals->length)
        sql_bytes(sql, place->literals->text, place->literals->length);
    sql_add(sql, ") AS sluice_new(row");
    add_columns(sql, merge, "");
    sql_add(sql, ")");
}

/* ---- what a row has after it met a new one -------------------------------------------------- */

/* A new value as an expression, and the stored one. */
struct pair {
    struct sql new, old;
};

static void add_column(struct sql *sql, const struct merge *merge, uint32_t value, const char *of) {
    sql_add(sql, "%s.", of);
    sql_name(sql, merge_name(merge, value));
}

static struct pair pair_make(const struct merge *merge, uint32_t value, const char *new) {
    struct pair pair = {{0}, {0}};
    add_column(&pair.new, merge, value, new);
    add_column(&pair.old, merge, value, "old");
    if (strcmp(type_of(merge, value), "json") == 0) { /* a type without equality */
        sql_add(&pair.new, "::text");
        sql_add(&pair.old, "::text");
    }
    return pair;
}

static bool pair_end(struct pair *pair, struct sql *sql) {
    sql->failed |= pair->new.failed || pair->old.failed;
    sql_free(&pair->new);
    sql_free(&pair->old);
    return !sql->failed;
}

#define FINAL "('completed', 'rejected')"

static void add_status(struct sql *sql, const char *new, const char *old) {
    sql_add(sql,
            "CASE WHEN %s IS NULL OR (lower(%s) = 'pending' AND %s <> '') OR (lower(%s) IN " FINAL
            " AND lower(%s) NOT IN " FINAL ") THEN %s ELSE %s END",
            new, new, old, old, new, old, new);
}

/* Members of the new object replace those of the stored one; only those of `pairs` are merged one by one,
 * since a later result that says less mustn't erase what an earlier one said. */
static void add_json(struct sql *sql, const char *new, const char *old, const char *type,
                     enum place_json json) {
    if (json == PLACE_JSON_LEAVE) {
        sql_add(sql, "%s", old);
        return;
    }
    sql_add(sql,
            "CASE WHEN %s IS NULL OR %s = %s OR %s::text !~ '^\\s*\\{' THEN %s"
            " WHEN coalesce(%s::text, '') = '' THEN %s ELSE (SELECT (b || j || CASE"
            " WHEN jsonb_typeof(b -> 'pairs') = 'object' AND jsonb_typeof(j -> 'pairs') = 'object'"
            " THEN jsonb_build_object('pairs', (b -> 'pairs') || (j -> 'pairs')) ELSE '{}' END)::%s"
            " FROM (SELECT %s::jsonb AS j, ",
            new, new, old, new, old, old, new, type, new);
    if (json == PLACE_JSON_WRAP)
        sql_add(sql, "jsonb_build_object('previous', %s::text)", old);
    else
        sql_add(sql,
                "CASE WHEN %s::text ~ '^\\s*\\{' THEN %s::jsonb ELSE"
                " jsonb_build_object('previous', %s::text) END",
                old, old, old);
    sql_add(sql, " AS b) AS pair) END");
}

static enum merge_rule rule_of(const struct merge *merge, uint32_t value) {
    return orders_rule(merge_name(merge, value));
}

static void add_merged(struct sql *sql, const struct merge *merge, uint32_t value, const char *new,
                       enum place_json json) {
    struct pair pair = pair_make(merge, value, new);
    const char *n = pair.new.text, *o = pair.old.text;
    enum merge_rule rule = rule_of(merge, value);
    if (!n || !o)
        sql->failed = true;
    else if (!merge->orders)
        sql_add(sql, "%s", n);
    else if (rule == MERGE_STATUS)
        add_status(sql, n, o);
    else if (rule == MERGE_JSON)
        add_json(sql, n, o, type_of(merge, value), json);
    else if (rule == MERGE_NEWS)
        sql_add(sql, "coalesce(%s, %s)", n, o);
    else if (is_text(merge, value))
        sql_add(sql, "coalesce(nullif(%s, ''), %s, %s)", o, n, o);
    else
        sql_add(sql, "coalesce(%s, %s)", o, n);
    pair_end(&pair, sql);
}

/* Would that be something else than what is stored? Said so that what is known already is neither converted
 * nor compared. */
static void add_change(struct sql *sql, const struct merge *merge, uint32_t value, const char *new,
                       enum place_json json) {
    struct pair pair = pair_make(merge, value, new);
    const char *n = pair.new.text, *o = pair.old.text;
    enum merge_rule rule = rule_of(merge, value);
    if (!n || !o)
        sql->failed = true;
    else if (!merge->orders)
        sql_add(sql, "%s IS DISTINCT FROM %s", n, o);
    else if (rule == MERGE_NEWS)
        sql_add(sql, "(%s IS NOT NULL AND %s IS DISTINCT FROM %s)", n, n, o);
    else if (rule == MERGE_STATUS || rule == MERGE_JSON) {
        sql_add(sql, "(%s IS DISTINCT FROM %s AND (", n, o);
        add_merged(sql, merge, value, new, json);
        sql_add(sql, ") IS DISTINCT FROM %s)", o);
    } else if (is_text(merge, value))
        sql_add(sql, "(coalesce(%s, '') = '' AND %s IS NOT NULL)", o, n);
    else
        sql_add(sql, "(%s IS NULL AND %s IS NOT NULL)", o, n);
    pair_end(&pair, sql);
}

static bool is_merged(const struct merge *merge, uint32_t value) {
    return value >= merge->key_count && !(merge->orders && rule_of(merge, value) == MERGE_STORE);
}

static void add_changed(struct sql *sql, const struct merge *merge, const char *new, enum place_json json) {
    sql_add(sql, "(false");
    for (uint32_t i = 0; i < merge->count; i++)
        if (is_merged(merge, i)) {
            sql_add(sql, " OR ");
            add_change(sql, merge, i, new, json);
        }
    sql_add(sql, ")");
}

/* A provider or account that isn't known (rows of an older system) may be anyone's; then the IMEI decides. */
static void add_same_order(struct sql *sql, const struct merge *merge, const char *new) {
    static const char *const owners[] = {"provider", "account"};
    sql_add(sql, "(true");
    for (size_t i = 0; i < 2 && merge->orders; i++)
        if (merge_find(merge, owners[i]) >= (int32_t)merge->key_count)
            sql_add(sql, " AND (coalesce(old.%s, '') IN ('', %s.%s) OR %s.%s = '')", owners[i], new,
                    owners[i], new, owners[i]);
    if (merge->orders && merge_find(merge, "imei") >= 0)
        sql_add(sql, " AND (coalesce(old.imei, '') IN ('', %s.imei) OR %s.imei IS NULL)", new, new);
    sql_add(sql, ")");
}

/* ---- the statements ------------------------------------------------------------------------- */

static void add_names(struct sql *sql, const struct merge *merge, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        sql_add(sql, i ? ", " : "");
        sql_name(sql, merge_name(merge, i));
    }
}

static void add_key_join(struct sql *sql, const struct merge *merge) {
    for (uint32_t i = 0; i < merge->key_count; i++) {
        sql_add(sql, i ? " AND " : "");
        add_column(sql, merge, i, "old");
        sql_add(sql, " = ");
        add_column(sql, merge, i, "new");
    }
}

static void add_update(struct sql *sql, const struct merge *merge, enum place_json json) {
    const char *comma = "";
    bool keeps_time =
        merge->orders && table_find(merge->table, (sluice_text){"updated_at", strlen("updated_at")}) >= 0;
    sql_add(sql, ") DO UPDATE SET ");
    for (uint32_t i = 0; i < merge->count; i++)
        if (is_merged(merge, i)) {
            sql_add(sql, "%s", comma);
            sql_name(sql, merge_name(merge, i));
            sql_add(sql, " = ");
            add_merged(sql, merge, i, "excluded", json);
            comma = ", ";
        }
    if (keeps_time)
        sql_add(sql, "%supdated_at = now()", comma);
    sql_add(sql, " WHERE ");
    add_same_order(sql, merge, "excluded");
    sql_add(sql, " AND ");
    add_changed(sql, merge, "excluded", json);
}

static bool has_merged(const struct merge *merge) {
    for (uint32_t i = 0; i < merge->count; i++)
        if (is_merged(merge, i))
            return true;
    return false;
}

static void add_insert(struct sql *sql, const struct merge *merge, enum place_json json, const char *from) {
    sql_add(sql, "INSERT INTO %s AS old (", merge->table->name);
    add_names(sql, merge, merge->count);
    sql_add(sql, ") SELECT ");
    add_names(sql, merge, merge->count);
    sql_add(sql, " FROM %s ON CONFLICT (", from);
    add_names(sql, merge, merge->key_count);
    if (has_merged(merge))
        add_update(sql, merge, json);
    else
        sql_add(sql, ") DO NOTHING");
    sql_add(sql, " RETURNING 1");
}

/* Whose the stored order is. */
static void add_stranger(struct sql *sql, const struct merge *merge) {
    static const char *const columns[] = {"provider", "account", "imei"};
    for (size_t i = 0; i < 3; i++)
        sql_add(sql,
                merge_find(merge, columns[i]) >= 0 ? ", old.%s::text AS sluice_%s" : ", '' AS sluice_%.0s%s",
                columns[i], columns[i]);
}

/* Only rows that are new, changed, or a stranger's. */
static void add_found(struct sql *sql, const struct merge *merge, const struct place *place) {
    sql_add(sql, "found AS MATERIALIZED (SELECT new.*, ");
    add_column(sql, merge, 0, "old");
    sql_add(sql, " IS NULL AS sluice_fresh, ");
    add_same_order(sql, merge, "new");
    sql_add(sql, " AS sluice_same");
    add_stranger(sql, merge);
    sql_add(sql, " FROM new LEFT JOIN %s AS old ON ", merge->table->name);
    add_key_join(sql, merge);
    sql_add(sql, " WHERE ");
    add_column(sql, merge, 0, "old");
    sql_add(sql, " IS NULL OR NOT ");
    add_same_order(sql, merge, "new");
    sql_add(sql, " OR ");
    add_changed(sql, merge, "new", place->json);
    sql_add(sql, "), ");
}

void place_rows(struct sql *sql, const struct merge *merge, const struct place *place) {
    sql_add(sql, "WITH new AS (");
    add_typed(sql, merge, place);
    sql_add(sql, "), ");
    if (place->look_first)
        add_found(sql, merge, place);
    sql_add(sql, "placed AS (");
    add_insert(sql, merge, place->json,
               place->look_first ? "found WHERE sluice_fresh OR sluice_same" : "new WHERE true");
    sql_add(sql, ") ");
    if (place->look_first && merge->orders)
        sql_add(sql, "SELECT row, sluice_provider, sluice_account, sluice_imei, order_id FROM found"
                     " WHERE NOT sluice_fresh AND NOT sluice_same UNION ALL ");
    sql_add(sql,
            "SELECT NULL::int, (SELECT count(*) FROM placed)::text, (SELECT count(*) FROM %s)::text, "
            "NULL, NULL",
            place->look_first ? "found WHERE sluice_fresh OR sluice_same" : "new");
}
