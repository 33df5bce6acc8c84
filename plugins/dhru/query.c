#include "query.h"

#include <sluice/text.h>

#include "refusal.h"

static const struct query *find(const struct query *const *queries, uint32_t op) {
    while (*queries && (*queries)->op != op)
        queries++;
    return *queries;
}

int32_t query_build(const struct query *const *queries, const struct provider *provider,
                    const sluice_call *call, sluice_request *request, sluice_error *error) {
    const struct query *query = find(queries, call->op);
    if (!query)
        return provider->host->fail(error, SLUICE_E_SOFTWARE, "this part of dhru has no op %u", call->op);
    provider_request(provider, request, query->action);
    return query->write ? query->write(provider, call, request, error) : SLUICE_OK;
}

static int32_t fail_refused(const sluice_host *host, const struct refusal *refusal, sluice_error *error) {
    switch (refusal->kind->class) {
    case ERROR_AUTH:
        return host->fail(error, SLUICE_E_AUTH,
                          "the provider says '%s'; check username and api_key (DHRU_USERNAME, DHRU_API_KEY) "
                          "and what the account allows",
                          refusal->text);
    case ERROR_ACTION:
        return host->fail(error, SLUICE_E_CONFIG,
                          "the provider says '%s': check base_url, and whether the account may use the API",
                          refusal->text);
    default:
        return host->fail(error, SLUICE_E_UNAVAILABLE, "the provider answers with the error '%s'",
                          refusal->text);
    }
}

static int32_t fail_foreign(const sluice_host *host, const struct reply *reply, const sluice_reply *from,
                            sluice_error *error) {
    char came[REPLY_DESCRIPTION];
    if (provider_redirects(from))
        return host->fail(error, SLUICE_E_CONFIG, "the provider redirects to %.*s: change base_url",
                          TEXT_ARG(text_cut(provider_target(from), 300)));
    reply_describe(reply, from, came);
    return host->fail(error, SLUICE_E_UNAVAILABLE,
                      "what came is no whole reply of the Dhru API (%s); check base_url, or try again later",
                      came);
}

struct reading {
    const struct query *query;
    const struct provider *provider;
    sluice_call *call;
    struct reply *reply;
};

static int read_item(void *user, sluice_text item) {
    struct reading *reading = user;
    reading->query->read(reading->provider, reading->call, reading->reply, item);
    return reading->reply->failed;
}

/* Every block counts, of every SUCCESS. False: there is none. */
static bool read_blocks(struct reading *reading) {
    struct reply_walk walk = {NULL};
    sluice_text value;
    bool found = false;
    while (reply_next_member(reading->reply->root, "SUCCESS", &walk, &value)) {
        found = true;
        if (value.len && value.ptr[0] == '{')
            read_item(reading, value);
        reply_each(value, read_item, reading);
    }
    return found;
}

static int32_t read_reply(struct reading *reading, const sluice_reply *from, sluice_error *error) {
    const sluice_host *host = reading->provider->host;
    struct reply *reply = reading->reply;
    struct refusal refusal;
    bool whole = reply->kind == REPLY_JSON && !provider_redirects(from);
    if (whole && refusal_find(&refusal, reply, reply->root, (sluice_texts){NULL, 0})) {
        /* Sent again, that is: a server that is down for a moment says so, too. */
        if (provider_is_down(from) && refusal.kind->class == ERROR_LATER)
            return SLUICE_OK;
        bool none = reading->query->may_be_none && refusal.kind->class == ERROR_NO_ORDER;
        return none ? SLUICE_OK : fail_refused(host, &refusal, error);
    }
    if (whole && read_blocks(reading))
        return reply->failed ? host->fail(error, SLUICE_E_IO, "out of memory") : SLUICE_OK;
    return provider_is_down(from) ? SLUICE_OK : fail_foreign(host, reply, from, error);
}

int32_t query_parse(const struct query *const *queries, const struct provider *provider, sluice_call *call,
                    const sluice_reply *from, sluice_error *error) {
    struct reply reply;
    struct reading reading = {find(queries, call->op), provider, call, &reply};
    reply_read(&reply, from->body);
    int32_t failed = read_reply(&reading, from, error);
    reply_free(&reply);
    return failed;
}
