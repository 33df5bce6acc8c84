/* What the replies say of the rows of a call, and what comes next. */
#include <stdio.h>
#include <string.h>

#include <sluice/json.h>
#include <sluice/text.h>

#include "rest_adopt.h"

enum { LOOK_BYTES_LEAST = 1000 };

/* ---- what comes next ------------------------------------------------------------------------ */

void rest_next_step(struct rest_sink *sink) {
    struct rest_rows *rows = &sink->rows;
    if (rest_rows_count(rows, REST_TO_LOOK))
        sink->step = REST_LOOK;
    else if (rest_adopt_next(sink))
        return;
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

static bool note(struct rest_sink *sink, const sluice_call *call) {
    bool fine = true;
    for (uint32_t i = 0; i < sink->rows.count; i++)
        fine &= rest_history_add(&sink->history, call->rows[i].batch->file, sink->rows.items[i].written);
    return fine;
}

static int go_on(struct rest_sink *sink, sluice_call *call, sluice_error *error) {
    bool noted = sink->step == REST_HISTORY;
    rest_next_step(sink);
    if (sink->step == REST_END && sink->history.kept && !noted && !note(sink, call))
        return rest_no_memory(&sink->rest, error);
    if (sink->step == REST_END && rest_history_waits(&sink->history))
        sink->step = REST_HISTORY;
    if (sink->step == REST_END)
        finish(sink, call);
    else
        sink->host->more(call, TEXT("rows"));
    return 0;
}

static void mark_written(struct rest_sink *sink, enum rest_state state) {
    for (uint32_t i = 0; i < sink->rows.count; i++)
        sink->rows.items[i].written |= sink->rows.items[i].state == state;
}

/* ---- replies -------------------------------------------------------------------------------- */

static int hidden(const struct rest_sink *sink, uint64_t count, sluice_error *error) {
    return sink->host->fail(
        error, SLUICE_E_AUTH,
        "%s: table %s dropped %llu rows without a word: row level security hides them, or a "
        "trigger leaves them out; take the secret or service_role key",
        sink->rest.server, sink->rest.shown, (unsigned long long)count);
}

static int miscounted(const struct rest_sink *sink, uint32_t sent, int64_t written, sluice_error *error) {
    if (written < sent)
        return hidden(sink, sent - (uint64_t)written, error);
    return sink->host->fail(
        error, SLUICE_E_CONFIG,
        "%s: table %s changed %lld rows for the %u that were sent: a trigger or a rule of "
        "it does more than it should; take it away, or name another table",
        sink->rest.server, sink->rest.shown, (long long)written, sent);
}

/* Asked for a count, the API gives one: what says yes without it is a page of something in between. */
static bool is_counted(struct rest_sink *sink, sluice_call *call, int64_t written) {
    if (written < 0)
        rest_unread(&sink->rest, call, "no count of rows");
    return written >= 0;
}

static int heard_insert(struct rest_sink *sink, sluice_call *call, sluice_error *error) {
    enum rest_state sent = sink->orders ? REST_TO_INSERT : REST_TO_PUT;
    uint32_t count = rest_rows_count(&sink->rows, sent);
    int64_t written = rest_count(&sink->rest, call);
    if (written == count) {
        mark_written(sink, sent);
        rest_rows_move(&sink->rows, sent, REST_DONE);
        return go_on(sink, call, error);
    }
    if (!sink->orders)
        return is_counted(sink, call, written) ? miscounted(sink, count, written, error) : 0;
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (sink->rows.items[i].state == REST_TO_INSERT)
            sink->rows.items[i].tried = true;
    rest_rows_move(&sink->rows, REST_TO_INSERT, REST_TO_LOOK);
    sink->look_first = written >= 0 && written < count / 2;
    sink->unclaimed += written > 0 ? (uint64_t)written : 0;
    return go_on(sink, call, error);
}

static int heard_update(struct rest_sink *sink, sluice_call *call, sluice_error *error) {
    uint32_t count = 0;
    int64_t written = rest_count(&sink->rest, call);
    if (!is_counted(sink, call, written))
        return 0;
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (rest_is_updated(sink, &sink->rows.items[i])) {
            sink->rows.items[i].state = REST_DONE;
            sink->rows.items[i].written = true;
            count++;
        }
    if (written != count)
        return miscounted(sink, count, written, error);
    sink->updates++;
    return go_on(sink, call, error);
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

int rest_read_stored(struct rest_sink *sink, sluice_text object, sluice_text **out, sluice_error *error) {
    const struct rest_layout *layout = &sink->layout;
    sluice_text *old = pool_zalloc(&sink->rows.pool, layout->count * sizeof *old);
    struct json_walk walk;
    sluice_text key, value;
    if (!old)
        return rest_no_memory(&sink->rest, error);
    json_walk_object(&walk, object);
    for (uint32_t guess = 0; json_next_member(&walk, &key, &value); guess++) {
        uint32_t at = value_named(layout, key, guess);
        if (at == layout->count)
            continue;
        old[at] = stored_text(sink, value);
        if (old[at].len == UINT64_MAX)
            return rest_no_memory(&sink->rest, error);
    }
    *out = old;
    return walk.ended ? 0 : 1;
}

/* One stored row. 0: taken in; 1: it can't be read; negative: failed. */
static int hear_stored(struct rest_sink *sink, sluice_text object, sluice_error *error) {
    const struct rest_layout *layout = &sink->layout;
    sluice_text *old;
    int failed = rest_read_stored(sink, object, &old, error);
    if (failed)
        return failed;
    struct rest_row *row = rest_rows_find(&sink->rows, old);
    if (!row || row->state != REST_LOOKED_FOR)
        return 0;
    switch (rest_merge(layout, row->values, old, &row->changed, &sink->rows.pool)) {
    case REST_SAME: /* perhaps by the request that has just put it there */
        row->written = row->tried && sink->unclaimed;
        sink->unclaimed -= row->written;
        row->state = REST_DONE;
        return 0;
    case REST_CHANGED:
        row->state = REST_TO_UPDATE;
        return 0;
    case REST_STRANGER:
        return refuse(sink, row, old) ? 0 : rest_no_memory(&sink->rest, error);
    default:
        return rest_no_memory(&sink->rest, error);
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
    return go_on(sink, call, error);
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

/* The order has got its id from somebody else meanwhile; or the table's ids are numbers, of which none was
 * made up; or it is so large that the question takes too long: then each IMEI is looked at. */
static bool is_answered_by_fault(struct rest_sink *sink, const sluice_reply *reply) {
    struct rest_fault fault;
    rest_fault_read(&fault, reply->status, reply->body, sink->rest.shown, sink->rest.role);
    bool adopted = sink->step == REST_ADOPT && strcmp(fault.code, "23505") == 0;
    bool numbers = sink->step == REST_IMPORTED && strcmp(fault.code, "42883") == 0;
    bool slow = sink->step == REST_IMPORTED && strcmp(fault.code, "57014") == 0;
    if (adopted)
        rest_adopt_done(sink);
    if (numbers)
        sink->imported = REST_IMPORTED_NONE;
    if (slow)
        rest_adopt_assume(sink);
    return adopted || numbers || slow;
}

static int heard_kin(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                     sluice_error *error) {
    int failed = rest_adopt_hear(sink, call, reply, error);
    if (!failed)
        return go_on(sink, call, error);
    if (failed != 1)
        return failed;
    rest_unread(&sink->rest, call, sink->step == REST_ADOPT ? "no count of rows" : "no list of rows");
    return 0;
}

static int heard_history(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                         sluice_error *error) {
    int failed = rest_history_hear(&sink->history, &sink->rest, call, reply, error);
    if (failed < 0 || reply->status >= 300)
        return failed;
    if (!failed)
        return go_on(sink, call, error);
    rest_unread(&sink->rest, call, "no row of import_history");
    return 0;
}

static bool is_look(const struct rest_sink *sink) {
    return sink->step == REST_LOOK || sink->step == REST_KIN;
}

int rest_hear_rows(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                   sluice_error *error) {
    struct rest_fault fault;
    enum rest_kind kind;
    if (needs_whole_rows(sink, call, reply))
        return 0;
    if (is_answered_by_fault(sink, reply))
        return go_on(sink, call, error);
    if (sink->step == REST_HISTORY)
        return heard_history(sink, call, reply, error);
    int failed = rest_hear(&sink->rest, call, reply, &kind, &fault, error);
    if (kind == REST_AGAIN && is_look(sink) && !*fault.code && sink->look_bytes > LOOK_BYTES_LEAST)
        sink->look_bytes /= 2; /* gateways have limits of their own, and say so with any page */
    if (failed || kind != REST_FINE)
        return failed;
    switch (sink->step) {
    case REST_LOOK:
        return heard_look(sink, call, reply, error);
    case REST_IMPORTED:
    case REST_KIN:
    case REST_ADOPT:
        return heard_kin(sink, call, reply, error);
    case REST_INSERT:
        return heard_insert(sink, call, error);
    case REST_UPDATE:
        return heard_update(sink, call, error);
    default:
        finish(sink, call);
        return 0;
    }
}
