#include "provider.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/text.h>

enum { REPLY_LIMIT = 64 * 1024 * 1024 };

static sluice_text without_slashes(sluice_text text) {
    while (text.len && text.ptr[text.len - 1] == '/')
        text.len--;
    return text;
}

static bool ends_with(sluice_text text, sluice_text end) {
    return text.len >= end.len && text_same((sluice_text){text.ptr + text.len - end.len, end.len}, end);
}

/* A base URL that already names the script, or its folder, is taken as it is: some sites have the API
 * at /UPAPI_api/index.php or /api/index.php. */
static void locate(sluice_text *base, sluice_text *path) {
    *base = without_slashes(*base);
    *path = TEXT("/gsmfusion_api/index.php");
    if (ends_with(*base, TEXT("/index.php"))) {
        base->len -= sizeof "/index.php" - 1;
        *path = TEXT("/index.php");
    } else if (ends_with(*base, TEXT("_api")) || ends_with(*base, TEXT("/api"))) {
        *path = TEXT("/index.php");
    }
}

int32_t provider_open(struct provider *provider, const sluice_host *host, sluice_self *self,
                      const struct settings *settings, sluice_text service, sluice_error *error) {
    *provider = (struct provider){.host = host, .self = self, .settings = settings};
    sluice_endpoint endpoint = {
        .size = sizeof endpoint,
        .list = settings->list > 1 ? (uint32_t)settings->list : 1,
        .base_url = settings->base_url,
        .provider = TEXT("gsm_fusion"),
        .user = settings->username,
        .account = settings->account,
        .reply_limit = REPLY_LIMIT,
        .service = service,
        .settles = settings->settle != SETTLE_NONE,
    };
    locate(&endpoint.base_url, &provider->path);
    return host->endpoint(self, &endpoint, error);
}

void provider_close(struct provider *provider) {
    while (provider->idle_count)
        reader_free(provider->idle[--provider->idle_count]);
}

void provider_request(const struct provider *provider, sluice_request *request, const char *action) {
    const sluice_host *host = provider->host;
    request->method = SLUICE_METHOD_POST;
    request->path = provider->path;
    host->request_form(request, "userId", provider->settings->username);
    host->request_form_secret(request, "apiKey", provider->settings->api_key);
    host->request_form(request, "action", text_of(action));
}

/* ---- the frame of a call ------------------------------------------------------------------ */

void *exchange_new(struct provider *provider, sluice_call *call, size_t bytes,
                   void (*record)(void *user, const struct record *record), sluice_error *error) {
    /* Not at the reply: that one may already be paid for. Not in open: lint opens, too, and sends nothing. */
    if (!provider->xml)
        provider->xml = xml_library_load(provider->host, error);
    if (!provider->xml)
        return NULL;
    struct exchange *exchange = calloc(1, bytes);
    if (!exchange) {
        provider->host->fail(error, SLUICE_E_IO, "out of memory");
        return NULL;
    }
    exchange->provider = provider;
    exchange->call = call;
    exchange->record = record;
    call->state = exchange;
    return exchange;
}

static bool take_reader(struct exchange *exchange) {
    struct provider *provider = exchange->provider;
    exchange->reader =
        provider->idle_count ? provider->idle[--provider->idle_count] : reader_new(provider->xml);
    if (exchange->reader)
        reader_begin(exchange->reader, exchange->record, exchange);
    return exchange->reader;
}

static void give_back_reader(struct exchange *exchange) {
    struct provider *provider = exchange->provider;
    if (exchange->reader && provider->idle_count < IDLE_READERS && reader_reusable(exchange->reader))
        provider->idle[provider->idle_count++] = exchange->reader;
    else
        reader_free(exchange->reader);
    exchange->reader = NULL;
}

enum reply_state exchange_read(struct exchange *exchange, const sluice_reply *reply,
                               char came[REPLY_DESCRIPTION]) {
    if (!exchange->reader && !exchange->unread)
        exchange->unread = !take_reader(exchange);
    if (exchange->unread)
        snprintf(came, REPLY_DESCRIPTION, "HTTP %d, but there was no memory to read it", reply->status);
    enum reply_state state =
        exchange->unread ? REPLY_FOREIGN : reader_feed(exchange->reader, reply->body, reply->last);
    if (!reply->last || exchange->unread)
        return reply->last ? state : REPLY_OPEN;
    reader_describe(exchange->reader, reply->status, came);
    give_back_reader(exchange);
    return state;
}

bool exchange_redirects(const sluice_reply *reply) {
    return reply->status >= 300 && reply->status < 400;
}

sluice_text exchange_target(const sluice_reply *reply) {
    return reply->redirect.len ? reply->redirect : TEXT("another address");
}

void exchange_free(sluice_call *call) {
    if (!call->state)
        return;
    give_back_reader(call->state);
    free(call->state);
    call->state = NULL;
}

bool exchange_error(struct exchange *exchange, const struct record *record) {
    if (record->name != NAME_ERROR)
        return false;
    if (!exchange->error[0]) {
        sluice_text text = record_value(record, NAME_ERROR);
        if (!text.len)
            text = TEXT("an <error> without a text");
        text = text_cut(text, sizeof exchange->error - 1);
        memcpy(exchange->error, text.ptr, text.len);
    }
    return true;
}
