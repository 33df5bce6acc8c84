#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dry_run.h"
#include "order_id.h"
#include "secret.h"
#include "text.h"
#include "url.h"

/* Hundreds of calls may be in flight, and each is small. */
enum { CALL_ARENA = 4096 };

int call_begin(struct call *call, struct instance *instance, uint32_t op, const sluice_row *rows,
               uint32_t row_count, sluice_error *error) {
    struct request kept = call->request;
    struct call_results results = call->results;
    char *body = call->body;
    size_t body_room = call->body_room;
    sluice_arena arena = call->arena;
    arena.step = CALL_ARENA;
    *call = (struct call){
        .instance = instance, .results = results, .body = body, .body_room = body_room, .arena = arena};
    bool paid = op == SLUICE_OP_PLACE && instance->type->flags & SLUICE_SPENDS;
    call->view = (sluice_call){.size = sizeof call->view,
                               .op = op,
                               .flags = paid ? SLUICE_CALL_PAID : 0,
                               .row_count = row_count,
                               .rows = rows,
                               .attempt = 1,
                               .arena = &call->arena};
    call->request = (struct request){.body = kept.body,
                                     .room = kept.room,
                                     .most = op == SLUICE_OP_UPLOAD ? CALL_UPLOAD_MOST : CALL_BODY_MOST};
    call->request.view = (sluice_request){
        .size = sizeof call->request.view, .method = SLUICE_METHOD_GET, .arena = &call->arena};
    call->parse_error = (sluice_error)ERROR_INIT;
    if (dry_run() && (op == SLUICE_OP_PLACE || op == SLUICE_OP_WRITE || op == SLUICE_OP_UPLOAD))
        return fail(error, SLUICE_E_SOFTWARE, "%s: a plan orders nothing and writes nothing",
                    instance->self.place);
    call->verdicts = arena_array(&call->arena, row_count ? row_count : 1, sizeof *call->verdicts);
    if (!call->verdicts)
        return fail_memory(error);
    memset(call->verdicts, 0, row_count * sizeof *call->verdicts);
    return 0;
}

/* base URL and path, with exactly one '/' between them. */
static const char *join_url(struct call *call) {
    sluice_text base = call->instance->self.endpoint.base_url, path = call->request.view.path;
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    const char *slash = path.len && path.ptr[0] != '/' ? "/" : "";
    const char *query = call->request.query ? call->request.query : "";
    bool asked = *query && path.len && memchr(path.ptr, '?', path.len);
    return arena_printf(&call->arena, "%.*s%s%.*s%s%s", TEXT_ARG(base), slash, TEXT_ARG(path),
                        asked ? "&" : "", query + asked);
}

int call_build(struct call *call, sluice_error *error) {
    struct request *request = &call->request;
    const struct instance *instance = call->instance;
    if (!instance->self.has_endpoint)
        return fail(error, SLUICE_E_PLUGIN, "%s: the plugin named no endpoint", instance->self.place);
    int answer = instance->type->exchanger->build(instance->handle, &call->view, &request->view, error);
    if (answer == SLUICE_LOGIN_FIRST)
        return answer;
    bool may_end = call->view.op == SLUICE_OP_SERVICES || call->view.op == SLUICE_OP_BALANCE;
    call->unsent = answer == SLUICE_END && may_end;
    if (call->unsent)
        return 0;
    if (answer)
        return fail_callback(error, answer, "build");
    call->url = join_url(call);
    if (request->form && !request->view.content_type.ptr)
        request->view.content_type = TEXT("application/x-www-form-urlencoded");
    if (request->view.content_type.len)
        exchange_request_header(&request->view, "Content-Type", request->view.content_type);
    if (!call->url || request->failed)
        return fail(error, SLUICE_E_DATA, "%s: the request is too large, or has a header that can't be sent",
                    instance->self.place);
    return 0;
}

/* A list of orders may hold all that an account ever ordered, and a component that streams keeps none of it:
 * it may be larger than other replies. What answers a few orders is small; one that doesn't end must not take
 * a place in flight until the usual limit. 0: that limit. */
static uint64_t reply_limit(const struct call *call) {
    enum { LIST_TIMES = 16, PAID_BYTES = 4 * 1024 * 1024, PAID_ROW_BYTES = 64 * 1024 };
    uint64_t usual = call->instance->self.endpoint.reply_limit;
    uint64_t paid = PAID_BYTES + (uint64_t)call->view.row_count * PAID_ROW_BYTES;
    if (call->view.flags & SLUICE_CALL_PAID)
        return paid < usual ? paid : 0;
    bool list = call->view.op == SLUICE_OP_SETTLE && call->instance->type->flags & SLUICE_STREAMS;
    return list && usual <= UINT64_MAX / LIST_TIMES ? usual * LIST_TIMES : 0;
}

struct http_request call_http(struct call *call, void *tag) {
    static const char *const methods[] = {"GET", "GET", "POST", "PUT", "PATCH", "DELETE"};
    uint32_t method = call->request.view.method;
    return (struct http_request){
        .method = methods[method <= SLUICE_METHOD_DELETE ? method : 0],
        .url = call->url,
        .headers = call->request.headers,
        .header_count = call->request.header_count,
        .body = {call->request.body, call->request.length},
        .paid = call->view.flags & SLUICE_CALL_PAID,
        .reply_limit = reply_limit(call),
        .tag = tag,
        .asker = call->instance->type,
    };
}

static int give(struct call *call, int status, const char *content_type, sluice_text piece,
                const struct http_result *end) {
    char redirect[URL_SHOWN];
    bool redirects = end && end->redirect;
    sluice_reply reply = {.size = sizeof reply,
                          .status = status,
                          .content_type = text_of(content_type),
                          .body = piece,
                          .offset = call->received,
                          .last = end != NULL,
                          .retry_after_ms = end ? end->retry_after_ms : -1,
                          .redirect = text_of(redirects ? url_shown(end->redirect, redirect) : NULL)};
    call->received += piece.len;
    if (call->parse_failed)
        return 1;
    call->end = end;
    int answer = call->instance->type->exchanger->parse(call->instance->handle, &call->view, &reply,
                                                        &call->parse_error);
    call->end = NULL;
    if (answer) {
        fail_callback(&call->parse_error, answer, "parse");
        call->parse_failed = true;
    }
    return call->parse_failed;
}

static int keep_body(struct call *call, sluice_text piece) {
    if (!piece.len)
        return 0;
    if (call->body_length + piece.len > call->body_room) {
        size_t room = call->body_room ? call->body_room : 4096;
        while (room < call->body_length + piece.len)
            room *= 2;
        char *more = realloc(call->body, room);
        if (!more) {
            call->parse_failed = true;
            fail_memory(&call->parse_error);
            return 1;
        }
        call->body = more;
        call->body_room = room;
    }
    memcpy(call->body + call->body_length, piece.ptr, piece.len);
    call->body_length += piece.len;
    return 0;
}

int call_data(struct call *call, int status, const char *content_type, sluice_text piece) {
    if (call->instance->type->flags & SLUICE_STREAMS)
        return give(call, status, content_type, piece, NULL);
    return keep_body(call, piece);
}

int call_reply_end(struct call *call, const struct http_result *result, sluice_error *error) {
    sluice_text rest = {"", 0};
    if (!(call->instance->type->flags & SLUICE_STREAMS))
        rest = (sluice_text){call->body ? call->body : "", call->body_length};
    give(call, result->status, result->content_type, rest, result);
    return call->parse_failed ? fail(error, call->parse_error.code, "%s", call->parse_error.text) : 0;
}

const struct verdict *call_verdict(const struct call *call, uint32_t row) {
    return call->verdicts[row].kind ? &call->verdicts[row] : &call->whole;
}

static void wipe(struct call *call) {
    struct request *request = &call->request;
    if (request->body)
        explicit_bzero(request->body, request->length);
    for (size_t i = 0; i < request->header_count; i++) /* ours, in the arena */
        explicit_bzero((char *)request->headers[i].line, strlen(request->headers[i].line));
    if (request->query) {
        explicit_bzero(request->query, strlen(request->query));
        explicit_bzero((char *)call->url, strlen(call->url));
    }
}

void call_finish(struct call *call) {
    if (!call->instance)
        return;
    if (call->instance->type->exchanger->finish)
        call->instance->type->exchanger->finish(call->instance->handle, &call->view);
    if (call->request.secret)
        wipe(call);
    call->request.length = 0;
    call->request.header_count = 0;
    call->body_length = 0;
    call->instance = NULL;
}

void call_end(struct call *call) {
    call_finish(call);
    arena_reset(&call->arena);
}

void call_free(struct call *call) {
    arena_free(&call->arena);
    free(call->request.body);
    free(call->body);
    *call = (struct call){0};
}

/* ---- what parse says ---------------------------------------------------------------------- */

static bool same_verdict(const struct verdict *a, const sluice_verdict *b) {
    return a->kind == b->kind && text_equal(a->order_id, b->order_id);
}

/* What the provider says goes into the ledger, to on_reject and onto standard output: should it have
 * repeated a secret, this is the last place where that can be told. */
static sluice_text copy_words(struct call *call, sluice_text text) {
    sluice_text copy = arena_copy(&call->arena, text);
    if (copy.len)
        copy.len = secret_redact((char *)copy.ptr, copy.len);
    return copy;
}

static sluice_text copy_data(struct call *call, sluice_text text) {
    sluice_text copy = arena_copy(&call->arena, text);
    if (copy.len)
        copy.len = secret_redact_data((char *)copy.ptr, copy.len);
    return copy;
}

/* Only what has to be changed is copied: a page may have a million values. */
static sluice_text clean_data(struct call *call, sluice_text text) {
    return secret_in_data(text) ? copy_data(call, text) : text;
}

/* The values in the order of the instance's `adds`, whatever order the plugin named them in. */
static const sluice_text *arrange(struct call *call, const sluice_verdict *said) {
    const struct sluice_self *self = &call->instance->self;
    if (!self->adds_count || !said->column_count)
        return NULL;
    sluice_text *values = arena_zalloc(&call->arena, self->adds_count * sizeof *values);
    for (uint32_t a = 0; values && a < self->adds_count; a++)
        for (uint32_t c = 0; c < said->column_count; c++)
            if (text_equal(said->columns[c], self->adds[a]))
                values[a] = copy_data(call, said->values[c]);
    return values;
}

/* A plugin says how much of a struct it knows. One that forgets to would seem to work, until a later core
 * reads a member that the plugin has never heard of. */
static void adopt(void *own, size_t own_size, const void *theirs, uint32_t size) {
    memset(own, 0, own_size);
    memcpy(own, theirs, size < own_size ? size : own_size);
}

#define ADOPT(own, theirs) adopt(own, sizeof *(own), theirs, (theirs)->size)

static sluice_text quote_long_id(struct call *call, sluice_text id) {
    return text_of(arena_printf(&call->arena,
                                "the reply's order id has more than %d bytes, which no order id has: %.*s",
                                ORDER_ID_BYTES, TEXT_ARG(id)));
}

/* An id can't be changed, or nobody would find the order by it; so it isn't one. What stands in its place is
 * kept with the doubt: it is what there is to find the order by. */
static void doubt_id(struct call *call, sluice_verdict *said) {
    bool secret = secret_in_data(said->order_id), too_long = said->order_id.len > ORDER_ID_BYTES;
    sluice_text id = said->order_id;
    if (!secret && !too_long)
        return;
    said->order_id = (sluice_text){NULL, 0};
    if (said->kind != SLUICE_VERDICT_PLACED)
        return;
    said->kind = SLUICE_VERDICT_IN_DOUBT;
    said->code = TEXT("order_id");
    said->text =
        secret ? TEXT("the reply has a secret in the place of the order id") : quote_long_id(call, id);
}

void exchange_verdict(sluice_call *view, const sluice_verdict *theirs) {
    struct call *call = (struct call *)view;
    sluice_verdict own, *said = &own;
    ADOPT(said, theirs);
    doubt_id(call, said);
    if (said->row != SLUICE_ALL_ROWS && said->row >= view->row_count)
        return;
    struct verdict *verdict = said->row == SLUICE_ALL_ROWS ? &call->whole : &call->verdicts[said->row];
    if (verdict->kind) { /* two answers for one row: only the same one twice is an answer */
        verdict->twice = verdict->twice || !same_verdict(verdict, said);
        return;
    }
    *verdict = (struct verdict){
        .kind = said->kind,
        .order_id = arena_copy(&call->arena, said->order_id),
        .code = copy_words(call, said->code),
        .text = copy_words(call, said->text),
        .price = arena_copy(&call->arena, said->price),
        .values = arrange(call, said),
        .retry_after_ms = said->retry_after_ms,
        .split = said->split,
        .login = said->login,
    };
}

void exchange_service(sluice_call *view, const sluice_service *theirs) {
    struct call *call = (struct call *)view;
    sluice_service service;
    ADOPT(&service, theirs);
    service.title = clean_data(call, service.title);
    service.category = clean_data(call, service.category);
    service.time = clean_data(call, service.time);
    call->told = true;
    if (call->results.service)
        call->results.service(call->results.user, &service);
}

void exchange_balance(sluice_call *view, sluice_text amount, sluice_text currency) {
    struct call *call = (struct call *)view;
    if (call->results.balance)
        call->results.balance(call->results.user, amount, clean_data(call, currency));
}

void exchange_candidate(sluice_call *view, const sluice_candidate *theirs) {
    struct call *call = (struct call *)view;
    sluice_candidate candidate;
    ADOPT(&candidate, theirs);
    candidate.service_title = clean_data(call, candidate.service_title);
    candidate.status = clean_data(call, candidate.status);
    if (candidate.order_id.len > ORDER_ID_BYTES)
        candidate.order_id = (sluice_text){NULL, 0};
    call->told = true;
    if (call->results.candidate)
        call->results.candidate(call->results.user, &candidate);
}

void exchange_listing(sluice_call *view, const sluice_listing *theirs) {
    struct call *call = (struct call *)view;
    sluice_listing listing;
    ADOPT(&listing, theirs);
    call->told = true;
    if (call->results.listing)
        call->results.listing(call->results.user, &listing);
}

void exchange_more(sluice_call *view, sluice_text cookie) {
    struct call *call = (struct call *)view;
    if (view->flags & SLUICE_CALL_PAID)
        return;
    call->next_cookie = arena_copy(&call->arena, cookie);
    call->more = true;
    if (cookie.len > CALL_COOKIE ||
        (cookie.ptr && !call->next_cookie.ptr)) { /* what comes after would be lost */
        call->parse_failed = true;
        fail(&call->parse_error, SLUICE_E_PLUGIN,
             "the plugin's cookie for the next call has more than %d bytes", CALL_COOKIE);
    }
}

sluice_text exchange_reply_header(sluice_call *view, const char *name) {
    const struct call *call = (const struct call *)view;
    return text_of(call->end ? http_result_header(call->end, name) : NULL);
}

/* NULL: out of memory. */
static const sluice_text *clean_values(struct call *call, const sluice_text *values) {
    uint32_t count = call->instance->self.adds_count, i = 0;
    while (i < count && !secret_in_data(values[i]))
        i++;
    if (i == count)
        return values;
    sluice_text *clean = arena_array(&call->arena, count, sizeof *clean);
    for (i = 0; clean && i < count; i++)
        clean[i] = clean_data(call, values[i]);
    return clean;
}

void exchange_record(sluice_call *view, const sluice_text *values) {
    struct call *call = (struct call *)view;
    const sluice_text *clean = clean_values(call, values);
    call->told = true;
    if (!clean) {
        call->parse_failed = true;
        fail_memory(&call->parse_error);
    } else if (call->results.record) {
        call->results.record(call->results.user, clean);
    }
}

sluice_secret exchange_keep_secret(sluice_self *self, const char *name, sluice_text value) {
    (void)self;
    (void)name;
    return secret_keep(value);
}
