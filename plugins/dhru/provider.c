#include "provider.h"

#include <sluice/text.h>

enum { REPLY_LIMIT = 64 * 1024 * 1024 };

static bool ends_with(sluice_text text, sluice_text end) {
    return text.len >= end.len && text_same((sluice_text){text.ptr + text.len - end.len, end.len}, end);
}

/* A base URL that already names the script, or its folder, is taken as it is. */
static void locate(sluice_text *base, sluice_text *path) {
    while (base->len && base->ptr[base->len - 1] == '/')
        base->len--;
    *path = TEXT("/api/index.php");
    if (ends_with(*base, TEXT("/index.php"))) {
        base->len -= sizeof "/index.php" - 1;
        *path = TEXT("/index.php");
    } else if (ends_with(*base, TEXT("/api"))) {
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
        .provider = TEXT("dhru"),
        .user = settings->username,
        .account = settings->account,
        .reply_limit = REPLY_LIMIT,
        .service = service,
        .settles = 0,  /* the API has no list of orders */
        .failures = 1, /* an answer counts whatever its status is */
        .finds = 1,    /* but one order can be asked about */
    };
    locate(&endpoint.base_url, &provider->path);
    return host->endpoint(self, &endpoint, error);
}

void provider_request(const struct provider *provider, sluice_request *request, const char *action) {
    const sluice_host *host = provider->host;
    request->method = SLUICE_METHOD_POST;
    request->path = provider->path;
    host->request_form(request, "username", provider->settings->username);
    host->request_form_secret(request, "apiaccesskey", provider->settings->api_key);
    host->request_form(request, "action", text_of(action));
    host->request_form(request, "requestformat", TEXT("JSON"));
}

int32_t provider_parameters(const struct provider *provider, sluice_request *request, struct buffer *text,
                            sluice_error *error) {
    bool failed = text->failed;
    if (!failed)
        provider->host->request_form(request, "parameters", (sluice_text){text->text, text->length});
    buffer_free(text);
    return failed ? provider->host->fail(error, SLUICE_E_IO, "out of memory") : SLUICE_OK;
}

bool provider_redirects(const sluice_reply *reply) {
    return reply->status >= 300 && reply->status < 400;
}

sluice_text provider_target(const sluice_reply *reply) {
    return reply->redirect.len ? reply->redirect : TEXT("another address");
}

bool provider_is_down(const sluice_reply *reply) {
    return reply->status >= 500 || reply->status == 408 || reply->status == 425 || reply->status == 429;
}
