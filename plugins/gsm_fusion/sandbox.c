#include "sandbox.h"

#include <stdlib.h>

#include <sluice/amount.h>
#include <sluice/text.h>

enum { REPLY_MOST = 1024 * 1024 * 1024 }; /* the list of a million orders and their results */

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

static const char *entity(const struct sandbox *sandbox, char c) {
    switch (c) {
    case '&':
        return sandbox->bare_amp ? "&" : "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    default:
        return NULL;
    }
}

void sandbox_text(struct sandbox *sandbox, sluice_text text) {
    struct buffer *out = &sandbox->out;
    for (uint64_t i = 0, from = 0; i <= text.len; i++) {
        unsigned char c = i < text.len ? (unsigned char)text.ptr[i] : 0;
        const char *as = entity(sandbox, (char)c);
        bool latin1 = sandbox->latin1 && (c == 0xc2 || c == 0xc3) && i + 1 < text.len;
        if (i < text.len && !as && !latin1)
            continue;
        buffer_add(out, (sluice_text){text.ptr + from, i - from});
        from = i + 1;
        if (as)
            buffer_string(out, as);
        if (latin1) {
            char byte = (char)(c << 6 | (text.ptr[i + 1] & 0x3f));
            buffer_add(out, (sluice_text){&byte, 1});
            from = ++i + 1;
        }
    }
}

void sandbox_element(struct sandbox *sandbox, const char *name, sluice_text text) {
    buffer_string(&sandbox->out, "<");
    buffer_string(&sandbox->out, name);
    buffer_string(&sandbox->out, ">");
    sandbox_text(sandbox, text);
    buffer_string(&sandbox->out, "</");
    buffer_string(&sandbox->out, name);
    buffer_string(&sandbox->out, ">");
}

void sandbox_error(struct sandbox *sandbox, const char *text) {
    sandbox_element(sandbox, "error", text_of(text));
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

static void account(struct sandbox *sandbox) {
    char amount[AMOUNT_TEXT];
    buffer_format(&sandbox->out, "<Client><ClientCredits>$ %s USD</ClientCredits></Client>",
                  amount_format(sandbox_credit(sandbox), amount));
}

static const char networks[] = "<Networks><Country><ID>1</ID><Name>United States</Name>"
                               "<Network><ID>11</ID><Name>AT&amp;T</Name></Network>"
                               "<Network><ID>12</ID><Name>T-Mobile</Name></Network></Country></Networks>";
static const char mobiles[] = "<Mobiles><Brand><ID>1</ID><Name>Apple</Name>"
                              "<Mobile><ID>101</ID><Name>iPhone 13</Name></Mobile></Brand></Mobiles>";
static const char service_types[] = "<Services><Service><ServiceName>IMEI Services</ServiceName>"
                                    "<ServiceTbl>imei</ServiceTbl></Service></Services>";

static void act(struct sandbox *sandbox, const sluice_sandbox_request *request, sluice_sandbox_reply *reply) {
    sluice_text action = parameter(request, "action");
    if (text_equal(action, TEXT("placeorder")))
        sandbox_place(sandbox, request->arena, parameter(request, "networkId"), parameter(request, "imei"));
    else if (text_equal(action, TEXT("getimeis")))
        sandbox_orders(sandbox, request->arena, parameter(request, "orderIds"), reply);
    else if (text_equal(action, TEXT("imeiservices")))
        sandbox_services(sandbox);
    else if (text_equal(action, TEXT("accountinfo")))
        account(sandbox);
    else if (text_equal(action, TEXT("getproviders")))
        buffer_string(&sandbox->out, networks);
    else if (text_equal(action, TEXT("getmobiles")))
        buffer_string(&sandbox->out, mobiles);
    else if (text_equal(action, TEXT("getservices")))
        buffer_string(&sandbox->out, service_types);
    else
        sandbox_error(sandbox, "Invalid Action!");
}

/* Faults count the requests that would be charged: `maintenance=first` hits the first order, not the
 * catalogue that is fetched before it. */
static const char *fault_of(const struct sandbox *sandbox, const sluice_sandbox_request *request) {
    if (!text_equal(parameter(request, "action"), TEXT("placeorder")))
        return NULL;
    if (sandbox->host->flag(sandbox->self, "maintenance"))
        return "Website is in maintenance, please try again later";
    return sandbox->host->flag(sandbox->self, "auth") ? "Invalid User!" : NULL;
}

/* The user is checked before the action. */
static void answer(struct sandbox *sandbox, const sluice_sandbox_request *request,
                   sluice_sandbox_reply *reply) {
    const char *fault = fault_of(sandbox, request);
    if (fault)
        sandbox_error(sandbox, fault);
    else if (!text_equal(parameter(request, "userId"), sandbox->settings->username))
        sandbox_error(sandbox, "Invalid User!");
    else if (!text_equal(parameter(request, "apiKey"), sandbox->settings->api_key))
        sandbox_error(sandbox, "Invalid API Key!");
    else
        act(sandbox, request, reply);
}

/* ---- the server --------------------------------------------------------------------------- */

static bool is_script(sluice_text path) {
    static const char *const scripts[] = {"/gsmfusion_api/index.php", "/gsmfusion_api/", "/gsmfusion_api",
                                          "/UPAPI_api/index.php", "/api/index.php"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (text_equal(path, text_of(scripts[i])))
            return true;
    return false;
}

static int32_t not_found(sluice_sandbox_reply *reply) {
    reply->status = 404;
    reply->content_type = TEXT("text/html; charset=utf-8");
    reply->body = TEXT("<!DOCTYPE html><html><head><title>404 Not Found</title></head>"
                       "<body>The API is at /gsmfusion_api/index.php.</body></html>");
    return SLUICE_OK;
}

static int32_t handle(void *instance, const sluice_sandbox_request *request, sluice_sandbox_reply *reply,
                      sluice_error *error) {
    struct sandbox *sandbox = instance;
    const sluice_host *host = sandbox->host;
    if (!is_script(request->path))
        return not_found(reply);
    if (!sandbox->loaded)
        sandbox_load(sandbox);
    sandbox->out.length = 0;
    sandbox->out.failed = false;
    sandbox->latin1 = host->flag(sandbox->self, "latin1");
    sandbox->bare_amp = host->flag(sandbox->self, "bare-amp");
    if (host->flag(sandbox->self, "prolog-space"))
        buffer_string(&sandbox->out, "\r\n \t<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    else
        buffer_string(&sandbox->out, "<?phpxml version=\"1.0\" encoding=\"utf-8\"?>");
    answer(sandbox, request, reply);
    char *body = sandbox->out.failed ? NULL : host->alloc(request->arena, sandbox->out.length);
    if (!body)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    memcpy(body, sandbox->out.text, sandbox->out.length);
    reply->status = 200;
    reply->content_type = TEXT("application/xml");
    reply->body = (sluice_text){body, sandbox->out.length};
    return SLUICE_OK;
}

const sluice_sandbox sandbox_server = {.size = sizeof sandbox_server, .handle = handle};
