/* A sink over REST. Orders that are new go in with one request, which leaves alone what is there already;
 * those that were there are read, merged here and written back as far as they changed. Nothing that is stored
 * is written over unread, and what changes in between keeps its other columns. */
#include "rest_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "script.h"

enum {
    ROWS = 8192,        /* in a call */
    LOOK_ROWS = 500,    /* ids in one look, */
    LOOK_BYTES = 10000, /* and of their text: URL and headers must stay below 16 KiB */
};

static const sluice_text order_id = {"order_id", 8};

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
            return rest_no_memory(&sink->rest, error);
        sink->layout.fills = sink->options->history;
        say_extra(sink);
    }
    int failed = check_keys(sink, error);
    if (failed)
        return failed;
    enum rest_state first = !sink->orders                                              ? REST_TO_PUT
                            : sink->look_first || sink->imported == REST_IMPORTED_SOME ? REST_TO_LOOK
                                                                                       : REST_TO_INSERT;
    if (!rest_rows_take(&sink->rows, &sink->layout, call->rows, call->row_count, first))
        return rest_no_memory(&sink->rest, error);
    if (rest_rows_count(&sink->rows, REST_LEFT_OUT) && !sink->said_no_id) {
        sink->host->log(
            sink->self, SLUICE_LOG_WARN,
            "records without an order_id are not stored; to keep them, name another key with 'conflict'");
        sink->said_no_id = true;
    }
    sink->look_most = LOOK_ROWS;
    sink->updates = 0;
    sink->unclaimed = 0;
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

/* ---- callbacks ------------------------------------------------------------------------------ */

static int write_build(struct rest_sink *sink, sluice_call *call, sluice_request *request,
                       sluice_error *error) {
    bool asked = false;
    if (!text_is(call->cookie, "rows")) {
        sink->step = REST_COLUMNS;
        if (!want_columns(sink, call))
            return rest_no_memory(&sink->rest, error);
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
        rest_next_step(sink);
    }
    return rest_ask_rows(sink, request, error);
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
        return rest_hear_rows(sink, call, reply, error);
    }
}

static void close_sink(void *instance) {
    struct rest_sink *sink = instance;
    rest_history_say(&sink->history, sink->host, sink->self);
    rest_rows_free(&sink->rows);
    rest_layout_free(&sink->layout);
    rest_history_free(&sink->history);
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
    return sink->body.failed ? rest_no_memory(&sink->rest, error) : 0;
}

int32_t rest_sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                       sluice_error *error) {
    const struct sink_options *options = config;
    sluice_texts keys = options->conflict.count ? options->conflict : (sluice_texts){&order_id, 1};
    bool orders = keys.count == 1 && text_equal(keys.items[0], order_id);
    if (options->history && !orders)
        return host->fail(error, SLUICE_E_CONFIG,
                          "option 'history': only a table of orders has one; leave it out, or 'conflict'");
    struct rest_sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    *sink = (struct rest_sink){
        .way = {close_sink, script}, .host = host, .self = self, .options = options, .keys = keys};
    rest_layout_free(&sink->layout);
    sink->history.kept = options->history;
    sink->look_bytes = LOOK_BYTES;
    sink->orders = orders;
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
