/* place.c - one order: who it is for, the request, and what the reply proves. */
#include <stdio.h>
#include <stdlib.h>

#include <sluice/amount.h>
#include <sluice/text.h>

#include "action.h"
#include "pointer.h"

enum { ORDER_ID_MOST = 127, NAMES_MOST = 200 };

/* ---- identity ------------------------------------------------------------------------------ */

static sluice_text cell(const sluice_row *row, const char *column) {
    int32_t at = sluice_find_column(row->batch, column, strlen(column));
    return at < 0 ? (sluice_text){NULL, 0} : text_trim(row->batch->cells[at][row->row]);
}

static bool is_graphic(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7f)
            return false;
    return text.len > 0;
}

sluice_text place_service(sluice_text name, char room[SERVICE_MOST]) {
    sluice_text text = text_trim(name), number = service_read(text, room);
    if (number.ptr)
        return number;
    if (text.len > SERVICE_MOST || !is_graphic(text))
        return (sluice_text){NULL, 0};
    memcpy(room, text.ptr, text.len);
    return (sluice_text){room, text.len};
}

bool place_is_order_id(sluice_text id) {
    bool zero = true;
    for (uint64_t i = 0; i < id.len; i++)
        zero &= id.ptr[i] == '0';
    return id.len <= ORDER_ID_MOST && is_graphic(id) && !zero && !memchr("{[\"", id.ptr[0], 3);
}

static int32_t refuse(sluice_identity *out, const char *code, const char *reason) {
    out->code = text_of(code);
    out->reason = text_of(reason);
    return 1;
}

static int32_t choose_service(const struct action *action, const sluice_row *row, sluice_arena *arena,
                              sluice_identity *out, sluice_error *error) {
    sluice_text own = cell(row, "service_id");
    if (!own.len && action->service.ptr) {
        out->service = action->service;
        return SLUICE_OK;
    }
    if (!own.len)
        return refuse(out, "no_service", "the row has no service_id, and neither has the pipeline");
    char *room = action->host->alloc(arena, SERVICE_MOST);
    if (!room)
        return action->host->fail(error, SLUICE_E_IO, "out of memory");
    out->service = place_service(own, room);
    return out->service.ptr
               ? SLUICE_OK
               : refuse(out, "invalid_service", "the row's service_id can't be one of a service");
}

/* The fields of the record that the request takes, but for those that are the order's identity. */
struct names {
    const struct scope *scope;
    sluice_text items[NAMES_MOST];
    uint32_t count;
    sluice_text missing;
};

static int take_name(void *user, sluice_text name) {
    struct names *names = user;
    if (scope_own(names->scope, name))
        return 0;
    for (uint32_t i = 0; i < names->count; i++)
        if (text_equal(names->items[i], name))
            return 0;
    if (names->count == NAMES_MOST || !scope_has(names->scope, name)) {
        names->missing = name;
        return 1;
    }
    names->items[names->count++] = name;
    return 0;
}

static int compare_names(const void *a, const void *b) {
    const sluice_text *x = a, *y = b;
    int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* What else would be sent, in one way only; null: nothing. */
static int32_t canonical(const struct action *action, struct names *names, sluice_arena *arena,
                         sluice_text *out, sluice_error *error) {
    struct buffer text = {0};
    const char *before = "{";
    qsort(names->items, names->count, sizeof *names->items, compare_names);
    for (uint32_t i = 0; i < names->count; i++) {
        sluice_text value = scope_value(names->scope, names->items[i]);
        if (!value.len)
            continue;
        buffer_string(&text, before);
        buffer_json(&text, names->items[i]);
        buffer_string(&text, ":");
        buffer_json(&text, value);
        before = ",";
    }
    buffer_string(&text, text.length ? "}" : "");
    char *copy = text.failed ? NULL : action->host->alloc(arena, text.length + 1);
    if (copy && text.length)
        *out = (sluice_text){memcpy(copy, text.text, text.length), text.length};
    buffer_free(&text);
    return copy ? SLUICE_OK : action->host->fail(error, SLUICE_E_IO, "out of memory");
}

/* What is the order's own: as it is sent. */
static void name_order(struct scope *scope, sluice_text imei, sluice_text service, sluice_text client_ref) {
    scope_add(scope, "imei", imei);
    scope_add(scope, "service_id", service);
    scope_add(scope, "client_ref", client_ref);
}

static int32_t refuse_value(const struct action *action, sluice_arena *arena, sluice_text name,
                            const char *wrong, sluice_identity *out, sluice_error *error) {
    enum { ROOM = 200 };
    char *room = action->host->alloc(arena, ROOM);
    if (!room)
        return action->host->fail(error, SLUICE_E_IO, "out of memory");
    snprintf(room, ROOM, "the row's '%.*s' %s", TEXT_ARG(text_cut(name, 64)), wrong);
    return refuse(out, "invalid_field", room);
}

/* A column that isn't there at all is a slip in the pipeline: orders without it would be paid for. */
static int32_t check_fields(const struct action *action, const struct scope *scope, sluice_arena *arena,
                            sluice_identity *out, sluice_error *error) {
    struct names names = {.scope = scope};
    sluice_text name;
    if (shape_each_name(&action->shape, take_name, &names))
        return action->host->fail(error, SLUICE_E_CONFIG,
                                  "the request takes '%.*s' from a column that the records don't have",
                                  TEXT_ARG(text_cut(names.missing, 64)));
    const char *wrong = shape_check(&action->shape, scope, &name);
    if (wrong)
        return refuse_value(action, arena, name, wrong, out, error);
    return names.count ? canonical(action, &names, arena, &out->parameters, error) : SLUICE_OK;
}

int32_t place_identity(void *instance, const sluice_row *row, sluice_arena *arena, sluice_identity *out,
                       sluice_error *error) {
    const struct action *action = instance;
    struct identifier identifier;
    struct scope scope = {.row = row};
    int32_t answer = identifier_read(action->host, arena, cell(row, "imei"), &identifier, error);
    if (answer > 0)
        return refuse(out, identifier.code, identifier.reason);
    if (!answer)
        answer = choose_service(action, row, arena, out, error);
    out->identifier = identifier.key;
    if (answer)
        return answer;
    name_order(&scope, identifier.wire, out->service, TEXT("r"));
    return check_fields(action, &scope, arena, out, error);
}

/* ---- the paid call ------------------------------------------------------------------------- */

int32_t place_build(struct action *action, sluice_call *call, sluice_request *request, sluice_error *error) {
    const sluice_host *host = action->host;
    if (call->row_count != 1 || !call->service.len)
        return host->fail(error, SLUICE_E_SOFTWARE, "an order needs one row and a service");
    struct identifier *identifier = host->alloc(request->arena, sizeof *identifier);
    if (!identifier)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    call->state = identifier; /* in the arena, which lives as long */
    struct scope scope = {.row = call->rows};
    sluice_text name, reference = call->client_refs ? call->client_refs[0] : (sluice_text){NULL, 0};
    int32_t failed = identifier_read(host, request->arena, cell(call->rows, "imei"), identifier, error);
    if (failed)
        return failed < 0 ? failed : host->fail(error, SLUICE_E_DATA, "%s", identifier->reason);
    name_order(&scope, identifier->wire, call->service, reference);
    const char *wrong = shape_check(&action->shape, &scope, &name);
    if (wrong)
        return host->fail(error, SLUICE_E_DATA, "the row's '%.*s' %s", TEXT_ARG(text_cut(name, 64)), wrong);
    return shape_build(&action->shape, &action->shape.target, (sluice_text){NULL, 0}, &scope, request, error);
}

/* ---- what the reply proves ----------------------------------------------------------------- */

static void give(const struct action *action, sluice_call *call, uint32_t kind, const char *code,
                 const char *text, int64_t retry_after_ms) {
    sluice_verdict verdict = {.size = sizeof verdict,
                              .kind = kind,
                              .code = text_of(code),
                              .text = text_of(text),
                              .retry_after_ms = retry_after_ms};
    action->host->verdict(call, &verdict);
}

static void doubt(const struct action *action, sluice_call *call, const char *code, const char *text) {
    give(action, call, SLUICE_VERDICT_IN_DOUBT, code, text, -1);
}

/* A number with a point or an exponent isn't what was sent, but what some library made of it. */
static bool is_exact(sluice_text value) {
    if (!value.len || value.ptr[0] == '"')
        return value.len > 0;
    for (uint64_t i = 0; i < value.len; i++)
        if (!text_is_digit(value.ptr[i]))
            return false;
    return true;
}

/* What stands in the place of the order id. */
struct found_id {
    sluice_text text; /* null: nothing that is one */
    bool something;   /* but something: then the reply is no clean refusal */
};

static struct found_id read_order_id(const struct action *action, struct reply *reply) {
    sluice_text value = pointer_find(reply->root, action->settings->order_id);
    sluice_text id = text_trim(reply_text(reply, value));
    bool good = is_exact(value) && place_is_order_id(id);
    bool nothing = reply_is_nothing(value) || text_is(id, "0") || !id.len;
    return (struct found_id){good ? id : (sluice_text){NULL, 0}, !nothing};
}

/* The provider says which IMEI the order is for, and it is another one. */
static bool is_other(const struct action *action, const sluice_call *call, struct reply *reply) {
    const struct identifier *sent = call->state;
    sluice_text said = text_trim(reply_at(reply, action->settings->identifier));
    return said.len && sent && !text_same(said, sent->key) && !text_same(said, sent->wire);
}

static void give_placed(struct action *action, sluice_call *call, struct reply *reply, sluice_text order_id) {
    struct columns *columns = &action->columns;
    char room[AMOUNT_TEXT];
    sluice_text status = columns_status(columns, reply);
    /* What is refunded is told by the check, which the ledger hears. */
    if (!status.ptr || (action->settings->refunds && text_is(status, "Rejected")))
        status = TEXT("Pending");
    bool filled = columns_fill(columns, reply, status, "place");
    sluice_text price = reply_at(reply, action->settings->price);
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = SLUICE_VERDICT_PLACED,
        .order_id = order_id,
        .price = words_amount(action->settings, price, room),
        .columns = columns->names,
        .values = columns->values,
        .column_count = filled ? columns->count : 0,
        .retry_after_ms = -1,
    };
    action->host->verdict(call, &verdict);
}

static void give_refused(const struct action *action, sluice_call *call, enum class class, const char *words,
                         int64_t retry_after_ms) {
    static const uint32_t kinds[] = {
        [CLASS_AUTH] = SLUICE_VERDICT_REFUSED_AUTH,       [CLASS_NO_CREDIT] = SLUICE_VERDICT_NO_CREDIT,
        [CLASS_RETRY_LATER] = SLUICE_VERDICT_RETRY_LATER, [CLASS_DUPLICATE] = SLUICE_VERDICT_DUPLICATE,
        [CLASS_REJECTED] = SLUICE_VERDICT_REJECTED,
    };
    give(action, call, kinds[class], class_names[class], words,
         class == CLASS_RETRY_LATER ? retry_after_ms : -1);
}

static void doubt_id(const struct action *action, sluice_call *call, struct reply *reply, const char *code,
                     const char *what, const char *words) {
    char why[WORDS_TEXT + 200];
    sluice_text id = reply_at(reply, action->settings->order_id);
    snprintf(why, sizeof why, "the reply has '%.*s' for an order id, and %s: %s", TEXT_ARG(text_cut(id, 64)),
             what, words);
    doubt(action, call, code, why);
}

static void judge(struct action *action, sluice_call *call, struct reply *reply, const sluice_reply *from) {
    char words[WORDS_TEXT], why[WORDS_TEXT + 100];
    struct found_id id = read_order_id(action, reply);
    enum class refusal = verdicts_refusal(&action->verdicts, reply, from->status);
    words_of(action->settings, reply, from, words);
    if (is_other(action, call, reply)) {
        doubt(action, call, "other_imei", "the reply is for another identifier than the order");
    } else if (refusal == CLASS_DUPLICATE || (refusal < CLASS_PLACED && !id.something)) {
        give_refused(action, call, refusal, words, from->retry_after_ms);
    } else if (refusal < CLASS_PLACED) {
        doubt_id(action, call, reply, "contradiction", "is a refusal", words);
    } else if (id.text.ptr && verdicts_placed(&action->verdicts, reply, from->status)) {
        give_placed(action, call, reply, id.text);
    } else if (id.text.ptr) {
        doubt_id(action, call, reply, "unclear", "fits no rule of 'placed'", words);
    } else if (id.something) {
        doubt_id(action, call, reply, "no_order_id", "that can't be one", words);
    } else {
        snprintf(why, sizeof why, "the reply has no order id and fits no rule of 'verdicts': %s", words);
        doubt(action, call, "unclear", why);
    }
}

void place_parse(struct action *action, sluice_call *call, const sluice_reply *from) {
    char came[REPLY_DESCRIPTION], why[REPLY_DESCRIPTION + 400];
    struct reply reply;
    reply_read(&reply, from->body);
    if (from->status >= 300 && from->status < 400) {
        snprintf(why, sizeof why, "HTTP %d: the provider redirects to %.*s: change 'url'", from->status,
                 TEXT_ARG(text_cut(from->redirect, 200)));
        doubt(action, call, "redirect", why);
    } else if (reply.kind != REPLY_JSON) {
        reply_describe(&reply, from, came);
        snprintf(why, sizeof why, "no whole reply of the API came: %s", came);
        doubt(action, call, reply.kind == REPLY_DAMAGED ? "damaged_reply" : "foreign_reply", why);
    } else {
        judge(action, call, &reply, from);
    }
    reply_free(&reply);
}
