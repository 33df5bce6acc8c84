#include "sandbox.h"

#include <stdlib.h>

#include <sluice/amount.h>
#include <sluice/text.h>

enum { REPLY_MOST = 64 * 1024 * 1024 };

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

/* ---- writing ------------------------------------------------------------------------------- */

sluice_text sandbox_parameter(const sluice_sandbox_request *request, const char *name) {
    for (uint64_t i = 0; i < request->parameters.count; i++) {
        const sluice_pair *pair = &request->parameters.items[i];
        if (text_is(pair->key, name) && pair->values.count)
            return text_trim(pair->values.items[0]);
    }
    return (sluice_text){NULL, 0};
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
    struct buffer *out = &sandbox->out;
    if (out->length && out->text[out->length - 1] != '{')
        buffer_string(out, ",");
    buffer_format(out, "\"%s\":", name);
    size_t start = out->length;
    buffer_json(out, text);
    if (sandbox->latin1)
        spoil(out, start);
}

void sandbox_amount(struct sandbox *sandbox, const char *name, int64_t micros) {
    char amount[AMOUNT_TEXT];
    sandbox_member(sandbox, name, text_of(amount_format(micros, amount)));
}

void sandbox_begin_list(struct sandbox *sandbox) {
    sandbox->list = true;
    sandbox->out.length = sandbox->start;
    buffer_string(&sandbox->out, "[");
}

/* ---- the server ---------------------------------------------------------------------------- */

static int32_t handle(void *instance, const sluice_sandbox_request *request, sluice_sandbox_reply *reply,
                      sluice_error *error) {
    struct sandbox *sandbox = instance;
    struct buffer *out = &sandbox->out;
    const sluice_host *host = sandbox->host;
    if (!sandbox->loaded)
        sandbox_load(sandbox);
    out->length = 0;
    out->failed = false;
    sandbox->latin1 = host->flag(sandbox->self, "latin1");
    buffer_string(out, host->flag(sandbox->self, "prolog-space") ? "\xef\xbb\xbf\r\n " : "");
    sandbox->start = out->length;
    sandbox->list = false;
    buffer_string(out, "{");
    if (sandbox->latin1)
        sandbox_member(sandbox, "note", TEXT("Café & Söhne"));
    reply->status = 200;
    if (sandbox->settings->api == API_SICKW)
        sickw_answer(sandbox, request, reply);
    else
        imeicheck_answer(sandbox, request, reply);
    buffer_string(out, sandbox->list ? "]" : "}");
    char *body = out->failed ? NULL : host->alloc(request->arena, out->length);
    if (!body)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    reply->content_type = TEXT("application/json");
    reply->body = (sluice_text){memcpy(body, out->text, out->length), out->length};
    return SLUICE_OK;
}

static const char *const faults[] = {"maintenance",   "auth",          "no-credit",  "duplicate",
                                     "price-change",  "foreign-order", "latin1",     "prolog-space",
                                     "charge-always", "list-late",     "list-depth", NULL};

const sluice_sandbox sandbox_server = {.size = sizeof sandbox_server, .handle = handle, .faults = faults};
