/* sandbox.c - a local server that speaks the provider's protocol and charges nobody: for tests, and for
 * trying out.
 *
 * The core does the common faults (`sluice help sandbox`); those in `faults` are done here. */
#include <stdlib.h>
#include <time.h>

#include <sluice/books.h>
#include <sluice/buffer.h>
#include <sluice/json.h>

#include "components.h"

enum { PAGE_ORDERS = 100 };

struct sandbox {
    const sluice_host *host;
    sluice_self *self;
    const struct sandbox_settings *settings;
    sluice_arena *arena; /* of the request at hand */
    struct buffer out;
    int32_t status;
};

int32_t sandbox_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error) {
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    sandbox->host = host;
    sandbox->self = self;
    sandbox->settings = config;
    *instance = sandbox;
    return SLUICE_OK;
}

void sandbox_close(void *instance) {
    struct sandbox *sandbox = instance;
    buffer_free(&sandbox->out);
    free(sandbox);
}

/* ---- words ---------------------------------------------------------------------------------- */

static sluice_text find(sluice_pairs pairs, const char *name) {
    for (uint64_t i = 0; i < pairs.count; i++)
        if (text_is(pairs.items[i].key, name) && pairs.items[i].values.count)
            return pairs.items[i].values.items[0];
    return text_none();
}

static void refuse(struct sandbox *sandbox, int32_t status, const char *code, const char *message) {
    sandbox->status = status;
    buffer_format(&sandbox->out, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", code, message);
}

static void member(struct sandbox *sandbox, const char *before, const char *name, const char *value) {
    buffer_format(&sandbox->out, "%s\"%s\":", before, name);
    buffer_json(&sandbox->out, text_of(value));
}

/* ---- what is sold --------------------------------------------------------------------------- */

static const struct service {
    const char *id, *name, *price, *time;
} services[] = {
    {"17", "Basic check", "0.08", "1-5 minutes"},
    {"18", "Full check", "0.25", "1-24 hours"},
};

static const struct service *find_service(sluice_text id) {
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (text_is(id, services[i].id))
            return &services[i];
    return NULL;
}

static void list_services(struct sandbox *sandbox) {
    buffer_string(&sandbox->out, "{\"services\":[");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        member(sandbox, i ? ",{" : "{", "id", services[i].id);
        member(sandbox, ",", "name", services[i].name);
        member(sandbox, ",", "price", services[i].price);
        member(sandbox, ",", "currency", "USD");
        member(sandbox, ",", "time", services[i].time);
        buffer_string(&sandbox->out, "}");
    }
    buffer_string(&sandbox->out, "]}");
}

/* ---- the account ---------------------------------------------------------------------------- */

static int64_t credit(const struct sandbox *sandbox) {
    return amount_micros(sandbox->settings->credit) -
           books_spent(sandbox->host, sandbox->self, sandbox->arena);
}

static void tell_account(struct sandbox *sandbox) {
    char amount[AMOUNT_TEXT];
    member(sandbox, "{", "balance", amount_format(credit(sandbox), amount));
    member(sandbox, ",", "currency", "USD");
    buffer_string(&sandbox->out, "}");
}

/* ---- orders --------------------------------------------------------------------------------- */

/* An IMEI that ends in 7 is rejected in the end, and paid back. */
static const char *status_of(const struct sandbox *sandbox, const struct books_order *order) {
    int64_t age = sandbox->host->now_ms() - order->placed_ms;
    size_t length = strlen(order->identifier);
    if (age * 2 < sandbox->settings->complete_after)
        return "pending";
    if (age < sandbox->settings->complete_after)
        return "working";
    return length && order->identifier[length - 1] == '7' ? "rejected" : "done";
}

static void tell_order(struct sandbox *sandbox, const char *before, struct books_order *order) {
    char number[32], text[AMOUNT_TEXT], created[32];
    const char *status = status_of(sandbox, order);
    time_t seconds = (time_t)(order->placed_ms / 1000);
    struct tm tm;
    if (strcmp(status, "rejected") == 0)
        books_refund(sandbox->host, sandbox->self, sandbox->arena, order);
    strftime(created, sizeof created, "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &tm));
    snprintf(number, sizeof number, "A%lld", (long long)order->number);
    buffer_string(&sandbox->out, before);
    member(sandbox, "{", "id", number);
    member(sandbox, ",", "imei", order->identifier);
    member(sandbox, ",", "service", order->service);
    member(sandbox, ",", "reference", order->reference);
    member(sandbox, ",", "price", amount_format(order->price, text));
    member(sandbox, ",", "created", created);
    member(sandbox, ",", "status", status);
    if (strcmp(status, "done") == 0)
        member(sandbox, ",", "result", "Model: Phone 13 - SIM lock: Unlocked");
    else if (strcmp(status, "rejected") == 0)
        member(sandbox, ",", "result", "not found");
    buffer_string(&sandbox->out, "}");
}

static void keep(char out[BOOKS_TEXT], sluice_text text) {
    snprintf(out, BOOKS_TEXT, "%.*s", TEXT_ARG(text));
}

static void place(struct sandbox *sandbox, sluice_text body) {
    const sluice_host *host = sandbox->host;
    sluice_text imei = json_text(host, sandbox->arena, json_member(body, "imei"));
    sluice_text id = json_text(host, sandbox->arena, json_member(body, "service"));
    const struct service *service = find_service(id);
    struct books_order order = {0};
    if (host->flag(sandbox->self, "maintenance")) {
        refuse(sandbox, 403, "maintenance", "We are back in some minutes");
    } else if (!service) {
        refuse(sandbox, 422, "unknown_service", "There is no such service");
    } else if (imei.len != 15) {
        refuse(sandbox, 422, "invalid_imei", "An IMEI has 15 digits");
    } else if (host->flag(sandbox->self, "duplicate") ||
               (books_has(host, sandbox->self, sandbox->arena, id, imei) &&
                !host->flag(sandbox->self, "charge-always"))) {
        refuse(sandbox, 409, "duplicate_order", "You have ordered this already");
    } else if (host->flag(sandbox->self, "no-credit") ||
               credit(sandbox) < amount_micros(text_of(service->price))) {
        refuse(sandbox, 402, "no_credit", "Your credit is used up");
    } else {
        order.price = amount_micros(text_of(service->price));
        keep(order.identifier, imei);
        keep(order.service, id);
        keep(order.reference, json_text(host, sandbox->arena, json_member(body, "reference")));
        books_enter(host, sandbox->self, sandbox->arena, &order);
        sandbox->status = 201;
        tell_order(sandbox, "{\"order\":", &order);
        buffer_string(&sandbox->out, "}");
    }
}

/* A1,A2: those of them that there are. */
static void list_ids(struct sandbox *sandbox, sluice_text ids) {
    const char *before = "{\"orders\":[";
    struct books_order order;
    sluice_text id;
    while ((id = text_next(&ids)).ptr) {
        char digits[24];
        snprintf(digits, sizeof digits, "%.*s", id.len > 1 ? (int)id.len - 1 : 0,
                 id.len > 1 ? id.ptr + 1 : "");
        if (!books_find(sandbox->host, sandbox->self, sandbox->arena, strtoll(digits, NULL, 10), &order))
            continue;
        tell_order(sandbox, before, &order);
        before = ",";
    }
    buffer_format(&sandbox->out, "%s]}", *before == ',' ? "" : before);
}

/* All orders, the newest first; `page`: from this number on. */
static void list_page(struct sandbox *sandbox, sluice_text page) {
    const char *before = "{\"orders\":[";
    struct books_order order;
    int64_t number = books_count(sandbox->host, sandbox->self, sandbox->arena), last;
    char digits[24];
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(page));
    if (page.len && strtoll(digits, NULL, 10) < number)
        number = strtoll(digits, NULL, 10);
    for (last = number - PAGE_ORDERS; number > 0 && number > last; number--) {
        if (!books_find(sandbox->host, sandbox->self, sandbox->arena, number, &order))
            continue;
        tell_order(sandbox, before, &order);
        before = ",";
    }
    buffer_format(&sandbox->out, "%s]", *before == ',' ? "" : before);
    if (number > 0)
        buffer_format(&sandbox->out, ",\"next\":\"%lld\"", (long long)number);
    buffer_string(&sandbox->out, "}");
}

/* ---- the server ----------------------------------------------------------------------------- */

static bool is_allowed(const struct sandbox *sandbox, const sluice_sandbox_request *request, bool places) {
    sluice_text given = find(request->headers, "authorization"), bearer = TEXT("Bearer ");
    if (!text_starts(given, bearer) || (places && sandbox->host->flag(sandbox->self, "auth")))
        return false;
    return text_equal(text_view(given.ptr + bearer.len, given.len - bearer.len), sandbox->settings->api_key);
}

static void answer(struct sandbox *sandbox, const sluice_sandbox_request *request) {
    bool orders = text_is(request->path, "/v1/orders"), post = request->method == SLUICE_METHOD_POST;
    sluice_text ids = find(request->parameters, "ids");
    if (!is_allowed(sandbox, request, orders && post))
        refuse(sandbox, 401, "wrong_key", "The key is wrong");
    else if (orders && post)
        place(sandbox, json_whole(request->body, '{'));
    else if (orders && ids.ptr)
        list_ids(sandbox, ids);
    else if (orders)
        list_page(sandbox, find(request->parameters, "page"));
    else if (text_is(request->path, "/v1/services"))
        list_services(sandbox);
    else if (text_is(request->path, "/v1/account"))
        tell_account(sandbox);
    else
        refuse(sandbox, 404, "not_found", "There is nothing at this address");
}

static int32_t handle(void *instance, const sluice_sandbox_request *request, sluice_sandbox_reply *reply,
                      sluice_error *error) {
    struct sandbox *sandbox = instance;
    sandbox->arena = request->arena;
    sandbox->status = 200;
    sandbox->out.length = 0;
    answer(sandbox, request);
    sluice_text text = buffer_view(&sandbox->out);
    char *body = text.ptr ? sandbox->host->alloc(request->arena, text.len + 1) : NULL;
    if (!body)
        return sandbox->host->fail(error, SLUICE_E_IO, "out of memory");
    memcpy(body, text.ptr, text.len);
    reply->status = sandbox->status;
    reply->content_type = TEXT("application/json");
    reply->body = text_view(body, text.len);
    return SLUICE_OK;
}

static const char *const faults[] = {"maintenance", "auth", "no-credit", "duplicate", "charge-always", NULL};

const sluice_sandbox sandbox_server = {.size = sizeof sandbox_server, .handle = handle, .faults = faults};
