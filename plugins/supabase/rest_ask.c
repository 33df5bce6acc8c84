/* The requests that bring the rows of a call into the table. */
#include <string.h>
#include <time.h>

#include <sluice/text.h>

#include "rest_adopt.h"
#include "rest_url.h"

/* Part of the row's identity, or needed by the INSERT that an upsert is. */
static bool is_always_sent(const struct rest_sink *sink, uint32_t value) {
    return value < sink->layout.key_count || (int32_t)value == sink->layout.imei;
}

static bool is_sent(const struct rest_sink *sink, uint32_t value, bool all) {
    return all || is_always_sent(sink, value) || (sink->update & rest_bit(value));
}

static void add_target(struct rest_sink *sink, bool all) {
    struct sql *path = &sink->rest.path;
    const struct rest_layout *layout = &sink->layout;
    sql_add(path, "on_conflict=");
    for (uint32_t i = 0; i < layout->key_count; i++) {
        sql_add(path, i ? "," : "");
        rest_url_name(path, layout->values[i].name);
    }
    sql_add(path, "&columns=");
    for (uint32_t i = 0; i < layout->count; i++) {
        if (!is_sent(sink, i, all))
            continue;
        sql_add(path, i ? "," : "");
        rest_url_name(path, layout->values[i].name);
    }
}

/* {"order_id":"1",…}; what is null and isn't sent takes the column's default. */
static void add_row(struct rest_sink *sink, const struct rest_row *row, bool all, bool nulls,
                    const char *updated_at) {
    struct sql *body = &sink->body;
    const char *comma = body->length ? ",{" : "[{";
    for (uint32_t i = 0; i < sink->layout.count; i++) {
        if (!is_sent(sink, i, all) || (!nulls && !row->values[i].ptr))
            continue;
        sql_bytes(body, comma, strlen(comma));
        rest_add_string(body, sink->layout.values[i].name);
        sql_bytes(body, ":", 1);
        if (row->values[i].ptr)
            rest_add_string(body, row->values[i]);
        else
            sql_bytes(body, "null", 4);
        comma = ",";
    }
    if (updated_at)
        sql_add(body, ",\"updated_at\":\"%s\"", updated_at);
    sql_bytes(body, "}", 1);
}

static int add_body(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    sql_bytes(&sink->body, "]", 1);
    if (sink->body.failed)
        return rest_no_memory(&sink->rest, error);
    request->content_type = TEXT("application/json");
    sink->host->request_text(request, (sluice_text){sink->body.text, sink->body.length}, SLUICE_ENCODE_RAW);
    return 0;
}

/* The columns that one of the rows has a value for; *gaps: not each row has one for each of them. */
static uint64_t filled(const struct rest_sink *sink, bool *gaps) {
    uint64_t any = 0, missing = 0;
    for (uint32_t i = 0; i < sink->rows.count; i++)
        for (uint32_t v = 0; v < sink->layout.count && sink->rows.items[i].state == REST_TO_INSERT; v++)
            *(sink->rows.items[i].values[v].ptr ? &any : &missing) |= rest_bit(v);
    *gaps = any & missing;
    return any;
}

/* What has no value takes its column's default. The server's own way to do that costs it a third of its
 * speed, so it is asked for only where rows differ in what they lack. */
static int ask_insert(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    bool gaps;
    sink->update = filled(sink, &gaps);
    rest_begin(&sink->rest);
    add_target(sink, false);
    sql_clear(&sink->body);
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (sink->rows.items[i].state == REST_TO_INSERT)
            add_row(sink, &sink->rows.items[i], false, false, NULL);
    int failed = add_body(sink, request, error);
    return failed
               ? failed
               : rest_request(&sink->rest, request, SLUICE_METHOD_POST,
                              gaps ? "resolution=ignore-duplicates,return=minimal,count=exact,missing=default"
                                   : "resolution=ignore-duplicates,return=minimal,count=exact",
                              error);
}

/* A table of another kind: in with the rows, as they are. */
static int ask_put(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    rest_begin(&sink->rest);
    add_target(sink, true);
    sql_clear(&sink->body);
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (sink->rows.items[i].state == REST_TO_PUT)
            add_row(sink, &sink->rows.items[i], true, true, NULL);
    int failed = add_body(sink, request, error);
    return failed ? failed
                  : rest_request(&sink->rest, request, SLUICE_METHOD_POST,
                                 "resolution=merge-duplicates,return=minimal,count=exact", error);
}

/* Rows of one request change the same columns, so that no other column is written over with what was read a
 * moment before; but where each row changes others, there is an end to it. */
static void choose_update(struct rest_sink *sink) {
    enum { MOST = 8 };
    sink->update = UINT64_MAX;
    for (uint32_t i = 0; i < sink->rows.count && sink->updates < MOST; i++)
        if (sink->rows.items[i].state == REST_TO_UPDATE) {
            sink->update = sink->rows.items[i].changed;
            break;
        }
}

bool rest_is_updated(const struct rest_sink *sink, const struct rest_row *row) {
    return row->state == REST_TO_UPDATE && (sink->update == UINT64_MAX || row->changed == sink->update);
}

static int ask_update(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    char now[32] = "";
    time_t seconds = (time_t)(sink->host->now_ms() / 1000);
    struct tm utc;
    bool stamped = rest_columns_find(&sink->columns, TEXT("updated_at")) == REST_THERE;
    choose_update(sink);
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    rest_begin(&sink->rest);
    add_target(sink, sink->whole);
    sql_add(&sink->rest.path, stamped ? ",updated_at" : "");
    sql_clear(&sink->body);
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (rest_is_updated(sink, &sink->rows.items[i]))
            add_row(sink, &sink->rows.items[i], sink->whole, true, stamped ? now : NULL);
    int failed = add_body(sink, request, error);
    return failed ? failed
                  : rest_request(&sink->rest, request, SLUICE_METHOD_POST,
                                 "resolution=merge-duplicates,return=minimal,count=exact", error);
}

/* Rows that may be there, as many as one address has room for. */
static int ask_look(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    struct sql *path = &sink->rest.path;
    uint32_t count = 0;
    rest_begin(&sink->rest);
    sql_add(path, "select=");
    for (uint32_t i = 0; i < sink->layout.count; i++) {
        sql_add(path, i ? "," : "");
        rest_url_name(path, sink->layout.values[i].name);
    }
    sql_add(path, "&order_id=in.(");
    for (uint32_t i = 0; i < sink->rows.count && count < sink->look_most && path->length < sink->look_bytes;
         i++) {
        struct rest_row *row = &sink->rows.items[i];
        if (row->state != REST_TO_LOOK)
            continue;
        sql_add(path, count++ ? "," : "");
        rest_url_value(path, row->values[0]);
        row->state = REST_LOOKED_FOR;
    }
    sql_add(path, ")");
    return rest_request(&sink->rest, request, SLUICE_METHOD_GET, "count=exact", error);
}

int rest_ask_rows(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    switch (sink->step) {
    case REST_LOOK:
        rest_rows_move(&sink->rows, REST_LOOKED_FOR, REST_TO_LOOK); /* the same once more */
        return ask_look(sink, request, error);
    case REST_IMPORTED:
    case REST_KIN:
    case REST_ADOPT:
        return rest_adopt_ask(sink, request, error);
    case REST_INSERT:
        return sink->orders ? ask_insert(sink, request, error) : ask_put(sink, request, error);
    case REST_UPDATE:
        return ask_update(sink, request, error);
    case REST_HISTORY:
        return rest_history_ask(&sink->history, &sink->rest, &sink->body, request, error);
    default: /* no row is to be written: the reply is what finish() answers to */
        rest_begin(&sink->rest);
        sql_add(&sink->rest.path, "limit=0&select=order_id");
        return rest_request(&sink->rest, request, SLUICE_METHOD_GET, NULL, error);
    }
}
