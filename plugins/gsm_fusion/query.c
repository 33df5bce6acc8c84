#include "query.h"

#include <sluice/text.h>

#include "errors.h"

const struct query *query_find(const struct query *const *queries, uint32_t op) {
    while (*queries && (*queries)->op != op)
        queries++;
    return *queries;
}

int32_t query_build(const struct query *query, struct provider *provider, sluice_call *call,
                    sluice_request *request, sluice_error *error) {
    if (!exchange_new(provider, call, query->state, query->record, error))
        return error->code;
    provider_request(provider, request, query->action);
    return query->write ? query->write(provider, call, request, error) : SLUICE_OK;
}

static int32_t fail_refused(const struct exchange *exchange, sluice_error *error) {
    const sluice_host *host = exchange->provider->host;
    switch (error_classify(text_of(exchange->error))->class) {
    case ERROR_AUTH:
        return host->fail(error, SLUICE_E_AUTH,
                          "the provider says '%s'; check username and api_key (GSM_FUSION_USERNAME, "
                          "GSM_FUSION_API_KEY) and what the account allows",
                          exchange->error);
    case ERROR_MAINTENANCE:
        return host->fail(error, SLUICE_E_UNAVAILABLE, "the provider says '%s'", exchange->error);
    default:
        return host->fail(error, SLUICE_E_UNAVAILABLE, "the provider answers with the error '%s'",
                          exchange->error);
    }
}

int32_t query_parse(const struct query *query, sluice_call *call, const sluice_reply *reply,
                    sluice_error *error) {
    char came[REPLY_DESCRIPTION];
    struct exchange *exchange = call->state;
    const sluice_host *host = exchange->provider->host;
    enum reply_state state = exchange_read(exchange, reply, came);
    if (state == REPLY_OPEN)
        return SLUICE_OK;
    if (exchange_redirects(reply))
        return host->fail(error, SLUICE_E_CONFIG, "the provider redirects to %.*s: change base_url",
                          TEXT_ARG(exchange_target(reply)));
    if (state != REPLY_COMPLETE)
        return host->fail(
            error, SLUICE_E_UNAVAILABLE,
            "what came is no whole reply of the GSM Fusion API (%s); check base_url, or try again later",
            came);
    bool none = query->may_be_none && error_classify(text_of(exchange->error))->class == ERROR_NO_ORDER;
    if (exchange->error[0] && !none)
        return fail_refused(exchange, error);
    if (query->end)
        query->end(exchange);
    return SLUICE_OK;
}
