/* place.c - buying: POST /v1/orders, one order a call. */
#include <stdlib.h>

#include "components.h"
#include "provider.h"

const char *const place_adds[] = {"order_id",     "status",   "service_name", "credits", "order_date",
                                  "raw_response", "provider", "account",      NULL};

int32_t place_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error) {
    struct provider *provider = malloc(sizeof *provider);
    int32_t failed = provider ? provider_open(provider, host, self, config, 1, error)
                              : host->fail(error, SLUICE_E_IO, "out of memory");
    *instance = provider;
    if (failed)
        free(provider);
    return failed;
}

void place_close(void *instance) {
    free(instance);
}

/* ---- who an order is for -------------------------------------------------------------------- */

static int32_t refuse(sluice_identity *out, const char *code, const char *reason) {
    out->code = text_of(code);
    out->reason = text_of(reason);
    return 1;
}

/* Two rows with the same identity are the same order, which is paid once. */
static int32_t identity(void *instance, const sluice_row *row, sluice_arena *arena, sluice_identity *out,
                        sluice_error *error) {
    const struct provider *provider = instance;
    struct identifier imei;
    int32_t answer = identifier_read(provider->host, arena, provider_cell(row, "imei"), &imei, error);
    if (answer)
        return answer < 0 ? answer : refuse(out, imei.code, imei.reason);
    out->identifier = imei.key;
    sluice_text own = provider_cell(row, "service_id");
    char *room = provider->host->alloc(arena, SERVICE_TEXT);
    if (!room)
        return provider->host->fail(error, SLUICE_E_IO, "out of memory");
    out->service = own.len ? service_read(own, room) : provider->service;
    if (out->service.ptr)
        return SLUICE_OK;
    return own.len ? refuse(out, "invalid_service", "the row's service_id is no service number")
                   : refuse(out, "no_service", "the row has no service_id, and neither has the pipeline");
}

/* ---- the request ---------------------------------------------------------------------------- */

/* "name": "value" of a JSON object. */
static void member(const sluice_host *host, sluice_request *request, const char *before, const char *name,
                   sluice_text value) {
    host->request_text(request, text_of(before), SLUICE_ENCODE_RAW);
    host->request_text(request, text_of(name), SLUICE_ENCODE_RAW);
    host->request_text(request, TEXT("\":\""), SLUICE_ENCODE_RAW);
    host->request_text(request, value, SLUICE_ENCODE_JSON);
    host->request_text(request, TEXT("\""), SLUICE_ENCODE_RAW);
}

static int32_t build_order(const struct provider *provider, sluice_call *call, sluice_request *request,
                           sluice_error *error) {
    const sluice_host *host = provider->host;
    struct identifier *imei = host->alloc(call->arena, sizeof *imei);
    if (!imei)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    int32_t answer = identifier_read(host, call->arena, provider_cell(call->rows, "imei"), imei, error);
    if (answer)
        return answer < 0 ? answer : host->fail(error, SLUICE_E_DATA, "%s", imei->reason);
    call->state = imei; /* in the call's memory: nothing to free in `finish` */
    provider_request(provider, request, SLUICE_METHOD_POST, "/v1/orders");
    request->content_type = TEXT("application/json");
    member(host, request, "{\"", "service", call->service);
    member(host, request, ",\"", "imei", imei->wire);
    member(host, request, ",\"", "reference", call->client_refs[0]);
    host->request_text(request, TEXT("}"), SLUICE_ENCODE_RAW);
    return SLUICE_OK;
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    if (call->op == SLUICE_OP_PLACE)
        return build_order(instance, call, request, error);
    return account_build(instance, call, request, error);
}

/* ---- the reply ------------------------------------------------------------------------------ */

static void say(const struct provider *provider, sluice_call *call, uint32_t kind, sluice_text code,
                sluice_text text) {
    sluice_verdict verdict = {
        .size = sizeof verdict, .kind = kind, .code = code, .text = text, .retry_after_ms = -1};
    provider->host->verdict(call, &verdict);
}

static void say_placed(const struct provider *provider, sluice_call *call, sluice_text order,
                       sluice_text id) {
    const sluice_text columns[] = {TEXT("status"), TEXT("raw_response")};
    const sluice_text values[] = {TEXT("Pending"), order};
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = SLUICE_VERDICT_PLACED,
        .order_id = id,
        .price = provider_text(provider, call, order, "price"),
        .columns = columns,
        .values = values,
        .column_count = 2,
        .retry_after_ms = -1,
    };
    provider->host->verdict(call, &verdict);
}

/* A row is placed when the whole reply says so and names the row; it is refused when the reply says so in
 * words that are known to be free. All else is in doubt: what can't be told apart must not be paid twice. */
static void read_order(const struct provider *provider, sluice_call *call, const sluice_reply *reply) {
    const struct identifier *imei = call->state;
    sluice_text root = json_whole(reply->body, '{'), order = json_member(root, "order");
    struct refusal refusal = provider_refusal(provider, call, root);
    sluice_text id = provider_text(provider, call, order, "id");
    if (reply->status >= 500 || !root.ptr)
        say(provider, call, SLUICE_VERDICT_IN_DOUBT, TEXT("no_reply"),
            TEXT("no whole reply of the API came"));
    else if (order.ptr && refusal.code.ptr)
        say(provider, call, SLUICE_VERDICT_IN_DOUBT, TEXT("contradiction"), TEXT("an order and an error"));
    else if (id.len && text_same(provider_text(provider, call, order, "imei"), imei->wire))
        say_placed(provider, call, order, id);
    else if (order.ptr)
        say(provider, call, SLUICE_VERDICT_IN_DOUBT, TEXT("other_order"),
            TEXT("the reply is for another order"));
    else
        say(provider, call, refusal.kind ? refusal.kind : SLUICE_VERDICT_IN_DOUBT, refusal.code,
            refusal.message);
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    if (call->op != SLUICE_OP_PLACE)
        return account_parse(instance, call, reply, error);
    read_order(instance, call, reply);
    return SLUICE_OK;
}

const sluice_exchanger place_exchanger = {
    .size = sizeof place_exchanger,
    .build = build,
    .parse = parse,
    .identity = identity,
};
