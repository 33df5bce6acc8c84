#include "upsert.h"

#include <stdio.h>
#include <string.h>

#include "schema.h"

static const char *column_of(const struct upsert *upsert, uint32_t value) {
    return upsert->info->columns[upsert->layout->values[value].target].name;
}

static enum merge_rule rule_of(const char *column) {
    for (size_t i = 0; i < order_column_count; i++)
        if (sqlite.stricmp(order_columns[i].name, column) == 0)
            return order_columns[i].rule;
    return MERGE_FACT; /* a column of the user's own */
}

/* ---- insert ------------------------------------------------------------------------------- */

static void append_columns(sqlite3_str *sql, const struct upsert *upsert, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        sqlite.str_appendf(sql, "%s\"%w\"", i > from ? ", " : "", column_of(upsert, i));
}

/* As two rows of values: a chain of OR would be too deep for a wide table. */
static void append_where_new(sqlite3_str *sql, const struct upsert *upsert) {
    const struct layout *layout = upsert->layout;
    for (uint32_t i = layout->key_count; i < layout->count; i++)
        sqlite.str_appendf(sql, "%sold.\"%w\"", i > layout->key_count ? ", " : " WHERE (",
                           column_of(upsert, i));
    for (uint32_t i = layout->key_count; i < layout->count; i++)
        sqlite.str_appendf(sql, "%sexcluded.\"%w\"", i > layout->key_count ? ", " : ") IS NOT (",
                           column_of(upsert, i));
    sqlite.str_appendall(sql, ")");
}

/* OR FAIL: a row that is refused doesn't take the rows before it along. */
void upsert_plain(sqlite3_str *sql, const struct upsert *upsert) {
    const struct layout *layout = upsert->layout;
    sqlite.str_appendf(sql, "INSERT OR FAIL INTO \"%w\" AS old(", upsert->table);
    append_columns(sql, upsert, 0, layout->count);
    sqlite.str_appendall(sql, ") SELECT ");
    for (uint32_t i = 0; i < layout->count; i++)
        sqlite.str_appendf(sql, "%sc%u", i ? ", " : "", i);
    sqlite.str_appendall(sql, " FROM sluice_rows WHERE true ON CONFLICT(");
    append_columns(sql, upsert, 0, layout->key_count);
    sqlite.str_appendall(sql, layout->count == layout->key_count ? ") DO NOTHING" : ") DO UPDATE SET ");
    for (uint32_t i = layout->key_count; i < layout->count; i++)
        sqlite.str_appendf(sql, "%s\"%w\" = excluded.\"%w\"", i > layout->key_count ? ", " : "",
                           column_of(upsert, i), column_of(upsert, i));
    if (layout->count > layout->key_count)
        append_where_new(sql, upsert);
}

/* What a record doesn't say is what is stored, and at first the default, where the table takes no null. The
 * keys are c0, c1 and c2. */
static void append_filled(sqlite3_str *sql, const struct upsert *upsert, uint32_t value) {
    bool owned = strcmp(upsert->order_key, "order_id") != 0;
    sqlite.str_appendf(sql, "coalesce(c%u, (SELECT \"%w\" FROM \"%w\" WHERE order_id = c0%s), %s), ", value,
                       column_of(upsert, value), upsert->table,
                       owned ? " AND provider = c1 AND account = c2" : "",
                       upsert->info->columns[upsert->layout->values[value].target].otherwise);
}

static void append_values(sqlite3_str *sql, const struct upsert *upsert, int32_t created) {
    const struct layout *layout = upsert->layout;
    for (uint32_t i = 0; i < layout->count; i++)
        if (created == (int32_t)i)
            sqlite.str_appendf(sql, "coalesce(c%u, ?1), ", i);
        else if (i >= layout->key_count && upsert->info->columns[layout->values[i].target].otherwise)
            append_filled(sql, upsert, i);
        else
            sqlite.str_appendf(sql, "c%u, ", i);
}

/* The time of creation is the record's, where it brings one (a copy from another store). */
static void append_insert(sqlite3_str *sql, const struct upsert *upsert) {
    int32_t created = layout_find(upsert->layout, upsert->info, "created_at");
    sqlite.str_appendf(sql, "INSERT OR FAIL INTO \"%w\" AS old(", upsert->table);
    append_columns(sql, upsert, 0, upsert->layout->count);
    sqlite.str_appendf(sql, "%s, updated_at) SELECT ", created < 0 ? ", created_at" : "");
    append_values(sql, upsert, created);
    sqlite.str_appendf(sql, "%s?1 FROM sluice_rows WHERE true ON CONFLICT(%s) DO ", created < 0 ? "?1, " : "",
                       upsert->order_key);
}

/* ---- whose row it is ---------------------------------------------------------------------- */

/* A provider or account that isn't known (rows of an older system) may be anyone's; then the IMEI decides. */
static void append_same_owner(sqlite3_str *sql, const char *column, const char *new) {
    sqlite.str_appendf(sql, "(coalesce(old.%s, '') IN ('', %s) OR %s = '')", column, new, new);
}

static void append_same_order(sqlite3_str *sql, const char *provider, const char *account, const char *imei) {
    append_same_owner(sql, "provider", provider);
    sqlite.str_appendall(sql, " AND ");
    append_same_owner(sql, "account", account);
    if (imei)
        sqlite.str_appendf(sql, " AND (coalesce(old.imei, '') IN ('', %s) OR %s IS NULL)", imei, imei);
}

void upsert_strangers(sqlite3_str *sql, const struct upsert *upsert) {
    char imei[24];
    int32_t value = layout_find(upsert->layout, upsert->info, "imei");
    snprintf(imei, sizeof imei, "new.c%d", value);
    sqlite.str_appendf(
        sql,
        "SELECT new.rowid, old.provider, old.account, old.imei FROM sluice_rows AS new CROSS JOIN"
        " \"%w\" AS old WHERE old.order_id = new.c0",
        upsert->table);
    if (strcmp(upsert->order_key, "order_id") != 0)
        sqlite.str_appendall(sql, " AND old.provider = new.c1 AND old.account = new.c2");
    sqlite.str_appendall(sql, " AND NOT (");
    append_same_order(sql, "new.c1", "new.c2", value >= 0 ? imei : NULL);
    sqlite.str_appendall(sql, ")");
}

/* An export's times may be those of another zone. */
void upsert_twins(sqlite3_str *sql, const struct upsert *upsert) {
    int32_t imei = layout_find(upsert->layout, upsert->info, "imei");
    int32_t service = layout_find(upsert->layout, upsert->info, "service_name");
    int32_t date = layout_find(upsert->layout, upsert->info, "order_date");
    sqlite.str_appendf(sql,
                       "SELECT new.rowid FROM sluice_rows AS new CROSS JOIN \"%w\" AS old WHERE new.c0 GLOB "
                       "'" UPSERT_IMPORTED
                       "*' AND old.imei = new.c%d AND old.order_id NOT GLOB '" UPSERT_IMPORTED "*'",
                       upsert->table, imei);
    if (service >= 0)
        sqlite.str_appendf(sql, " AND coalesce(old.service_name, '') = coalesce(new.c%d, '')", service);
    if (date >= 0)
        sqlite.str_appendf(
            sql, " AND coalesce(abs(julianday(old.order_date) - julianday(new.c%d)) <= 1, true)", date);
}

/* The first waiting row stands for all: they are of one account, or nearly so. */
void upsert_has_imported(sqlite3_str *sql, const struct upsert *upsert) {
    bool own = strcmp(upsert->order_key, "order_id") != 0;
    sqlite.str_appendf(sql,
                       "SELECT 1 FROM \"%w\" AS old WHERE %s old.order_id >= '" UPSERT_IMPORTED
                       "' AND old.order_id < 'import.' LIMIT 1",
                       upsert->table,
                       own ? "old.provider = ?1 AND old.account = ?2 AND"
                           : "coalesce(?1, ?2, 1) IS NOT NULL AND");
}

/* The unary plus: by the IMEI, since an account may have imported very many. */
void upsert_adopt(sqlite3_str *sql, const struct upsert *upsert) {
    int32_t imei = layout_find(upsert->layout, upsert->info, "imei");
    int32_t service = layout_find(upsert->layout, upsert->info, "service_name");
    int32_t date = layout_find(upsert->layout, upsert->info, "order_date");
    sqlite.str_appendf(sql,
                       "UPDATE OR IGNORE \"%w\" AS old SET order_id = new.c0 FROM sluice_rows AS new"
                       " WHERE new.c0 NOT GLOB '" UPSERT_IMPORTED "*' AND old.imei = new.c%d"
                       " AND +old.provider = new.c1 AND +old.account = new.c2"
                       " AND +old.order_id GLOB '" UPSERT_IMPORTED "*'",
                       upsert->table, imei);
    if (service >= 0)
        sqlite.str_appendf(sql, " AND coalesce(old.service_name, '') = coalesce(new.c%d, '')", service);
    if (date >= 0)
        sqlite.str_appendf(
            sql, " AND coalesce(abs(julianday(old.order_date) - julianday(new.c%d)) <= 1, true)", date);
    sqlite.str_appendf(sql,
                       " AND NOT EXISTS (SELECT 1 FROM \"%w\" AS there WHERE there.provider = new.c1"
                       " AND there.account = new.c2 AND there.order_id = new.c0)",
                       upsert->table);
}

/* ---- merge -------------------------------------------------------------------------------- */

#define FINAL "('completed', 'rejected')"

static const char status_rule[] =
    "CASE WHEN excluded.status IS NULL%s"
    " OR (lower(excluded.status) = 'pending' AND old.status <> '')"
    " OR (lower(old.status) IN " FINAL " AND lower(excluded.status) NOT IN " FINAL ")"
    " THEN old.status ELSE excluded.status END";

static const char json_rule[] =
    "CASE WHEN excluded.raw_response IS NULL OR excluded.raw_response = old.raw_response THEN "
    "old.raw_response ELSE sluice_merge(old.raw_response, excluded.raw_response) END";

/* What comes behind the end of an order is older than that: its result stays, too. Of what another store or
 * an export knows nothing says how old it is: it fills, and brings the end of an order that has none. */
static void append_news(sqlite3_str *sql, const struct upsert *upsert, const char *column) {
    bool told = layout_find(upsert->layout, upsert->info, "status") >= 0;
    if (told && upsert->fills)
        sqlite.str_appendf(sql,
                           "CASE WHEN lower(old.status) IN " FINAL
                           " OR coalesce(lower(excluded.status), '') NOT IN " FINAL
                           " THEN coalesce(nullif(old.\"%w\", ''), excluded.\"%w\") ELSE ",
                           column, column);
    else if (told)
        sqlite.str_appendf(sql,
                           "CASE WHEN lower(old.status) IN " FINAL " AND lower(excluded.status) NOT IN " FINAL
                           " THEN coalesce(old.\"%w\", excluded.\"%w\") ELSE ",
                           column, column);
    sqlite.str_appendf(sql, "coalesce(excluded.\"%w\", old.\"%w\")%s", column, column, told ? " END" : "");
}

static void append_json(sqlite3_str *sql, const struct upsert *upsert) {
    bool fills = upsert->fills && layout_find(upsert->layout, upsert->info, "status") >= 0;
    if (fills)
        sqlite.str_appendall(sql, "CASE WHEN ltrim(old.raw_response) GLOB '{*' AND excluded.raw_response <> "
                                  "old.raw_response AND (lower(old.status) IN " FINAL
                                  " OR coalesce(lower(excluded.status), '') NOT IN " FINAL
                                  ") THEN sluice_merge(excluded.raw_response, old.raw_response) ELSE ");
    sqlite.str_appendall(sql, json_rule);
    if (fills)
        sqlite.str_appendall(sql, " END");
}

static void append_merged(sqlite3_str *sql, const struct upsert *upsert, const char *column) {
    switch (rule_of(column)) {
    case MERGE_STATUS:
        sqlite.str_appendf(sql, status_rule, upsert->fills ? " OR lower(old.status) IN " FINAL : "");
        break;
    case MERGE_JSON:
        append_json(sql, upsert);
        break;
    case MERGE_NEWS:
        append_news(sql, upsert, column);
        break;
    default:
        /* Empty stays as it is empty: '' and null in turn would be a change each time. */
        sqlite.str_appendf(sql, "coalesce(nullif(old.\"%w\", ''), nullif(excluded.\"%w\", ''), old.\"%w\")",
                           column, column, column);
        break;
    }
}

static bool is_merged(const char *column) {
    return sqlite.stricmp(column, "order_id") != 0 && rule_of(column) != MERGE_STORE;
}

void upsert_orders(sqlite3_str *sql, const struct upsert *upsert) {
    const struct layout *layout = upsert->layout;
    bool imei = layout_find(layout, upsert->info, "imei") >= 0;
    append_insert(sql, upsert);
    sqlite.str_appendall(sql, "UPDATE SET ");
    for (uint32_t i = 0; i < layout->count; i++) {
        if (!is_merged(column_of(upsert, i)))
            continue;
        sqlite.str_appendf(sql, "\"%w\" = ", column_of(upsert, i));
        append_merged(sql, upsert, column_of(upsert, i));
        sqlite.str_appendall(sql, ", ");
    }
    sqlite.str_appendall(sql, "updated_at = ?1 WHERE ");
    append_same_order(sql, "excluded.provider", "excluded.account", imei ? "excluded.imei" : NULL);
    /* The first that is merged is c1, provider. */
    for (uint32_t i = 1; i < layout->count; i++)
        if (is_merged(column_of(upsert, i)))
            sqlite.str_appendf(sql, "%sold.\"%w\"", i > 1 ? ", " : " AND (", column_of(upsert, i));
    for (uint32_t i = 1; i < layout->count; i++) {
        if (!is_merged(column_of(upsert, i)))
            continue;
        sqlite.str_appendall(sql, i > 1 ? ", " : ") IS NOT (");
        append_merged(sql, upsert, column_of(upsert, i));
    }
    sqlite.str_appendall(sql, ")");
}
