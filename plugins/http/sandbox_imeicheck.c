/* sandbox_imeicheck.c - in the manner of imeicheck.net: POST /v1/checks, GET /v1/checks/ID, Bearer.
 *
 * GET /v1/checks, the list of checks by pages, is this sandbox's own: what it is good for is settling. */
#include <stdio.h>
#include <stdlib.h>

#include <sluice/json.h>
#include <sluice/text.h>

#include "sandbox.h"

enum { PAGE = 100 };

static void refuse(struct sandbox *sandbox, sluice_sandbox_reply *reply, int32_t status,
                   const char *message) {
    reply->status = status;
    sandbox_member(sandbox, "message", text_of(message));
}

static void write_properties(struct sandbox *sandbox, const struct sandbox_order *order) {
    static const char *const carriers[] = {"Unlocked", "US AT&T Activation Policy", "France Orange – Réseau"};
    struct buffer *out = &sandbox->out;
    unsigned last = (unsigned)(order->imei[12] - '0');
    buffer_string(out, ",\"properties\":{");
    sandbox_member(sandbox, "deviceName", TEXT("iPhone 13 128GB Black"));
    sandbox_member(sandbox, "imei", text_of(order->imei));
    sandbox_member(sandbox, "carrier", text_of(carriers[last % 3]));
    buffer_format(out, ",\"simLock\":%s,\"fmiOn\":%s}", last % 5 ? "false" : "true",
                  last % 2 ? "false" : "true");
}

static void write_order(struct sandbox *sandbox, const struct sandbox_order *order) {
    static const char *const states[] = {"waiting", "processing", "successful", "unsuccessful"};
    const struct sandbox_service *service = sandbox_service_of(order);
    struct buffer *out = &sandbox->out;
    enum sandbox_state state = sandbox_state(sandbox, order);
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)order->id);
    sandbox_member(sandbox, "id", text_of(id));
    sandbox_member(sandbox, "type", TEXT("api"));
    sandbox_member(sandbox, "status", text_of(states[state]));
    buffer_format(out, ",\"orderId\":null,\"service\":{\"id\":%s", service->id);
    sandbox_member(sandbox, "title", text_of(service->title));
    buffer_string(out, "}");
    sandbox_amount(sandbox, "amount", order->price);
    sandbox_member(sandbox, "deviceId", text_of(order->imei));
    buffer_format(out, ",\"processedAt\":%lld", (long long)(order->placed_ms / 1000));
    if (state == ORDER_SUCCESSFUL)
        write_properties(sandbox, order);
    else
        buffer_string(out, ",\"properties\":[]");
}

/* A member of the body as a text, however it is written. */
static sluice_text member(const sluice_sandbox_request *request, const char *name) {
    struct json_walk walk;
    sluice_text key, value, found = {NULL, 0};
    if (!json_whole(request->body, '{').ptr || !json_walk_object(&walk, request->body))
        return found;
    while (json_next_member(&walk, &key, &value))
        if (json_is(key, name))
            found = value.ptr[0] == '"' ? (sluice_text){value.ptr + 1, value.len - 2} : value;
    return found;
}

static void place(struct sandbox *sandbox, const sluice_sandbox_request *request,
                  sluice_sandbox_reply *reply) {
    struct sandbox_order order;
    switch (sandbox_place(sandbox, request->arena, member(request, "serviceId"), member(request, "deviceId"),
                          &order)) {
    case REFUSED_AUTH:
        refuse(sandbox, reply, 401, "Unauthenticated.");
        break;
    case REFUSED_MAINTENANCE:
        refuse(sandbox, reply, 503, "Service is under maintenance.");
        break;
    case REFUSED_SERVICE:
        refuse(sandbox, reply, 422, "The selected serviceId is invalid.");
        break;
    case REFUSED_IMEI:
        refuse(sandbox, reply, 422, "The deviceId is not a valid IMEI or serial number.");
        break;
    case REFUSED_DUPLICATE:
        refuse(sandbox, reply, 409, "This check already exists.");
        break;
    case REFUSED_CREDIT:
        refuse(sandbox, reply, 402, "Insufficient balance.");
        break;
    default:
        reply->status = 201;
        write_order(sandbox, &order);
    }
}

struct listing {
    int left;
};

static int list_order(struct sandbox *sandbox, const struct sandbox_order *order, void *user) {
    struct listing *listing = user;
    buffer_string(&sandbox->out, listing->left == PAGE ? "{" : ",{");
    write_order(sandbox, order);
    buffer_string(&sandbox->out, "}");
    return --listing->left == 0;
}

static void list(struct sandbox *sandbox, const sluice_sandbox_request *request) {
    struct listing listing = {PAGE};
    struct buffer *out = &sandbox->out;
    char digits[12];
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(text_cut(sandbox_parameter(request, "page"), 9)));
    long page = strtol(digits, NULL, 10);
    page = page > 0 ? page : 1;
    buffer_string(out, out->text[out->length - 1] == '{' ? "\"data\":[" : ",\"data\":[");
    int64_t count = sandbox_each(sandbox, request->arena, (page - 1) * (int64_t)PAGE, list_order, &listing);
    if (count > page * PAGE)
        buffer_format(out, "],\"next\":\"/v1/checks?page=%ld\"", page + 1);
    else
        buffer_string(out, "],\"next\":null");
}

static void list_services(struct sandbox *sandbox) {
    struct buffer *out = &sandbox->out;
    sandbox_begin_list(sandbox);
    for (const struct sandbox_service *service = sandbox_services; service->id; service++) {
        if (!service->active)
            continue;
        buffer_format(out, "%s{\"id\":%s", service == sandbox_services ? "" : ",", service->id);
        sandbox_member(sandbox, "title", text_of(service->title));
        sandbox_member(sandbox, "price", text_of(service->price));
        buffer_string(out, "}");
    }
}

static sluice_text bearer(const sluice_sandbox_request *request) {
    static const sluice_text prefix = TEXT("Bearer ");
    for (uint64_t i = 0; i < request->headers.count; i++) {
        const sluice_pair *header = &request->headers.items[i];
        if (text_is(header->key, "authorization") && header->values.count &&
            text_starts(header->values.items[0], prefix))
            return text_trim((sluice_text){header->values.items[0].ptr + prefix.len,
                                           header->values.items[0].len - prefix.len});
    }
    return (sluice_text){NULL, 0};
}

void imeicheck_answer(struct sandbox *sandbox, const sluice_sandbox_request *request,
                      sluice_sandbox_reply *reply) {
    static const sluice_text one = TEXT("/v1/checks/");
    struct sandbox_order order;
    sluice_text path = request->path;
    bool checks = text_is(path, "/v1/checks");
    if (sandbox_refuses_key(sandbox, bearer(request))) {
        refuse(sandbox, reply, 401, "Unauthenticated.");
    } else if (checks && request->method == SLUICE_METHOD_POST) {
        place(sandbox, request, reply);
    } else if (checks) {
        list(sandbox, request);
    } else if (text_starts(path, one) &&
               sandbox_find(sandbox, request->arena, (sluice_text){path.ptr + one.len, path.len - one.len},
                            &order)) {
        write_order(sandbox, &order);
    } else if (text_is(path, "/v1/services")) {
        list_services(sandbox);
    } else if (text_is(path, "/v1/account")) {
        sandbox_amount(sandbox, "balance", sandbox_credit(sandbox));
        sandbox_member(sandbox, "currency", TEXT("USD"));
    } else {
        refuse(sandbox, reply, 404, "Not found.");
    }
}
