/* Is the table there, with the columns, the key and the rights that writing takes? Asked before the first
 * order, and without leaving a row behind: nothing is inserted but rows that no table takes together. */
#include <string.h>

#include <sluice/text.h>

#include "rest_check.h"
#include "rest_url.h"

/* The end of it. Who only asks is content without a verdict. */
static void kept(struct rest_sink *sink, sluice_call *call) {
    const sluice_verdict verdict = {
        .size = sizeof verdict, .kind = SLUICE_VERDICT_KEPT, .row = SLUICE_ALL_ROWS, .retry_after_ms = -1};
    if (call->op == SLUICE_OP_PROBE)
        sink->host->verdict(call, &verdict);
}

/* ---- columns -------------------------------------------------------------------------------- */

int rest_ask_columns(struct rest_sink *sink, sluice_request *request, bool *asked, sluice_error *error) {
    *asked = rest_columns_unknown(&sink->columns, NULL);
    if (!*asked)
        return 0;
    rest_begin(&sink->rest);
    sql_add(&sink->rest.path, "limit=0&select=");
    rest_columns_unknown(&sink->columns, &sink->rest.path);
    return rest_request(&sink->rest, request, SLUICE_METHOD_GET, NULL, error);
}

/* What a table of orders can't do without. */
static int check_needed(struct rest_sink *sink, sluice_error *error) {
    static const sluice_text orders[] = {TEXT("order_id"), TEXT("imei"), TEXT("status")};
    const sluice_text *needed = sink->orders ? orders : sink->keys.items;
    uint64_t count = sink->orders ? 3 : sink->keys.count;
    for (uint64_t i = 0; i < count; i++)
        if (rest_columns_find(&sink->columns, needed[i]) == REST_MISSING)
            return sink->host->fail(error, SLUICE_E_CONFIG, "%s: table %s has no column '%.*s'; %s",
                                    sink->rest.server, sink->rest.shown, TEXT_ARG(needed[i]),
                                    sink->orders ? REST_BY_HAND : "option 'conflict': name one that it has");
    return 0;
}

static bool is_check(const sluice_call *call) {
    return call->op == SLUICE_OP_CHECK_STORE;
}

static void tell_missing(struct rest_sink *sink) {
    for (size_t i = 0; i < order_column_count; i++)
        if (rest_columns_find(&sink->columns, text_of(order_columns[i].name)) == REST_MISSING)
            rest_check_column(sink, text_of(order_columns[i].name));
}

int rest_hear_columns(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                      sluice_error *error) {
    struct rest_fault fault;
    enum rest_kind kind;
    rest_fault_read(&fault, reply->status, reply->body, sink->rest.shown, sink->rest.role);
    if (strcmp(fault.code, "42703") == 0 && rest_columns_miss(&sink->columns, fault.words)) {
        if (is_check(call) && !rest_columns_unknown(&sink->columns, NULL))
            tell_missing(sink); /* it has none of them */
        sink->host->more(call, TEXT("columns"));
        return is_check(call) ? 0 : check_needed(sink, error);
    }
    int failed = rest_hear(&sink->rest, call, reply, &kind, &fault, error);
    if (failed || kind != REST_FINE)
        return failed;
    if (!reply->body.len || *reply->body.ptr != '[') {
        rest_unread(&sink->rest, call, "no list");
        return 0;
    }
    rest_columns_settle(&sink->columns);
    if (is_check(call)) {
        rest_check_clock(sink, call);
        tell_missing(sink);
    }
    sink->host->more(call, TEXT("columns"));
    return 0;
}

/* ---- the key -------------------------------------------------------------------------------- */

sluice_texts rest_keys(const struct rest_sink *sink) {
    static const sluice_text orders[] = {TEXT("order_id"), TEXT("provider"), TEXT("account")};
    return sink->orders ? (sluice_texts){orders, sink->order_keys == 3 ? 3 : 1} : sink->keys;
}

static void add_keys(struct rest_sink *sink, const char *word) {
    sluice_texts keys = rest_keys(sink);
    sql_add(&sink->rest.path, "%s", word);
    for (uint64_t i = 0; i < keys.count; i++) {
        sql_add(&sink->rest.path, i ? "," : "");
        rest_url_name(&sink->rest.path, keys.items[i]);
    }
}

int rest_ask_key(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    if (!sink->order_keys)
        sink->order_keys = 1;
    rest_begin(&sink->rest);
    add_keys(sink, "on_conflict=");
    add_keys(sink, "&columns=");
    request->content_type = TEXT("application/json");
    sink->host->request_text(request, TEXT("[]"), SLUICE_ENCODE_RAW);
    return rest_request(&sink->rest, request, SLUICE_METHOD_POST,
                        "resolution=merge-duplicates,return=minimal,missing=default,count=exact", error);
}

static bool has_owners(const struct rest_sink *sink) {
    return rest_columns_find(&sink->columns, TEXT("provider")) == REST_THERE &&
           rest_columns_find(&sink->columns, TEXT("account")) == REST_THERE;
}

int rest_hear_key(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    struct rest_fault fault;
    enum rest_kind kind;
    rest_fault_read(&fault, reply->status, reply->body, sink->rest.shown, sink->rest.role);
    bool no_key = strcmp(fault.code, "42P10") == 0;
    if (no_key && sink->orders && sink->order_keys == 1 && has_owners(sink)) {
        sink->order_keys = 3;
        sink->host->more(call, TEXT("key"));
        return 0;
    }
    if (no_key && sink->orders)
        return sink->host->fail(
            error, SLUICE_E_CONFIG,
            "%s: table %s: order_id isn't unique in it, so an order that is delivered twice "
            "would be there twice; " REST_BY_HAND,
            sink->rest.server, sink->rest.shown);
    int failed = rest_hear(&sink->rest, call, reply, &kind, &fault, error);
    bool counted = rest_count(&sink->rest, call) >= 0;
    if (!failed && kind == REST_FINE && !counted)
        rest_unread(&sink->rest, call, "no count of rows");
    if (failed || kind != REST_FINE || !counted)
        sink->order_keys = 0;
    else if (sink->orders)
        sink->host->more(call, TEXT("policy"));
    else
        kept(sink, call);
    return failed;
}

/* ---- would it take an order? ---------------------------------------------------------------- */

/* The same order twice, which the key that was asked about refuses, and one without an IMEI, should a trigger
 * drop the second. The first tells whether row level security, the sequence of the ids and the columns that
 * orders bring nothing for let it through. */
static int ask_policy(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    rest_begin(&sink->rest);
    sql_add(&sink->rest.path,
            sink->order_keys == 3 ? "columns=order_id,imei,provider,account" : "columns=order_id,imei");
    request->content_type = TEXT("application/json");
    sink->host->request_text(
        request,
        TEXT("[{\"order_id\":\"0\",\"imei\":\"000000000000000\",\"provider\":\"\",\"account\":\"\"},"
             "{\"order_id\":\"0\",\"imei\":\"000000000000000\",\"provider\":\"\",\"account\":\"\"},"
             "{\"order_id\":\"00\",\"imei\":null,\"provider\":\"\",\"account\":\"\"}]"),
        SLUICE_ENCODE_RAW);
    return rest_request(&sink->rest, request, SLUICE_METHOD_POST, "return=minimal,tx=rollback", error);
}

/* null value in column "NAME" of relation … */
static sluice_text refusing_column(const struct rest_fault *fault) {
    static const char words[] = "in column \"";
    const char *name = strcmp(fault->code, "23502") == 0 ? strstr(fault->words, words) : NULL;
    if (!name)
        return (sluice_text){NULL, 0};
    name += strlen(words);
    sluice_text column = {name, strcspn(name, "\"")};
    return orders_brings(column) ? (sluice_text){NULL, 0} : column;
}

static int hear_policy(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                       sluice_error *error) {
    struct rest_fault fault;
    enum rest_kind kind;
    rest_fault_read(&fault, reply->status, reply->body, sink->rest.shown, sink->rest.role);
    bool refused = strncmp(fault.code, "23", 2) == 0 || strncmp(fault.code, "428", 3) == 0 ||
                   fault.kind == REST_ROW || fault.exit == SLUICE_E_CONFIG;
    sluice_text column = refusing_column(&fault);
    if (column.len && is_check(call))
        rest_check_required(sink, column);
    else if (column.len)
        return sink->host->fail(error, SLUICE_E_CONFIG,
                                "%s: table %s: the column %.*s is " ORDERS_REFUSED
                                "; give it a default, or ALTER TABLE %s ALTER COLUMN \"%.*s\" DROP NOT NULL",
                                sink->rest.server, sink->rest.shown, TEXT_ARG(column), sink->rest.shown,
                                TEXT_ARG(column));
    int failed = refused ? 0 : rest_hear(&sink->rest, call, reply, &kind, &fault, error);
    if (failed || (!refused && kind != REST_FINE))
        return failed;
    if (sink->orders && (is_check(call) || sink->history.kept))
        sink->host->more(call, TEXT("history"));
    else
        kept(sink, call);
    return 0;
}

/* ---- import_history ------------------------------------------------------------------------- */

static int ask_history(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    rest_begin_at(&sink->rest, REST_HISTORY_TABLE);
    sql_add(&sink->rest.path, "limit=0&select=id,filename,rows_imported,rows_skipped");
    return rest_request(&sink->rest, request, SLUICE_METHOD_GET, NULL, error);
}

static int hear_history(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                        sluice_error *error) {
    struct rest_fault fault;
    rest_fault_read(&fault, reply->status, reply->body, REST_HISTORY_TABLE, sink->rest.role);
    if (is_check(call) && rest_check_fault(sink, REST_HISTORY_TABLE, &fault))
        return 0;
    int failed = rest_answer(&sink->rest, call, &fault, error);
    if (!failed && fault.kind == REST_FINE)
        kept(sink, call);
    return failed;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static bool want_all(struct rest_sink *sink) {
    bool fine = true;
    for (size_t i = 0; sink->orders && i < order_column_count; i++)
        fine &= rest_columns_want(&sink->columns, text_of(order_columns[i].name));
    for (uint64_t i = 0; i < sink->keys.count; i++)
        fine &= rest_columns_want(&sink->columns, sink->keys.items[i]);
    return fine;
}

int rest_probe_build(struct rest_sink *sink, sluice_call *call, sluice_request *request,
                     sluice_error *error) {
    bool asked = false;
    if (!call->cookie.ptr) { /* a table that was mended since is looked at again */
        rest_columns_free(&sink->columns);
        rest_layout_free(&sink->layout);
        sink->order_keys = 0;
        if (!want_all(sink))
            return sink->host->fail(error, SLUICE_E_IO, "out of memory");
        if (is_check(call))
            rest_check_key(sink);
    }
    if (text_is(call->cookie, "policy")) {
        sink->probe = REST_PROBE_POLICY;
        return ask_policy(sink, request, error);
    }
    if (text_is(call->cookie, "history")) {
        sink->probe = REST_PROBE_HISTORY;
        return ask_history(sink, request, error);
    }
    sink->probe = REST_PROBE_COLUMNS;
    int failed = rest_ask_columns(sink, request, &asked, error);
    if (failed || asked)
        return failed;
    sink->probe = REST_PROBE_KEY;
    return rest_ask_key(sink, request, error);
}

/* Of a check: what is lacking is told, and what comes after it can't be asked. */
static bool told(struct rest_sink *sink, const sluice_call *call, const sluice_reply *reply) {
    struct rest_fault fault;
    rest_fault_read(&fault, reply->status, reply->body, sink->rest.shown, sink->rest.role);
    bool second = sink->probe == REST_PROBE_KEY && sink->order_keys == 1 && has_owners(sink);
    return is_check(call) && !(strcmp(fault.code, "42P10") == 0 && second) &&
           rest_check_fault(sink, sink->rest.shown, &fault);
}

int rest_probe_parse(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                     sluice_error *error) {
    if (sink->probe == REST_PROBE_HISTORY)
        return hear_history(sink, call, reply, error);
    if (told(sink, call, reply))
        return 0;
    switch (sink->probe) {
    case REST_PROBE_COLUMNS:
        return rest_hear_columns(sink, call, reply, error);
    case REST_PROBE_KEY:
        return rest_hear_key(sink, call, reply, error);
    default:
        return hear_policy(sink, call, reply, error);
    }
}
