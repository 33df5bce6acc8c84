/* Any bytes as the reply of a Dhru site: to an order, to three in one call, to the catalogue and the balance,
 * and to the question what became of orders.
 *
 * Besides not crashing: a row is placed only with an order id that may be one, whatever is refused has words,
 * all that is handed on is UTF-8, and the same bytes mean the same again. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/utf8.h>

#include "../plugins/bare_host.h"
#include "dhru/answer.h"
#include "dhru/check.h"
#include "dhru/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a host that sums up what it is told ---------------------------------------------------- */

static uint64_t heard;

static void hear(sluice_text text) {
    for (uint64_t i = 0, n; i < text.len; i += n) {
        n = utf8_sequence(text.ptr + i, text.len - i);
        assert(n);
    }
    for (uint64_t i = 0; i < text.len; i++)
        heard = (heard ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
    heard = heard * 31 + text.len;
}

static void on_verdict(sluice_call *call, const sluice_verdict *verdict) {
    bool placed = verdict->kind == SLUICE_VERDICT_PLACED;
    assert(verdict->row < call->row_count || verdict->row == SLUICE_ALL_ROWS);
    assert(!placed || (verdict->row < call->row_count && answer_is_order_id(verdict->order_id)));
    assert(placed || verdict->kind == SLUICE_VERDICT_CHECKED || verdict->kind == SLUICE_VERDICT_REFUNDED ||
           verdict->text.len);
    assert(!verdict->split || call->row_count > 1);
    heard = heard * 31 + verdict->row * 16 + verdict->kind;
    hear(verdict->order_id);
    hear(verdict->code);
    hear(verdict->text);
    for (uint32_t i = 0; i < verdict->column_count; i++)
        hear(verdict->values[i]);
}

static void on_service(sluice_call *call, const sluice_service *service) {
    (void)call;
    assert(service->id.len);
    hear(service->id);
    hear(service->title);
    hear(service->price);
    hear(service->category);
}

static void on_balance(sluice_call *call, sluice_text amount, sluice_text currency) {
    (void)call;
    hear(amount);
    hear(currency);
}

static void on_candidate(sluice_call *call, const sluice_candidate *candidate) {
    assert(call->row_count == 1 && answer_is_order_id(candidate->order_id));
    hear(candidate->identifier);
    hear(candidate->status);
}

static int32_t on_endpoint(sluice_self *self, const sluice_endpoint *endpoint, sluice_error *error) {
    (void)self, (void)endpoint, (void)error;
    return 0;
}

static int32_t on_nfkc(sluice_arena *arena, sluice_text in, sluice_text *out, sluice_error *error) {
    (void)arena, (void)error;
    *out = in;
    return 0;
}

static void on_form(sluice_request *request, const char *name, sluice_text value) {
    (void)request, (void)name, (void)value;
}

static void on_form_secret(sluice_request *request, const char *name, sluice_secret secret) {
    (void)request, (void)name, (void)secret;
}

/* ---- one reply ------------------------------------------------------------------------------ */

static void *place, *check;

static void open_both(void) {
    static const struct settings settings = {
        .base_url = {"https://x.example", 17}, .username = {"u", 1}, .service_id = {"1739", 4}, .list = 10};
    static sluice_host host;
    sluice_error error = {.size = sizeof error};
    if (place)
        return;
    host = bare_host;
    host.endpoint = on_endpoint;
    host.nfkc = on_nfkc;
    host.request_form = on_form;
    host.request_form_secret = on_form_secret;
    host.verdict = on_verdict;
    host.service = on_service;
    host.balance = on_balance;
    host.candidate = on_candidate;
    assert(place_open(&host, NULL, &settings, &place, &error) == 0);
    assert(check_open(&host, NULL, &settings, &check, &error) == 0);
}

static uint64_t read_reply(const sluice_exchanger *exchanger, void *instance, uint32_t op, uint32_t rows,
                           int status, sluice_text body) {
    static const sluice_text names[] = {{"imei", 4}, {"order_id", 8}};
    static const sluice_text imeis[] = {{"001001001234563", 15}, {"004400000000016", 15}, {"A1", 2}};
    static const sluice_text ids[] = {{"5000001", 7}, {"5000002", 7}, {"5000001", 7}};
    static const sluice_text *const columns[] = {imeis, ids};
    static const sluice_text references[] = {{"r-0", 3}, {"r-1", 3}, {"r-2", 3}};
    static const sluice_batch batch = {.size = sizeof batch,
                                       .column_count = 2,
                                       .row_count = 3,
                                       .selected = 3,
                                       .names = names,
                                       .cells = columns};
    static const sluice_row all[] = {{&batch, 0, 0}, {&batch, 1, 0}, {&batch, 2, 0}};
    struct bare_batch memory;
    sluice_error error = {.size = sizeof error};
    bare_begin(&memory, 1, 1);
    sluice_request request = {.size = sizeof request, .arena = &memory.arena};
    sluice_call call = {.size = sizeof call,
                        .op = op,
                        .row_count = rows,
                        .rows = all,
                        .service = {"1739", 4},
                        .client_refs = references};
    sluice_reply reply = {
        .size = sizeof reply, .status = status, .body = body, .last = 1, .retry_after_ms = -1};
    heard = 1;
    assert(exchanger->build(instance, &call, &request, &error) == 0);
    int32_t answer = exchanger->parse(instance, &call, &reply, &error);
    assert(answer <= 0 && (!answer || error.text[0]));
    if (exchanger->finish)
        exchanger->finish(instance, &call);
    bare_free(&memory);
    return heard * 31 + (uint64_t)-answer;
}

static void read_twice(const sluice_exchanger *exchanger, void *instance, uint32_t op, uint32_t rows,
                       int status, sluice_text body) {
    uint64_t first = read_reply(exchanger, instance, op, rows, status, body);
    assert(first == read_reply(exchanger, instance, op, rows, status, body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    open_both();
    char *bytes = malloc(size ? size : 1); /* exact: a sanitizer sees a byte too many */
    assert(bytes);
    memcpy(bytes, data, size);
    sluice_text body = {bytes, size};
    read_twice(&place_exchanger, place, SLUICE_OP_PLACE, 1, 200, body);
    read_twice(&place_exchanger, place, SLUICE_OP_PLACE, 3, 200, body);
    read_twice(&place_exchanger, place, SLUICE_OP_PLACE, 3, 503, body);
    read_twice(&place_exchanger, place, SLUICE_OP_SERVICES, 0, 200, body);
    read_twice(&place_exchanger, place, SLUICE_OP_BALANCE, 0, 403, body);
    read_twice(&place_exchanger, place, SLUICE_OP_SETTLE, 1, 200, body);
    read_twice(&check_exchanger, check, SLUICE_OP_CHECK, 1, 200, body);
    read_twice(&check_exchanger, check, SLUICE_OP_CHECK, 3, 200, body);
    free(bytes);
    return 0;
}
