/* Any bytes as the reply of a provider: to an order of three rows, to the catalogue, to the list of orders.
 *
 * Besides not crashing: what is said doesn't depend on how the reply is cut into pieces, and a row is
 * placed only with an order id. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gsm_fusion/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a host that writes down what it is told ----------------------------------------------- */

struct heard {
    char *text;
    size_t length, room;
};

static struct heard *heard;
static void *blocks[256];
static unsigned block_count;

static void write_down(sluice_text text) {
    if (heard->length + text.len + 2 > heard->room) {
        heard->room = (heard->length + text.len + 2) * 2;
        heard->text = realloc(heard->text, heard->room);
        assert(heard->text);
    }
    if (text.len)
        memcpy(heard->text + heard->length, text.ptr, text.len);
    heard->length += text.len;
    heard->text[heard->length++] = text.ptr ? '|' : '~';
}

static void write_number(uint64_t number) {
    char text[32];
    int length = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    write_down((sluice_text){text, (uint64_t)length});
}

static void on_log(sluice_self *self, uint32_t level, const char *format, ...) {
    (void)self, (void)level, (void)format;
}

static int32_t on_fail(sluice_error *error, int32_t code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->code = code;
    return code;
}

static void *on_alloc(sluice_arena *arena, uint64_t bytes) {
    (void)arena;
    assert(block_count < 256);
    return blocks[block_count++] = malloc(bytes);
}

static int32_t on_nfkc(sluice_arena *arena, sluice_text in, sluice_text *out, sluice_error *error) {
    (void)arena, (void)error;
    *out = in;
    return 0;
}

static int32_t on_endpoint(sluice_self *self, const sluice_endpoint *endpoint, sluice_error *error) {
    (void)self, (void)endpoint, (void)error;
    return 0;
}

static void on_form(sluice_request *request, const char *name, sluice_text value) {
    (void)request, (void)name, (void)value;
}

static void on_form_secret(sluice_request *request, const char *name, sluice_secret secret) {
    (void)request, (void)name, (void)secret;
}

static void on_verdict(sluice_call *call, const sluice_verdict *verdict) {
    assert(verdict->row < call->row_count || verdict->row == SLUICE_ALL_ROWS);
    assert(verdict->kind >= SLUICE_VERDICT_PLACED && verdict->kind <= SLUICE_VERDICT_IN_DOUBT);
    assert(verdict->kind != SLUICE_VERDICT_PLACED ||
           (verdict->order_id.len && verdict->row < call->row_count));
    write_number(verdict->row);
    write_number(verdict->kind);
    write_down(verdict->order_id);
    write_down(verdict->code);
    write_down(verdict->text);
    for (uint32_t i = 0; i < verdict->column_count; i++)
        write_down(verdict->values[i]);
}

static void on_service(sluice_call *call, const sluice_service *service) {
    (void)call;
    write_down(service->id);
    write_down(service->title);
    write_down(service->price);
    write_down(service->currency);
}

static void on_balance(sluice_call *call, sluice_text amount, sluice_text currency) {
    (void)call;
    write_down(amount);
    write_down(currency);
}

static void on_candidate(sluice_call *call, const sluice_candidate *candidate) {
    (void)call;
    write_down(candidate->order_id);
    write_down(candidate->identifier);
    write_down(candidate->created);
    write_down(candidate->status);
}

static void on_listing(sluice_call *call, const sluice_listing *listing) {
    (void)call;
    write_down(listing->oldest);
}

static const sluice_host host = {
    .size = sizeof host,
    .log = on_log,
    .fail = on_fail,
    .alloc = on_alloc,
    .nfkc = on_nfkc,
    .endpoint = on_endpoint,
    .request_form = on_form,
    .request_form_secret = on_form_secret,
    .verdict = on_verdict,
    .service = on_service,
    .balance = on_balance,
    .candidate = on_candidate,
    .listing = on_listing,
};

/* ---- one reply, cut somehow ---------------------------------------------------------------- */

static void *place;

static void open_place(void) {
    static const struct settings settings = {
        .base_url = {"https://x.example", 17}, .username = {"u", 1}, .service_id = {"1739", 4}, .list = 10};
    sluice_error error = {.size = sizeof error};
    if (!place && place_open(&host, NULL, &settings, &place, &error)) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
}

/* `step` 0: at once; else pieces of 1 … step bytes, as a little generator says. */
static void read_reply(uint32_t op, const uint8_t *data, size_t size, size_t step, struct heard *out) {
    static const sluice_text name = {"imei", 4};
    static const sluice_text cells[] = {
        {"001001001234563", 15}, {"004400000000016", 15}, {"a0000012-34abcd", 15}};
    static const sluice_text *const columns[] = {cells};
    static const sluice_batch batch = {.size = sizeof batch,
                                       .column_count = 1,
                                       .row_count = 3,
                                       .selected = 3,
                                       .names = &name,
                                       .cells = columns};
    static const sluice_row rows[] = {{&batch, 0, 0}, {&batch, 1, 0}, {&batch, 2, 0}};
    sluice_error error = {.size = sizeof error};
    sluice_request request = {.size = sizeof request};
    sluice_call call = {.size = sizeof call, .op = op, .row_count = 3, .rows = rows, .service = {"1739", 4}};
    uint32_t random = 12345;
    *out = (struct heard){0};
    heard = out;
    assert(place_exchanger.build(place, &call, &request, &error) == 0);
    int32_t answer = 0;
    for (size_t at = 0, n; at < size && !answer; at += n) {
        random = random * 1664525 + 1013904223;
        n = step ? 1 + (random >> 16) % step : size;
        if (n > size - at)
            n = size - at;
        char *piece = malloc(n);
        assert(piece);
        memcpy(piece, data + at, n);
        sluice_reply reply = {.size = sizeof reply, .status = 200, .body = {piece, n}, .retry_after_ms = -1};
        answer = place_exchanger.parse(place, &call, &reply, &error);
        free(piece);
    }
    sluice_reply end = {.size = sizeof end, .status = 200, .body = {"", 0}, .last = 1, .retry_after_ms = -1};
    if (!answer)
        answer = place_exchanger.parse(place, &call, &end, &error);
    write_number((uint64_t)-answer);
    write_down((sluice_text){error.text, strlen(error.text)});
    place_exchanger.finish(place, &call);
    while (block_count)
        free(blocks[--block_count]);
}

static void compare(uint32_t op, const uint8_t *data, size_t size) {
    static const size_t steps[] = {1, 3, 17, 300};
    struct heard whole, pieces;
    read_reply(op, data, size, 0, &whole);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        read_reply(op, data, size, steps[i], &pieces);
        if (pieces.length != whole.length || memcmp(pieces.text, whole.text, whole.length) != 0) {
            fprintf(stderr, "op %u\nwhole:     %.*s\nin pieces: %.*s\n", op, (int)whole.length, whole.text,
                    (int)pieces.length, pieces.text);
            abort();
        }
        free(pieces.text);
    }
    free(whole.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    open_place();
    compare(SLUICE_OP_PLACE, data, size);
    compare(SLUICE_OP_SERVICES, data, size);
    compare(SLUICE_OP_SETTLE, data, size);
    compare(SLUICE_OP_BALANCE, data, size);
    return 0;
}
