#include "sandbox.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <sluice/amount.h>
#include <sluice/text.h>

enum { REPLY_MOST = 256 * 1024 * 1024 };

int32_t sandbox_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error) {
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    sandbox->host = host;
    sandbox->self = self;
    sandbox->settings = config;
    sandbox->out.most = REPLY_MOST;
    *instance = sandbox;
    return SLUICE_OK;
}

void sandbox_close(void *instance) {
    struct sandbox *sandbox = instance;
    buffer_free(&sandbox->out);
    free(sandbox);
}

/* ---- writing ------------------------------------------------------------------------------ */

void sandbox_comma(struct sandbox *sandbox) {
    const struct buffer *out = &sandbox->out;
    if (out->length && out->text[out->length - 1] != '{')
        buffer_string(&sandbox->out, ",");
}

static void write_name(struct sandbox *sandbox, const char *name) {
    buffer_string(&sandbox->out, "\"");
    for (; *name; name++) {
        char c = sandbox->settings->dialect == DIALECT_LOWER ? (char)tolower((unsigned char)*name) : *name;
        buffer_add(&sandbox->out, (sluice_text){&c, 1});
    }
    buffer_string(&sandbox->out, "\":");
}

/* Two bytes of UTF-8 become one of Latin-1, from `start` on. */
static void spoil(struct buffer *out, size_t start) {
    size_t to = start;
    for (size_t i = start; i < out->length; i++) {
        unsigned char c = (unsigned char)out->text[i];
        bool two = (c == 0xc2 || c == 0xc3) && i + 1 < out->length;
        out->text[to++] = (char)(two ? c << 6 | (out->text[i + 1] & 0x3f) : c);
        i += two;
    }
    out->length = to;
}

void sandbox_member(struct sandbox *sandbox, const char *name, sluice_text text) {
    write_name(sandbox, name);
    size_t start = sandbox->out.length;
    buffer_json(&sandbox->out, text);
    if (sandbox->latin1)
        spoil(&sandbox->out, start);
}

void sandbox_number(struct sandbox *sandbox, const char *name, int64_t number) {
    bool text = sandbox->settings->dialect == DIALECT_ARRAY;
    write_name(sandbox, name);
    buffer_format(&sandbox->out, text ? "\"%lld\"" : "%lld", (long long)number);
}

static void write_message(struct sandbox *sandbox, const char *message) {
    if (sandbox->settings->dialect != DIALECT_OBJECT) {
        sandbox_member(sandbox, "MESSAGE", text_of(message));
        return;
    }
    buffer_string(&sandbox->out, "\"MESSAGE\":{");
    sandbox_member(sandbox, "text", text_of(message));
    buffer_string(&sandbox->out, "}");
}

void sandbox_error(struct sandbox *sandbox, const char *message, const char *more) {
    struct buffer *out = &sandbox->out;
    if (sandbox->settings->dialect == DIALECT_STRING) {
        struct buffer text = {0};
        buffer_format(&text, "%s%s", message, more ? more : "");
        buffer_string(out, "\"ERROR\":");
        buffer_json(out, (sluice_text){text.text, text.length});
        buffer_free(&text);
        return;
    }
    buffer_string(out, "\"ERROR\":[{");
    write_message(sandbox, message);
    if (more) {
        buffer_string(out, ",");
        sandbox_member(sandbox, "FULL_DESCRIPTION", text_of(more));
    }
    buffer_string(out, "}]");
}

/* ---- the actions -------------------------------------------------------------------------- */

static sluice_text parameter(const sluice_sandbox_request *request, const char *name) {
    for (uint64_t i = 0; i < request->parameters.count; i++) {
        const sluice_pair *pair = &request->parameters.items[i];
        if (text_equal(pair->key, text_of(name)) && pair->values.count)
            return text_trim(pair->values.items[0]);
    }
    return (sluice_text){NULL, 0};
}

static void write_account(struct sandbox *sandbox) {
    char amount[AMOUNT_TEXT], shown[AMOUNT_TEXT + 8];
    bool like = sandbox->settings->dialect != DIALECT_ARRAY;
    struct buffer *out = &sandbox->out;
    amount_format(sandbox_credit(sandbox), amount);
    snprintf(shown, sizeof shown, like ? "$%s USD" : "%s", amount);
    buffer_string(out, "\"SUCCESS\":[{");
    sandbox_member(sandbox, "message", TEXT("Your Account Info"));
    buffer_format(out, ",\"%s\":{", like ? "AccountInfo" : "AccoutInfo");
    sandbox_member(sandbox, "credit", text_of(shown));
    if (like)
        buffer_format(out, ",\"creditraw\":%s", amount);
    buffer_string(out, ",");
    sandbox_member(sandbox, "mail", TEXT("tester@example.com"));
    buffer_string(out, ",");
    sandbox_member(sandbox, "currency", TEXT("USD"));
    buffer_string(out, "}}]");
}

static void list_services(struct sandbox *sandbox) {
    char text[120];
    int64_t now = sandbox->host->now_ms(), every = sandbox->settings->catalogue_every;
    if (sandbox->listed_ms && now - sandbox->listed_ms < every) {
        snprintf(text, sizeof text, "You are calling this API too frequently! Please try after %lld minutes.",
                 (long long)((every - (now - sandbox->listed_ms)) / 60000 + 1));
        sandbox_error(sandbox, text, NULL);
        return;
    }
    sandbox->listed_ms = now;
    sandbox_services(sandbox);
}

static void order(struct sandbox *sandbox, const sluice_sandbox_request *request, bool place, bool bulk,
                  sluice_sandbox_reply *reply) {
    struct sandbox_part *parts = sandbox->host->alloc(request->arena, PARTS_MOST * sizeof *parts);
    int count = -1;
    if (parts)
        count = sandbox_read_parts(sandbox, request->arena, parameter(request, "parameters"), bulk, parts);
    if (count < 0)
        sandbox_error(sandbox, "Parameter 'parameters' Required", NULL);
    else if (place)
        sandbox_place(sandbox, request->arena, parts, count);
    else
        sandbox_check(sandbox, request->arena, parts, count, reply);
}

static void act(struct sandbox *sandbox, const sluice_sandbox_request *request, sluice_sandbox_reply *reply) {
    static const char *const orders[] = {"getimeiorder", "placeimeiorder", "getimeiorderbulk",
                                         "placeimeiorderbulk"};
    sluice_text action = parameter(request, "action");
    size_t i = 0;
    while (i < 4 && !text_is(action, orders[i]))
        i++;
    if (!text_is(parameter(request, "requestformat"), "JSON"))
        sandbox_error(sandbox, "Parameter 'requestformat' Required", NULL);
    else if (text_is(action, "accountinfo"))
        write_account(sandbox);
    else if (text_is(action, "imeiservicelist"))
        list_services(sandbox);
    else if (i < (sandbox->settings->bulk ? 4 : 2))
        order(sandbox, request, i % 2, i >= 2, reply);
    else
        sandbox_error(sandbox,
                      sandbox->settings->dialect == DIALECT_STRING ? "Command not found" : "Invalid Action",
                      NULL);
}

/* Faults count the requests that would be charged: `maintenance=first` hits the first order, not the
 * catalogue that is fetched before it. */
static bool refuse(struct sandbox *sandbox, const sluice_sandbox_request *request) {
    const sluice_host *host = sandbox->host;
    if (text_starts(parameter(request, "action"), TEXT("placeimeiorder"))) {
        if (host->flag(sandbox->self, "maintenance")) {
            sandbox_error(sandbox, "Currently server is under maintenance. Please try again later.", NULL);
            return true;
        }
        if (host->flag(sandbox->self, "auth")) {
            sandbox_error(sandbox, "Authentication Failed", NULL);
            return true;
        }
    }
    if (text_equal(parameter(request, "username"), sandbox->settings->username) &&
        text_equal(parameter(request, "apiaccesskey"), sandbox->settings->api_key))
        return false;
    sandbox_error(sandbox, "Authentication Failed", NULL);
    return true;
}

/* ---- the server --------------------------------------------------------------------------- */

static int32_t not_found(sluice_sandbox_reply *reply) {
    reply->status = 404;
    reply->content_type = TEXT("text/html; charset=utf-8");
    reply->body = TEXT("<!DOCTYPE html><html><head><title>404 Not Found</title></head>"
                       "<body>The API is at /api/index.php.</body></html>");
    return SLUICE_OK;
}

static int32_t handle(void *instance, const sluice_sandbox_request *request, sluice_sandbox_reply *reply,
                      sluice_error *error) {
    struct sandbox *sandbox = instance;
    struct buffer *out = &sandbox->out;
    const sluice_host *host = sandbox->host;
    if (!text_is(request->path, "/api/index.php") && !text_is(request->path, "/index.php"))
        return not_found(reply);
    if (!sandbox->loaded)
        sandbox_load(sandbox);
    out->length = 0;
    out->failed = false;
    sandbox->latin1 = host->flag(sandbox->self, "latin1");
    buffer_string(out, host->flag(sandbox->self, "prolog-space") ? "\xef\xbb\xbf\r\n {" : "{");
    if (sandbox->latin1 || host->flag(sandbox->self, "bare-amp")) {
        sandbox_member(sandbox, "note", TEXT("Café & Söhne"));
        buffer_string(out, ",");
    }
    if (!refuse(sandbox, request))
        act(sandbox, request, reply);
    sandbox_comma(sandbox);
    buffer_string(out, "\"apiversion\":\"6.1\"}");
    char *body = out->failed ? NULL : host->alloc(request->arena, out->length);
    if (!body)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    reply->status = 200;
    reply->content_type = TEXT("application/json");
    reply->body = (sluice_text){memcpy(body, out->text, out->length), out->length};
    return SLUICE_OK;
}

/* All but those of a list of orders, which the API hasn't got. */
static const char *const faults[] = {"maintenance",    "auth",        "no-credit",     "duplicate",
                                     "duplicate-list", "partial",     "price-change",  "foreign-order",
                                     "latin1",         "bare-amp",    "prolog-space",  "charge-always",
                                     "status-half",    "status-slow", "status-strict", NULL};

const sluice_sandbox sandbox_server = {.size = sizeof sandbox_server, .handle = handle, .faults = faults};
