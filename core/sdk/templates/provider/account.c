/* account.c - the calls that cost nothing: what is sold, what is left, what was ordered lately. */
#include <stdlib.h>

#include "components.h"
#include "provider.h"

/* ---- requests ------------------------------------------------------------------------------- */

/* The orders of the rows when a person asks about those, else the recent ones, page by page. */
static int32_t ask_orders(const struct provider *provider, sluice_call *call, sluice_request *request,
                          sluice_error *error) {
    provider_request(provider, request, SLUICE_METHOD_GET, "/v1/orders");
    if (call->row_count)
        return provider_ask_ids(provider, call, request, error);
    if (call->cookie.len)
        provider->host->request_query(request, "page", call->cookie);
    return SLUICE_OK;
}

int32_t account_build(const struct provider *provider, sluice_call *call, sluice_request *request,
                      sluice_error *error) {
    switch (call->op) {
    case SLUICE_OP_SERVICES:
    case SLUICE_OP_PAGE:
        provider_request(provider, request, SLUICE_METHOD_GET, "/v1/services");
        return SLUICE_OK;
    case SLUICE_OP_BALANCE:
        provider_request(provider, request, SLUICE_METHOD_GET, "/v1/account");
        return SLUICE_OK;
    case SLUICE_OP_SETTLE:
        return ask_orders(provider, call, request, error);
    default:
        return provider->host->fail(error, SLUICE_E_SOFTWARE, "@name@ has no op %u", call->op);
    }
}

/* ---- replies -------------------------------------------------------------------------------- */

const char *const services_adds[] = {"service_id", "title", "price", "currency", "time", NULL};

/* SERVICES: the catalogue, by which orders are priced; PAGE: the same as records. */
static void take_service(const struct provider *provider, sluice_call *call, sluice_text object) {
    sluice_service service = {
        .size = sizeof service,
        .id = provider_text(provider, call, object, "id"),
        .title = provider_text(provider, call, object, "name"),
        .price = provider_text(provider, call, object, "price"),
        .currency = provider_text(provider, call, object, "currency"),
        .time = provider_text(provider, call, object, "time"),
    };
    const sluice_text record[] = {service.id, service.title, service.price, service.currency, service.time};
    if (call->op == SLUICE_OP_PAGE)
        provider->host->record(call, record);
    else
        provider->host->service(call, &service);
}

static void take_candidate(const struct provider *provider, sluice_call *call, sluice_text order,
                           sluice_listing *listing) {
    sluice_candidate candidate = {
        .size = sizeof candidate,
        .order_id = provider_text(provider, call, order, "id"),
        .identifier = provider_text(provider, call, order, "imei"),
        .service = provider_text(provider, call, order, "service"),
        .created = provider_text(provider, call, order, "created"),
        .client_ref = provider_text(provider, call, order, "reference"),
        .price = provider_text(provider, call, order, "price"),
        .status = provider_status(provider_text(provider, call, order, "status")),
    };
    /* A final status comes with its result, which only `check` brings. */
    if (text_is(candidate.status, "Completed") || text_is(candidate.status, "Rejected"))
        candidate.status = TEXT("In Process");
    listing->oldest = candidate.created; /* newest first */
    provider->host->candidate(call, &candidate);
}

static void take_orders(const struct provider *provider, sluice_call *call, sluice_text root) {
    sluice_listing listing = {.size = sizeof listing};
    sluice_text order, next = provider_text(provider, call, root, "next");
    struct json_walk walk;
    json_walk_list(&walk, json_member(root, "orders"));
    while (json_next_item(&walk, &order))
        take_candidate(provider, call, order, &listing);
    if (call->row_count)
        return;
    /* "Not in the list" counts as "never ordered", and is paid again, only where the list is complete: say so
     * only when the provider's documentation does. */
    listing.complete = !next.len;
    if (next.len)
        provider->host->more(call, next);
    else
        provider->host->listing(call, &listing);
}

static int32_t fail_refused(const struct provider *provider, const struct refusal *refusal,
                            sluice_error *error) {
    bool auth = refusal->kind == SLUICE_VERDICT_REFUSED_AUTH;
    return provider->host->fail(error, auth ? SLUICE_E_AUTH : SLUICE_E_UNAVAILABLE,
                                "the provider says '%.*s'%s", TEXT_ARG(text_cut(refusal->message, 300)),
                                auth ? "; check username and api_key" : "");
}

int32_t account_parse(const struct provider *provider, sluice_call *call, const sluice_reply *reply,
                      sluice_error *error) {
    sluice_text root = json_whole(reply->body, '{'), item;
    struct refusal refusal = provider_refusal(provider, call, root);
    struct json_walk walk;
    if (refusal.code.ptr)
        return fail_refused(provider, &refusal, error);
    if (!root.ptr || reply->status != 200)
        return provider->host->fail(error, SLUICE_E_UNAVAILABLE,
                                    "HTTP %d, and no whole reply of the API; check base_url", reply->status);
    if (call->op == SLUICE_OP_SETTLE)
        take_orders(provider, call, root);
    else if (call->op == SLUICE_OP_BALANCE)
        provider->host->balance(call, provider_text(provider, call, root, "balance"),
                                provider_text(provider, call, root, "currency"));
    else
        for (json_walk_list(&walk, json_member(root, "services")); json_next_item(&walk, &item);)
            take_service(provider, call, item);
    return SLUICE_OK;
}

/* ---- the source: sluice services @name@ ------------------------------------------------------ */

int32_t services_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                      sluice_error *error) {
    return place_open(host, self, config, instance, error);
}

void services_close(void *instance) {
    free(instance);
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    return account_build(instance, call, request, error);
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    return account_parse(instance, call, reply, error);
}

const sluice_source services_source = {.size = sizeof services_source};

const sluice_exchanger services_exchanger = {
    .size = sizeof services_exchanger,
    .build = build,
    .parse = parse,
};
