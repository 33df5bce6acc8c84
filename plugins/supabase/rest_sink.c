/* A sink over REST. Orders that are new go in with one request, which leaves alone what is there already;
 * those that were there are read, merged here and written back as far as they changed. Nothing that is stored
 * is written over unread, and what changes in between keeps its other columns. */
#include "rest_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <shared/json_scan.h>
#include <sluice/text.h>

#include "rest_url.h"
#include "script.h"

enum {
    LOOK_BYTES_LEAST = 1000,
    ROWS = 8192,        /* in a call */
    LOOK_ROWS = 500,    /* ids in one look, */
    LOOK_BYTES = 10000, /* and of their text: URL and headers must stay below 16 KiB */
};

static const sluice_text order_id = {"order_id", 8};

static int no_memory(const struct rest_sink *sink, sluice_error *error) {
    return sink->host->fail(error, SLUICE_E_IO, "out of memory");
}

/* ---- requests ------------------------------------------------------------------------------- */

/* Part of the row's identity, or needed by the INSERT that an upsert is. */
static bool is_always_sent(const struct rest_sink *sink, uint32_t value) {
    return value < sink->layout.key_count || (int32_t)value == sink->layout.imei;
}

static bool is_sent(const struct rest_sink *sink, uint32_t value, bool all) {
    return all || is_always_sent(sink, value) || (sink->update & rest_bit(value));
}

void rest_add_target(struct rest_sink *sink, bool all) {
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

/* Long texts are copied in pieces between what has to be escaped. */
static void add_string(struct sql *body, sluice_text text) {
    static const char hex[] = "0123456789abcdef";
    sql_bytes(body, "\"", 1);
    for (uint64_t i = 0, from = 0;; i++) {
        bool end = i == text.len;
        unsigned char c = end ? '"' : (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        if (i > from)
            sql_bytes(body, text.ptr + from, i - from);
        from = i + 1;
        char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (end)
            break;
        if (c < 0x20)
            sql_bytes(body, c == '\n' ? "\\n" : escaped, c == '\n' ? 2 : 6);
        else
            sql_bytes(body, c == '"' ? "\\\"" : "\\\\", 2);
    }
    sql_bytes(body, "\"", 1);
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
        add_string(body, sink->layout.values[i].name);
        sql_bytes(body, ":", 1);
        if (row->values[i].ptr)
            add_string(body, row->values[i]);
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
        return no_memory(sink, error);
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
    rest_add_target(sink, false);
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
    rest_add_target(sink, true);
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

static bool is_updated(const struct rest_sink *sink, const struct rest_row *row) {
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
    rest_add_target(sink, sink->whole);
    sql_add(&sink->rest.path, stamped ? ",updated_at" : "");
    sql_clear(&sink->body);
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (is_updated(sink, &sink->rows.items[i]))
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

/* ---- the rows of a call --------------------------------------------------------------------- */

static void say_extra(struct rest_sink *sink) {
    if (sink->layout.extra.length && !sink->said_extra)
        sink->host->log(sink->self, SLUICE_LOG_WARN,
                        "table %s has no column for these fields, they are not kept: %.400s",
                        sink->rest.shown, sink->layout.extra.text);
    sink->said_extra = sink->said_extra || sink->layout.extra.length;
}

static int check_keys(const struct rest_sink *sink, sluice_error *error) {
    for (uint32_t i = 0; !sink->orders && i < sink->layout.key_count; i++)
        if (sink->layout.values[i].source == REST_ABSENT)
            return sink->host->fail(error, SLUICE_E_CONFIG,
                                    "option 'conflict': the records have no '%.*s'; name one that they have",
                                    TEXT_ARG(sink->layout.values[i].name));
    return 0;
}

static int take_rows(struct rest_sink *sink, const sluice_call *call, sluice_error *error) {
    const sluice_batch *batch = call->rows[0].batch;
    if (!rest_layout_suits(&sink->layout, batch)) {
        if (!rest_layout_make(&sink->layout, &sink->columns, rest_keys(sink), sink->orders, batch))
            return no_memory(sink, error);
        say_extra(sink);
    }
    int failed = check_keys(sink, error);
    if (failed)
        return failed;
    enum rest_state first = !sink->orders ? REST_TO_PUT : sink->look_first ? REST_TO_LOOK : REST_TO_INSERT;
    if (!rest_rows_take(&sink->rows, &sink->layout, call->rows, call->row_count, first))
        return no_memory(sink, error);
    if (rest_rows_count(&sink->rows, REST_LEFT_OUT) && !sink->said_no_id) {
        sink->host->log(
            sink->self, SLUICE_LOG_WARN,
            "records without an order_id are not stored; to keep them, name another key with 'conflict'");
        sink->said_no_id = true;
    }
    sink->look_most = LOOK_ROWS;
    sink->updates = 0;
    return 0;
}

static bool want_columns(struct rest_sink *sink, const sluice_call *call) {
    static const sluice_text own[] = {TEXT("order_id"), TEXT("imei"), TEXT("provider"), TEXT("account"),
                                      TEXT("updated_at")};
    const sluice_batch *batch = call->rows[0].batch;
    bool fine = true;
    for (uint32_t c = 0; c < batch->column_count; c++)
        fine &= rest_columns_want(&sink->columns, batch->names[c]);
    for (size_t i = 0; sink->orders && i < sizeof own / sizeof *own; i++)
        fine &= rest_columns_want(&sink->columns, own[i]);
    for (uint64_t i = 0; i < sink->keys.count; i++)
        fine &= rest_columns_want(&sink->columns, sink->keys.items[i]);
    return fine;
}

/* ---- what comes next ------------------------------------------------------------------------ */

static void next_step(struct rest_sink *sink) {
    struct rest_rows *rows = &sink->rows;
    if (rest_rows_count(rows, REST_TO_LOOK))
        sink->step = REST_LOOK;
    else if (rest_rows_count(rows, REST_TO_INSERT) || rest_rows_count(rows, REST_TO_PUT))
        sink->step = REST_INSERT;
    else if (rest_rows_count(rows, REST_TO_UPDATE))
        sink->step = REST_UPDATE;
    else
        sink->step = rest_rows_next_turn(rows) ? REST_LOOK : REST_END;
}

/* Everything is written, or can't be: say so of each row. */
static void finish(struct rest_sink *sink, sluice_call *call) {
    sluice_verdict verdict = {
        .size = sizeof verdict, .kind = SLUICE_VERDICT_KEPT, .row = SLUICE_ALL_ROWS, .retry_after_ms = -1};
    sink->host->verdict(call, &verdict);
    for (verdict.row = 0; verdict.row < sink->rows.count; verdict.row++) {
        const struct rest_row *row = &sink->rows.items[verdict.row];
        if (row->state != REST_REFUSED && row->state != REST_LEFT_OUT)
            continue;
        verdict.kind = row->state == REST_REFUSED ? SLUICE_VERDICT_REJECTED : SLUICE_VERDICT_NO_NEWS;
        verdict.code = row->state == REST_REFUSED ? TEXT("order_id_taken") : TEXT("");
        verdict.text = row->reason;
        sink->host->verdict(call, &verdict);
    }
    rest_rows_free(&sink->rows);
}

static void go_on(struct rest_sink *sink, sluice_call *call) {
    next_step(sink);
    if (sink->step == REST_END)
        finish(sink, call);
    else
        sink->host->more(call, TEXT("rows"));
}

/* ---- replies -------------------------------------------------------------------------------- */

static int hidden(const struct rest_sink *sink, uint64_t count, sluice_error *error) {
    return sink->host->fail(
        error, SLUICE_E_AUTH,
        "%s: table %s dropped %llu rows without a word: row level security hides them, or a "
        "trigger leaves them out; take the secret or service_role key",
        sink->rest.server, sink->rest.shown, (unsigned long long)count);
}

static int heard_insert(struct rest_sink *sink, sluice_call *call, sluice_error *error) {
    enum rest_state sent = sink->orders ? REST_TO_INSERT : REST_TO_PUT;
    uint32_t count = rest_rows_count(&sink->rows, sent);
    int64_t written = rest_count(&sink->rest, call);
    if (written == count || (!sink->orders && written < 0)) {
        rest_rows_move(&sink->rows, sent, REST_DONE);
        go_on(sink, call);
        return 0;
    }
    if (!sink->orders)
        return hidden(sink, count - (uint64_t)written, error);
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (sink->rows.items[i].state == REST_TO_INSERT)
            sink->rows.items[i].tried = true;
    rest_rows_move(&sink->rows, REST_TO_INSERT, REST_TO_LOOK);
    sink->look_first = written >= 0 && written < count / 2;
    go_on(sink, call);
    return 0;
}

static int heard_update(struct rest_sink *sink, sluice_call *call, sluice_error *error) {
    uint32_t count = 0;
    int64_t written = rest_count(&sink->rest, call);
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (is_updated(sink, &sink->rows.items[i])) {
            sink->rows.items[i].state = REST_DONE;
            count++;
        }
    if (written >= 0 && written != count)
        return hidden(sink, count - (uint64_t)written, error);
    sink->updates++;
    go_on(sink, call);
    return 0;
}

static sluice_text stored_text(struct rest_sink *sink, sluice_text value) {
    char *out;
    if (*value.ptr == 'n')
        return (sluice_text){NULL, 0};
    out = pool_alloc(&sink->rows.pool, value.len);
    if (!out)
        return (sluice_text){NULL, UINT64_MAX};
    if (*value.ptr == '"')
        return (sluice_text){out, json_decode(value, out)};
    return (sluice_text){memcpy(out, value.ptr, value.len), value.len};
}

static uint32_t value_named(const struct rest_layout *layout, sluice_text key, uint32_t guess) {
    sluice_text name = {key.ptr + 1, key.len - 2};
    for (uint32_t i = 0; i < layout->count; i++, guess++)
        if (text_equal(layout->values[guess % layout->count].name, name))
            return guess % layout->count;
    return layout->count;
}

static const char *word_or(sluice_text text, char *out, size_t room) {
    snprintf(out, room, "%.*s", (int)(text.len < room ? text.len : room - 1), text.len ? text.ptr : "");
    return *out ? out : "unknown";
}

static bool refuse(struct rest_sink *sink, struct rest_row *row, const sluice_text *old) {
    const struct rest_layout *layout = &sink->layout;
    const sluice_text none = {NULL, 0};
    char provider[80], account[120], imei[40];
    char *reason = pool_alloc(&sink->rows.pool, 600);
    if (!reason)
        return false;
    int length = snprintf(
        reason, 600,
        "order id %.*s is taken in table %s by another order (provider %s, account %s, IMEI %s), which was "
        "not "
        "overwritten",
        (int)(row->values[0].len < 120 ? row->values[0].len : 120), row->values[0].ptr, sink->rest.shown,
        word_or(layout->provider < 0 ? none : old[layout->provider], provider, sizeof provider),
        word_or(layout->account < 0 ? none : old[layout->account], account, sizeof account),
        word_or(layout->imei < 0 ? none : old[layout->imei], imei, sizeof imei));
    row->reason = (sluice_text){reason, (uint64_t)(length < 600 ? length : 599)};
    row->state = REST_REFUSED;
    return true;
}

/* One stored row. 0: taken in; 1: it can't be read; negative: failed. */
static int hear_stored(struct rest_sink *sink, sluice_text object, sluice_error *error) {
    const struct rest_layout *layout = &sink->layout;
    sluice_text *old = pool_zalloc(&sink->rows.pool, layout->count * sizeof *old);
    struct json_walk walk;
    sluice_text key, value;
    if (!old)
        return no_memory(sink, error);
    json_walk_object(&walk, object);
    for (uint32_t guess = 0; json_next_member(&walk, &key, &value); guess++) {
        uint32_t at = value_named(layout, key, guess);
        if (at == layout->count)
            continue;
        old[at] = stored_text(sink, value);
        if (old[at].len == UINT64_MAX)
            return no_memory(sink, error);
    }
    if (!walk.ended)
        return 1;
    struct rest_row *row = rest_rows_find(&sink->rows, old);
    if (!row || row->state != REST_LOOKED_FOR)
        return 0;
    switch (rest_merge(layout, row->values, old, &row->changed, &sink->rows.pool)) {
    case REST_SAME:
        row->state = REST_DONE;
        return 0;
    case REST_CHANGED:
        row->state = REST_TO_UPDATE;
        return 0;
    case REST_STRANGER:
        return refuse(sink, row, old) ? 0 : no_memory(sink, error);
    default:
        return no_memory(sink, error);
    }
}

/* Those that weren't found: not there, or hidden, or beyond what a reply has room for. */
static int settle_missing(struct rest_sink *sink, uint64_t found, int64_t total, sluice_error *error) {
    uint64_t lost = 0;
    bool cut = total > 0 && (uint64_t)total > found;
    if (cut)
        sink->look_most = found > 1 ? (uint32_t)found : 1;
    if (cut && !found)
        return sink->host->fail(error, SLUICE_E_UNAVAILABLE,
                                "%s: table %s shows no rows, although it has some", sink->rest.server,
                                sink->rest.shown);
    for (uint32_t i = 0; i < sink->rows.count; i++) {
        struct rest_row *row = &sink->rows.items[i];
        if (row->state != REST_LOOKED_FOR)
            continue;
        row->state = cut ? REST_TO_LOOK : REST_TO_INSERT;
        lost += !cut && row->tried;
    }
    return lost ? hidden(sink, lost, error) : 0;
}

static int heard_look(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                      sluice_error *error) {
    struct json_walk walk;
    sluice_text object;
    uint64_t found = 0;
    int failed = 0;
    json_walk_list(&walk, reply->body);
    while (!failed && json_next_item(&walk, &object)) {
        failed = hear_stored(sink, object, error);
        found++;
    }
    if (failed < 0)
        return failed;
    if (failed || !json_walk_whole(&walk)) {
        rest_unread(&sink->rest, call, "no list of rows");
        return 0;
    }
    failed = settle_missing(sink, found, rest_count(&sink->rest, call), error);
    if (failed)
        return failed;
    if (!rest_rows_count(&sink->rows, REST_TO_LOOK))
        sink->look_first = rest_rows_count(&sink->rows, REST_TO_INSERT) * 2 < sink->rows.count;
    go_on(sink, call);
    return 0;
}

/* An upsert is an INSERT first: a column that may not be null has to be in it, changed or not. */
static bool needs_whole_rows(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply) {
    struct rest_fault fault;
    if (sink->step != REST_UPDATE || sink->whole)
        return false;
    rest_fault_read(&fault, reply->status, reply->body, sink->rest.shown, sink->rest.role);
    if (strcmp(fault.code, "23502") != 0)
        return false;
    sink->whole = true;
    sink->host->more(call, TEXT("rows"));
    return true;
}

static int hear_rows(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                     sluice_error *error) {
    struct rest_fault fault;
    enum rest_kind kind;
    if (needs_whole_rows(sink, call, reply))
        return 0;
    int failed = rest_hear(&sink->rest, call, reply, &kind, &fault, error);
    if (kind == REST_AGAIN && sink->step == REST_LOOK && !*fault.code && sink->look_bytes > LOOK_BYTES_LEAST)
        sink->look_bytes /= 2; /* gateways have limits of their own, and say so with any page */
    if (failed || kind != REST_FINE)
        return failed;
    switch (sink->step) {
    case REST_LOOK:
        return heard_look(sink, call, reply, error);
    case REST_INSERT:
        return heard_insert(sink, call, error);
    case REST_UPDATE:
        return heard_update(sink, call, error);
    default:
        finish(sink, call);
        return 0;
    }
}

/* ---- callbacks ------------------------------------------------------------------------------ */

static int ask_rows(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    switch (sink->step) {
    case REST_LOOK:
        rest_rows_move(&sink->rows, REST_LOOKED_FOR, REST_TO_LOOK); /* the same once more */
        return ask_look(sink, request, error);
    case REST_INSERT:
        return sink->orders ? ask_insert(sink, request, error) : ask_put(sink, request, error);
    case REST_UPDATE:
        return ask_update(sink, request, error);
    default: /* no row is to be written: the reply is what finish() answers to */
        rest_begin(&sink->rest);
        sql_add(&sink->rest.path, "limit=0&select=order_id");
        return rest_request(&sink->rest, request, SLUICE_METHOD_GET, NULL, error);
    }
}

static int write_build(struct rest_sink *sink, sluice_call *call, sluice_request *request,
                       sluice_error *error) {
    bool asked = false;
    if (!text_is(call->cookie, "rows")) {
        sink->step = REST_COLUMNS;
        if (!want_columns(sink, call))
            return no_memory(sink, error);
        int failed = rest_ask_columns(sink, request, &asked, error);
        if (failed || asked)
            return failed;
        if (sink->orders && !sink->order_keys) {
            sink->step = REST_KEY;
            return rest_ask_key(sink, request, error);
        }
        failed = take_rows(sink, call, error);
        if (failed)
            return failed;
        next_step(sink);
    }
    return ask_rows(sink, request, error);
}

static int32_t sink_build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct rest_sink *sink = instance;
    return call->op == SLUICE_OP_WRITE ? write_build(sink, call, request, error)
                                       : rest_probe_build(sink, call, request, error);
}

static int32_t sink_parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    struct rest_sink *sink = instance;
    if (call->op != SLUICE_OP_WRITE)
        return rest_probe_parse(sink, call, reply, error);
    switch (sink->step) {
    case REST_COLUMNS:
        return rest_hear_columns(sink, call, reply, error);
    case REST_KEY:
        return rest_hear_key(sink, call, reply, error);
    default:
        return hear_rows(sink, call, reply, error);
    }
}

static void close_sink(void *instance) {
    struct rest_sink *sink = instance;
    rest_rows_free(&sink->rows);
    rest_layout_free(&sink->layout);
    rest_columns_free(&sink->columns);
    rest_free(&sink->rest);
    sql_free(&sink->body);
    free(sink);
}

static int32_t script(void *instance, sluice_text *out, sluice_error *error) {
    struct rest_sink *sink = instance;
    const struct sink_options *options = sink->options;
    sql_clear(&sink->body);
    script_write(&sink->body, options->table);
    *out = (sluice_text){sink->body.text, sink->body.length};
    return sink->body.failed ? no_memory(sink, error) : 0;
}

int32_t rest_sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                       sluice_error *error) {
    const struct sink_options *options = config;
    sluice_texts keys = options->conflict.count ? options->conflict : (sluice_texts){&order_id, 1};
    struct rest_sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    *sink = (struct rest_sink){
        .way = {close_sink, script}, .host = host, .self = self, .options = options, .keys = keys};
    rest_layout_free(&sink->layout);
    sink->look_bytes = LOOK_BYTES;
    sink->orders = keys.count == 1 && text_equal(keys.items[0], order_id);
    int failed = rest_open(&sink->rest, host, self, options->url, options->key, options->table, ROWS, error);
    if (failed) {
        close_sink(sink);
        return failed;
    }
    char name[300];
    snprintf(name, sizeof name, "Supabase %s, table %s", sink->rest.server, sink->rest.shown);
    host->keeps(self, text_of(name));
    *instance = sink;
    return 0;
}

const sluice_exchanger rest_sink_callbacks = {
    .size = sizeof(sluice_exchanger),
    .build = sink_build,
    .parse = sink_parse,
};
