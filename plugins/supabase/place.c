#include "place.h"

#include <string.h>

#include "orders.h"

static bool is(sluice_text text, const char *name) {
    return text.len == strlen(name) && memcmp(text.ptr, name, text.len) == 0;
}

static const char *type_of(const struct merge *merge, uint32_t value) {
    return merge->table->columns[merge->values[value].target].type;
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

/* A table of orders that takes no null there gets its default for what a record doesn't say. */
static const char *otherwise_of(const struct merge *merge, uint32_t value) {
    bool own = merge->orders && value >= merge->key_count && !is(merge_name(merge, value), "created_at");
    return own ? merge->table->columns[merge->values[value].target].otherwise : NULL;
}

static struct pair pair_make(const struct merge *merge, uint32_t value, const char *new) {
    struct pair pair = {{0}, {0}};
    const char *otherwise = strcmp(new, "excluded") == 0 ? otherwise_of(merge, value) : NULL;
    sql_add(&pair.new, otherwise ? "nullif(" : "");
    add_column(&pair.new, merge, value, new);
    if (otherwise) /* which is no news */
        sql_add(&pair.new, ", %s)", otherwise);
    add_column(&pair.old, merge, value, "old");
    return pair;
}

static bool pair_end(struct pair *pair, struct sql *sql) {
    sql->failed |= pair->new.failed || pair->old.failed;
    sql_free(&pair->new);
    sql_free(&pair->old);
    return !sql->failed;
}

#define FINAL "('completed', 'rejected')"

static void add_status(struct sql *sql, const char *new, const char *old, bool fills) {
    sql_add(sql,
            "CASE WHEN %s IS NULL OR (lower(%s) = 'pending' AND %s <> '') OR (lower(%s) IN " FINAL
            " AND (%s OR lower(%s) NOT IN " FINAL ")) THEN %s ELSE %s END",
            new, new, old, old, fills ? "true" : "false", new, old, new);
}

/* Do the records say how far the provider is? */
static bool tells_status(const struct merge *merge) {
    return merge->orders && merge_find(merge, "status") >= 0;
}

/* What comes behind the end of an order is older than that: its result stays, too. Of what another store or
 * an export knows nothing says how old it is: it fills, and brings the end of an order that has none. */
static void add_is_older(struct sql *sql, const struct merge *merge, const char *new) {
    sql_add(sql,
            merge->fills ? "(lower(old.status) IN " FINAL " OR coalesce(lower(%s.status), '') NOT IN " FINAL
                           ") IS TRUE"
                         : "(lower(old.status) IN " FINAL " AND lower(%s.status) NOT IN " FINAL ") IS TRUE",
            new);
}

static void add_filled(struct sql *sql, bool is_text, const char *new, const char *old) {
    if (is_text)
        sql_add(sql, "coalesce(nullif(%s, ''), %s, %s)", old, new, old);
    else
        sql_add(sql, "coalesce(%s, %s)", old, new);
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
            "CASE WHEN %s IS NULL OR %s::text = %s::text OR %s::text !~ '^\\s*\\{' THEN %s"
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

/* One that changes as the provider works; `from` is the new row. */
static void add_news(struct sql *sql, const struct merge *merge, uint32_t value, const struct pair *pair,
                     const char *from) {
    bool told = tells_status(merge);
    if (told) {
        sql_add(sql, "CASE WHEN ");
        add_is_older(sql, merge, from);
        sql_add(sql, " THEN ");
        add_filled(sql, merge->values[value].is_text, pair->new.text, pair->old.text);
        sql_add(sql, " ELSE ");
    }
    sql_add(sql, "coalesce(%s, %s)%s", pair->new.text, pair->old.text, told ? " END" : "");
}

/* What is older than the stored object fills that; what isn't JSON can't. */
static void add_grown(struct sql *sql, const struct merge *merge, uint32_t value, const struct pair *pair,
                      const char *from, enum place_json json) {
    const char *n = pair->new.text, *o = pair->old.text, *type = type_of(merge, value);
    bool fills = merge->fills && tells_status(merge) && json == PLACE_JSON_MEMBERS;
    if (fills) {
        sql_add(sql, "CASE WHEN %s::text ~ '^\\s*\\{' AND ", o);
        add_is_older(sql, merge, from);
        sql_add(sql, " THEN CASE WHEN %s::text ~ '^\\s*\\{' THEN ", n);
        add_json(sql, o, n, type, json);
        sql_add(sql, " ELSE %s END ELSE ", o);
    }
    add_json(sql, n, o, type, json);
    sql_add(sql, fills ? " END" : "");
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
        add_status(sql, n, o, merge->fills);
    else if (rule == MERGE_JSON)
        add_grown(sql, merge, value, &pair, new, json);
    else if (rule == MERGE_NEWS)
        add_news(sql, merge, value, &pair, new);
    else
        add_filled(sql, merge->values[value].is_text, n, o);
    pair_end(&pair, sql);
}

/* Would that be something else than what is stored? Said so that what is known already is neither converted
 * nor compared. */
static void add_change(struct sql *sql, const struct merge *merge, uint32_t value, const char *new,
                       enum place_json json) {
    struct pair pair = pair_make(merge, value, new);
    const char *n = pair.new.text, *o = pair.old.text;
    const char *as = strcmp(type_of(merge, value), "json") == 0 ? "::text" : ""; /* json has no equality */
    enum merge_rule rule = rule_of(merge, value);
    if (!n || !o)
        sql->failed = true;
    else if (!merge->orders)
        sql_add(sql, "%s%s IS DISTINCT FROM %s%s", n, as, o, as);
    else if (rule == MERGE_NEWS && !tells_status(merge))
        sql_add(sql, "(%s IS NOT NULL AND %s IS DISTINCT FROM %s)", n, n, o);
    else if (rule == MERGE_NEWS || rule == MERGE_STATUS || rule == MERGE_JSON) {
        sql_add(sql, "(%s IS NOT NULL AND %s%s IS DISTINCT FROM %s%s AND (", n, n, as, o, as);
        add_merged(sql, merge, value, new, json);
        sql_add(sql, ")%s IS DISTINCT FROM %s%s)", as, o, as);
    } else if (merge->values[value].is_text)
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

static void add_taken(struct sql *sql, const struct merge *merge) {
    for (uint32_t i = 0; i < merge->count; i++) {
        const char *otherwise = otherwise_of(merge, i);
        sql_add(sql, i ? otherwise ? ", coalesce(" : ", " : "");
        sql_name(sql, merge_name(merge, i));
        if (otherwise)
            sql_add(sql, ", %s)", otherwise);
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

static void add_insert(struct sql *sql, const struct merge *merge, const struct place *place) {
    sql_add(sql, "placed AS (INSERT INTO %s AS old (", merge->table->name);
    add_names(sql, merge, merge->count);
    sql_add(sql, ") SELECT ");
    add_taken(sql, merge);
    sql_add(sql, " FROM %s ON CONFLICT (",
            place->way == PLACE_NEW ? "new WHERE true" : "found WHERE sluice_fresh OR sluice_same");
    add_names(sql, merge, merge->key_count);
    if (place->way == PLACE_MIXED && has_merged(merge))
        add_update(sql, merge, place->json);
    else
        sql_add(sql, ") DO NOTHING");
    sql_add(sql, " RETURNING 1)");
}

/* Whose the stored order is. */
static void add_stranger(struct sql *sql, const struct merge *merge) {
    static const char *const columns[] = {"provider", "account", "imei"};
    for (size_t i = 0; i < 3; i++)
        sql_add(sql,
                merge_find(merge, columns[i]) >= 0 ? ", old.%s::text AS sluice_%s" : ", '' AS sluice_%.0s%s",
                columns[i], columns[i]);
}

/* Rows beside what is stored; only those that are new, changed, or a stranger's. */
static void add_beside(struct sql *sql, const struct merge *merge, enum place_json json) {
    sql_add(sql, " FROM new LEFT JOIN %s AS old ON ", merge->table->name);
    add_key_join(sql, merge);
    sql_add(sql, " WHERE ");
    add_column(sql, merge, 0, "old");
    sql_add(sql, " IS NULL OR NOT ");
    add_same_order(sql, merge, "new");
    sql_add(sql, " OR ");
    add_changed(sql, merge, "new", json);
}

static void add_found(struct sql *sql, const struct merge *merge, enum place_json json) {
    sql_add(sql, "found AS MATERIALIZED (SELECT new.*, ");
    add_column(sql, merge, 0, "old");
    sql_add(sql, " IS NULL AS sluice_fresh, ");
    add_same_order(sql, merge, "new");
    sql_add(sql, " AS sluice_same");
    add_stranger(sql, merge);
    add_beside(sql, merge, json);
    sql_add(sql, "), ");
}

static void place_mixed(struct sql *sql, const struct merge *merge, const struct place *place) {
    sql_add(sql, ", ");
    add_found(sql, merge, place->json);
    add_insert(sql, merge, place);
    if (merge->orders)
        sql_add(sql, " SELECT row, sluice_provider, sluice_account, sluice_imei, order_id FROM found"
                     " WHERE NOT sluice_fresh AND NOT sluice_same UNION ALL");
    sql_add(sql, " SELECT NULL::int, (SELECT count(*) FROM placed)::text,"
                 " count(*) FILTER (WHERE sluice_fresh OR sluice_same)::text,"
                 " count(*) FILTER (WHERE sluice_fresh)::text, NULL FROM found");
}

void place_rows(struct sql *sql, const struct merge *merge, const struct place *place) {
    sql_add(sql, "WITH new AS (");
    add_typed(sql, merge, place);
    sql_add(sql, ")");
    if (place->way == PLACE_MIXED)
        place_mixed(sql, merge, place);
    else if (place->way == PLACE_SAME) {
        sql_add(sql, " SELECT NULL::int, '0', count(*)::text, '0'");
        add_beside(sql, merge, place->json);
    } else {
        sql_add(sql, ", ");
        add_insert(sql, merge, place);
        sql_add(sql, " SELECT NULL::int, count(*)::text, '', '' FROM placed");
    }
}
