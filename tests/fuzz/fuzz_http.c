/* Any bytes as a pointer, a rule, a template and a body, and as the reply of an API that options describe: in
 * one input, the parts separated by the byte 0.
 *
 * Besides not crashing: what a template sends is JSON whatever the values are, an order is placed only with
 * an id that may be one, all that is handed on is UTF-8, and the same bytes mean the same again. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/json.h>
#include <sluice/text.h>
#include <sluice/utf8.h>

#include "../plugins/bare_host.h"
#include "http/action.h"
#include "http/moment.h"
#include "http/pointer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a host that sums up what it is told ---------------------------------------------------- */

static uint64_t heard;
static struct buffer sent;

static void hear(sluice_text text) {
    for (uint64_t i = 0, n; i < text.len; i += n) {
        n = utf8_sequence(text.ptr + i, text.len - i);
        assert(n);
    }
    heard = text_hash_more(heard, text) * 31 + text.len;
}

static void on_verdict(sluice_call *call, const sluice_verdict *verdict) {
    bool news = verdict->kind == SLUICE_VERDICT_PLACED || verdict->kind == SLUICE_VERDICT_CHECKED ||
                verdict->kind == SLUICE_VERDICT_REFUNDED;
    assert(verdict->row < call->row_count || verdict->row == SLUICE_ALL_ROWS);
    assert(verdict->kind != SLUICE_VERDICT_PLACED || place_is_order_id(verdict->order_id));
    assert(news || verdict->text.len);
    heard = heard * 31 + verdict->kind;
    hear(verdict->order_id);
    hear(verdict->text);
    hear(verdict->price);
    for (uint32_t i = 0; i < verdict->column_count; i++)
        hear(verdict->values[i]);
}

static void on_service(sluice_call *call, const sluice_service *service) {
    (void)call;
    assert(service->id.len);
    hear(service->id);
    hear(service->title);
    hear(service->price);
}

static void on_balance(sluice_call *call, sluice_text amount, sluice_text currency) {
    (void)call;
    hear(amount);
    hear(currency);
}

static void on_candidate(sluice_call *call, const sluice_candidate *candidate) {
    (void)call;
    assert(place_is_order_id(candidate->order_id));
    hear(candidate->identifier);
    hear(candidate->created);
    hear(candidate->status);
}

static void on_listing(sluice_call *call, const sluice_listing *listing) {
    (void)call;
    hear(listing->oldest);
}

static void on_more(sluice_call *call, sluice_text cookie) {
    (void)call;
    assert(cookie.len <= 4096);
    hear(cookie);
}

static int32_t on_endpoint(sluice_self *self, const sluice_endpoint *endpoint, sluice_error *error) {
    (void)self, (void)endpoint, (void)error;
    return 0;
}

static int32_t on_adds(sluice_self *self, const sluice_text *names, uint32_t count, sluice_error *error) {
    (void)self, (void)names, (void)count, (void)error;
    return 0;
}

static int32_t on_nfkc(sluice_arena *arena, sluice_text in, sluice_text *out, sluice_error *error) {
    (void)arena, (void)error;
    *out = in;
    return 0;
}

static void on_pair(sluice_request *request, const char *name, sluice_text value) {
    (void)request, (void)name, (void)value;
}

/* As the core: raw, or escaped for the inside of a string. */
static void on_text(sluice_request *request, sluice_text text, uint32_t encoding) {
    struct buffer quoted = {0};
    (void)request;
    if (encoding == SLUICE_ENCODE_RAW) {
        buffer_add(&sent, text);
        return;
    }
    buffer_json(&quoted, text);
    buffer_add(&sent, (sluice_text){quoted.text + 1, quoted.length - 2});
    buffer_free(&quoted);
}

static sluice_host host;

static void make_host(void) {
    host = bare_host;
    host.endpoint = on_endpoint;
    host.adds = on_adds;
    host.nfkc = on_nfkc;
    host.request_query = host.request_form = host.request_header = on_pair;
    host.request_text = on_text;
    host.verdict = on_verdict;
    host.service = on_service;
    host.balance = on_balance;
    host.candidate = on_candidate;
    host.listing = on_listing;
    host.more = on_more;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static bool is_utf8(sluice_text text) {
    for (uint64_t i = 0, n; i < text.len; i += n)
        if (!(n = utf8_sequence(text.ptr + i, text.len - i)))
            return false;
    return true;
}

static void try_template(sluice_text text, sluice_text value) {
    struct template template;
    struct scope scope = {.row = NULL};
    struct bare_batch memory;
    const struct template_secrets secrets = {{0, 0}, {0, 0}};
    sluice_text name;
    if (!is_utf8(value) || template_read(&template, text, TEMPLATE_JSON))
        return;
    bare_begin(&memory, 1, 1);
    sluice_request request = {.size = sizeof request, .arena = &memory.arena};
    for (uint32_t i = 0; i < template.count; i++)
        if (template.parts[i].kind == PART_SECRET)
            template.parts[i].kind = PART_FIELD; /* the core's to send */
    char own[65] = "imei";
    for (uint32_t i = 0; i < template.count; i++)
        if (template.parts[i].kind == PART_FIELD)
            snprintf(own, sizeof own, "%.*s", TEXT_ARG(template.parts[i].text));
    scope_add(&scope, own, value);
    if (!template_check(&template, &scope, &name)) {
        sent.length = 0;
        template_send(&template, &scope, &host, &secrets, &request);
        sluice_text all = text_trim((sluice_text){sent.text, sent.length});
        assert(sent.failed || json_whole(all, all.ptr[0]).ptr);
    }
    bare_free(&memory);
    template_free(&template);
}

static void try_parts(sluice_text pointer, sluice_text words, sluice_text body) {
    struct rule rule;
    struct reply reply;
    struct moment moment;
    reply_read(&reply, body);
    if (reply.root.ptr && pointer_good(pointer))
        hear(reply_at(&reply, pointer.ptr ? pointer : TEXT("")));
    if (!rule_read(&rule, words) && reply.root.ptr)
        heard += rule_fits(&rule, &reply, 422);
    moment_read(&moment, words);
    reply_free(&reply);
}

/* ---- one reply ------------------------------------------------------------------------------ */

#define WORDS(literal) \
    { "" literal, sizeof literal - 1 }
#define LIST(type, ...) (const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}) / sizeof(type)
#define PAIR(name, ...) \
    { \
        WORDS(name), { \
            LIST(sluice_text, __VA_ARGS__) \
        } \
    }
#define PAIRS(...) \
    { LIST(sluice_pair, __VA_ARGS__) }

#define BOTH \
    .provider = TEXT("example"), .refunds = 1, .status = TEXT("/status"), .identifier = TEXT("/imei"), \
    .statuses = PAIRS(PAIR("Completed", WORDS("done"), WORDS("ok")), PAIR("Rejected", WORDS("failed"))), \
    .fields = \
        PAIRS(PAIR("result_code", WORDS("/result"), WORDS("/properties")), PAIR("model", WORDS("/m"))), \
    .verdicts = PAIRS(PAIR("auth", WORDS("401"), WORDS("/error*=key")))

static const struct settings asks = {BOTH, .url = TEXT("https://x.example/v1/{{order_id}}")};

static const struct settings spends = {
    BOTH,
    .url = TEXT("https://x.example/v1"),
    .spends = 1,
    .order_id = TEXT("/id"),
    .price = TEXT("/price"),
    .service_id = TEXT("12"),
    .services = PAIRS(PAIR("url", WORDS("/s?p={{page}}")), PAIR("id", WORDS("/id")),
                      PAIR("price", WORDS("/price")), PAIR("title", WORDS("/m"))),
    .balance = PAIRS(PAIR("url", WORDS("/b")), PAIR("amount", WORDS("/price"))),
    .orders = PAIRS(PAIR("url", WORDS("/o")), PAIR("items", WORDS("/data")), PAIR("next", WORDS("/next")),
                    PAIR("order_id", WORDS("/id")), PAIR("imei", WORDS("/imei")),
                    PAIR("created", WORDS("/at")), PAIR("status", WORDS("/status"))),
};

static void *open_action(const struct settings *settings) {
    void *action = NULL;
    sluice_error error = {.size = sizeof error};
    int32_t failed = action_open(&host, NULL, settings, &action, &error);
    if (failed)
        fprintf(stderr, "%s\n", error.text);
    assert(!failed);
    return action;
}

static uint64_t read_reply(void *action, uint32_t op, uint32_t rows, int status, sluice_text body) {
    static const sluice_text columns[] = {{"imei", 4}, {"order_id", 8}};
    static const sluice_text imeis[] = {{"001001001234563", 15}}, ids[] = {{"5000001", 7}};
    static const sluice_text *const values[] = {imeis, ids};
    static const sluice_text references[] = {{"r-0", 3}};
    static const sluice_batch batch = {.size = sizeof batch,
                                       .column_count = 2,
                                       .row_count = 1,
                                       .selected = 1,
                                       .names = columns,
                                       .cells = values};
    static const sluice_row row = {&batch, 0, 0};
    struct bare_batch memory;
    sluice_error error = {.size = sizeof error};
    bare_begin(&memory, 1, 1);
    sluice_request request = {.size = sizeof request, .arena = &memory.arena};
    sluice_call call = {.size = sizeof call,
                        .op = op,
                        .row_count = rows,
                        .rows = &row,
                        .service = {"12", 2},
                        .client_refs = references};
    sluice_reply reply = {
        .size = sizeof reply, .status = status, .body = body, .last = 1, .retry_after_ms = -1};
    heard = 1;
    assert(action_exchanger.build(action, &call, &request, &error) == 0);
    int32_t answer = action_exchanger.parse(action, &call, &reply, &error);
    assert(answer <= 0 && (!answer || error.text[0]));
    bare_free(&memory);
    return heard * 31 + (uint64_t)-answer;
}

static void read_twice(void *action, uint32_t op, uint32_t rows, int status, sluice_text body) {
    uint64_t first = read_reply(action, op, rows, status, body);
    assert(first == read_reply(action, op, rows, status, body));
}

static sluice_text take_part(sluice_text *rest) {
    const char *end = rest->len ? memchr(rest->ptr, 0, rest->len) : NULL;
    sluice_text part = {rest->ptr, end ? (uint64_t)(end - rest->ptr) : rest->len};
    *rest = end ? (sluice_text){end + 1, rest->len - part.len - 1} : (sluice_text){NULL, 0};
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void *spender, *asker;
    if (!spender) {
        make_host();
        spender = open_action(&spends);
        asker = open_action(&asks);
    }
    char *bytes = malloc(size ? size : 1); /* exact: a sanitizer sees a byte too many */
    assert(bytes);
    memcpy(bytes, data, size);
    sluice_text rest = {bytes, size}, body = take_part(&rest), first = take_part(&rest),
                second = take_part(&rest);
    heard = 1;
    try_parts(first, second, body);
    try_template(first, second);
    read_twice(spender, SLUICE_OP_PLACE, 1, 201, body);
    read_twice(spender, SLUICE_OP_PLACE, 1, 401, body);
    read_twice(spender, SLUICE_OP_SERVICES, 0, 200, body);
    read_twice(spender, SLUICE_OP_BALANCE, 0, 200, body);
    read_twice(spender, SLUICE_OP_SETTLE, 0, 200, body);
    read_twice(asker, SLUICE_OP_CHECK, 1, 200, body);
    free(bytes);
    return 0;
}
