#include "rest_query.h"

#include <string.h>

#include <sluice/text.h>

#include "rest_url.h"

/* Where the option `text` is looked for. */
static const char *const text_columns[] = {
    "order_id", "imei",  "imei2", "service_name", "service_id",          "status", "carrier",
    "simlock",  "model", "fmi",   "result_code",  "result_code_display", "notes",
};

const sluice_texts *rest_query_list(const struct source_options *options) {
    const sluice_texts *imei = &options->imei, *id = &options->order_id;
    return !imei->count && !id->count ? NULL : imei->count >= id->count ? imei : id;
}

uint64_t rest_query_reach(const struct rest_query *query) {
    const sluice_texts *list = rest_query_list(query->options);
    uint64_t to = query->from, bytes = 0;
    while (list && to < list->count && (to == query->from || bytes < query->list_bytes)) {
        sluice_text value = list->items[to++];
        bytes += value.len + 1;
        for (uint64_t i = 0; i < value.len; i++) /* escaped, at the worst */
            bytes += text_is_digit(value.ptr[i]) ? 0 : 5;
    }
    return to;
}

/* ---- what is selected ----------------------------------------------------------------------- */

static bool is_missing(const struct rest_query *query, sluice_text name) {
    return rest_columns_find(query->columns, name) == REST_MISSING;
}

static void add_select(struct sql *url, const struct rest_query *query) {
    sluice_texts fields = query->options->fields;
    sql_add(url, "select=" REST_QUERY_KEY ":%s", query->key);
    if (!fields.count)
        sql_add(url, ",*");
    for (uint64_t i = 0; i < fields.count; i++) {
        if (is_missing(query, fields.items[i]))
            continue;
        sql_add(url, ",");
        rest_url_name(url, fields.items[i]);
    }
}

/* ---- conditions ----------------------------------------------------------------------------- */

static void add_list(struct sql *url, const char *column, sluice_texts values, uint64_t from, uint64_t to) {
    sql_add(url, "&%s=in.(", column);
    for (uint64_t i = from; i < to; i++) {
        sql_add(url, i > from ? "," : "");
        rest_url_value(url, values.items[i]);
    }
    sql_add(url, ")");
}

static void add_lists(struct sql *url, const struct rest_query *query) {
    const struct source_options *options = query->options;
    const sluice_texts *divided = rest_query_list(options);
    const struct {
        const char *column;
        const sluice_texts *values;
    } lists[] = {{"imei", &options->imei}, {"order_id", &options->order_id}};
    for (size_t i = 0; i < 2; i++)
        if (lists[i].values->count)
            add_list(url, lists[i].column, *lists[i].values, lists[i].values == divided ? query->from : 0,
                     lists[i].values == divided ? query->to : lists[i].values->count);
}

static void add_services(struct sql *url, sluice_texts services) {
    sql_add(url, "or(service_id.imatch.");
    rest_url_any_of(url, services);
    sql_add(url, ",service_name.imatch.");
    rest_url_any_of(url, services);
    sql_add(url, ")");
}

static void add_text(struct sql *url, sluice_text text) {
    for (size_t i = 0; i < sizeof text_columns / sizeof *text_columns; i++) {
        sql_add(url, "%s%s.imatch.", i ? "," : "or(", text_columns[i]);
        rest_url_part(url, text);
    }
    sql_add(url, ")");
}

static void add_since(struct sql *url, const char *since) {
    sql_add(url, "or(order_date.gte.");
    rest_url_value(url, text_of(since));
    sql_add(url, ",and(order_date.is.null,created_at.gte.");
    rest_url_value(url, text_of(since));
    sql_add(url, "))");
}

static void add_conditions(struct sql *url, const struct rest_query *query) {
    const struct source_options *options = query->options;
    const char *before = "&and=(";
    if (options->status.count) {
        sql_add(url, "%sstatus.imatch.", before);
        rest_url_any_of(url, options->status);
        before = ",";
    }
    if (options->service.count) {
        sql_add(url, "%s", before);
        add_services(url, options->service);
        before = ",";
    }
    if (options->text.len) {
        sql_add(url, "%s", before);
        add_text(url, options->text);
        before = ",";
    }
    if (*query->since) {
        sql_add(url, "%s", before);
        add_since(url, query->since);
        before = ",";
    }
    sql_add(url, *before == ',' ? ")" : "");
}

void rest_query_add(struct sql *url, const struct rest_query *query, sluice_text after, uint64_t limit) {
    bool newest = query->options->order == SOURCE_NEWEST;
    add_select(url, query);
    sql_add(url, "&order=%s.%s&limit=%llu", query->key, newest ? "desc" : "asc", (unsigned long long)limit);
    if (after.len) {
        sql_add(url, "&%s=%s.", query->key, newest ? "lt" : "gt");
        rest_url_add(url, after);
    }
    add_lists(url, query);
    add_conditions(url, query);
}
