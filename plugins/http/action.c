#include "action.h"

#include <stdlib.h>

#include <sluice/text.h>

#include "map.h"

enum { REPLY_LIMIT = 64 * 1024 * 1024 };

/* ---- open ---------------------------------------------------------------------------------- */

static int32_t take_service(struct action *action, sluice_error *error) {
    sluice_text option = text_trim(action->settings->service_id);
    if (!option.len)
        return SLUICE_OK;
    action->service = place_service(option, action->service_room);
    if (action->service.ptr)
        return SLUICE_OK;
    return action->host->fail(error, SLUICE_E_CONFIG, "service_id '%.*s' can't be the id of a service",
                              TEXT_ARG(text_cut(option, 64)));
}

static int32_t check_pointers(const struct action *action, sluice_error *error) {
    const struct settings *settings = action->settings;
    const struct {
        const char *name;
        sluice_text value;
    } pointers[] = {{"order_id", settings->order_id},
                    {"price", settings->price},
                    {"status", settings->status},
                    {"identifier", settings->identifier}};
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        int32_t failed = map_check_pointer(action->host, pointers[i].name, "", pointers[i].value, error);
        if (failed)
            return failed;
    }
    for (uint64_t i = 0; i < settings->message.count; i++) {
        int32_t failed = map_check_pointer(action->host, "message", "", settings->message.items[i], error);
        if (failed)
            return failed;
    }
    return SLUICE_OK;
}

/* What only one of the two can use is a slip in the other. */
static int32_t check_use(const struct action *action, sluice_error *error) {
    const struct settings *settings = action->settings;
    const sluice_host *host = action->host;
    if (settings->spends && !settings->order_id.ptr)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "an action that spends needs 'order_id', the pointer to the order's id in the reply; "
            "write order_id: /id. Without one an order can't be told from a doubt");
    if (action->about_orders && !settings->provider.len)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "orders need a 'provider', the name that they are kept under in the ledger and in the "
            "store; write provider: NAME");
    if (!settings->spends && (settings->order_id.ptr || settings->price.ptr || settings->service_id.len ||
                              settings->prices.count || settings->orders.count || settings->order.count))
        return host->fail(
            error, SLUICE_E_CONFIG,
            "'order_id', 'price', 'prices', 'service_id', 'orders' and 'order' are of an action "
            "that spends; write spends: true, or remove them");
    if (settings->spends && shape_names(&action->shape, "order_id"))
        return host->fail(error, SLUICE_E_CONFIG,
                          "an order has no id before it is placed; {{order_id}} is for an action that asks "
                          "about orders");
    return SLUICE_OK;
}

static int32_t tell_endpoint(const struct action *action, sluice_error *error) {
    const struct settings *settings = action->settings;
    sluice_endpoint endpoint = {
        .size = sizeof endpoint,
        .list = 1,
        .base_url = action->shape.base,
        .provider = settings->provider.len ? settings->provider : TEXT("http"),
        .user = settings->username,
        .account = settings->account,
        .reply_limit = REPLY_LIMIT,
        .service = action->service,
        .settles = action->orders.target.method != 0,
        .finds = action->order.target.method != 0,
        .every_row = !action->about_orders,
    };
    return action->host->endpoint(action->self, &endpoint, error);
}

static int32_t open_parts(struct action *action, sluice_error *error) {
    const struct settings *settings = action->settings;
    int32_t failed = shape_read(&action->shape, action->host, settings, error);
    if (failed)
        return failed;
    action->about_orders = settings->spends || shape_names(&action->shape, "order_id");
    failed = check_pointers(action, error);
    if (!failed)
        failed = check_use(action, error);
    if (!failed)
        failed = take_service(action, error);
    if (!failed)
        failed = verdicts_read(&action->verdicts, action->host, settings, error);
    if (!failed)
        failed =
            columns_read(&action->columns, action->host, action->self, settings, action->about_orders, error);
    if (!failed)
        failed = query_open(action, error);
    return failed ? failed : tell_endpoint(action, error);
}

int32_t action_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error) {
    struct action *action = calloc(1, sizeof *action);
    if (!action)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    action->host = host;
    action->self = self;
    action->settings = config;
    int32_t failed = open_parts(action, error);
    if (failed)
        action_close(action);
    else
        *instance = action;
    return failed;
}

void action_close(void *instance) {
    struct action *action = instance;
    query_close(action);
    shape_free(&action->shape);
    verdicts_free(&action->verdicts);
    columns_free(&action->columns);
    free(action);
}

/* ---- calls --------------------------------------------------------------------------------- */

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct action *action = instance;
    switch (call->op) {
    case SLUICE_OP_PLACE:
        return place_build(action, call, request, error);
    case SLUICE_OP_CHECK:
        return check_build(action, call, request, error);
    default:
        return query_build(action, call, request, error);
    }
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    struct action *action = instance;
    switch (call->op) {
    case SLUICE_OP_PLACE:
        place_parse(action, call, reply);
        return SLUICE_OK;
    case SLUICE_OP_CHECK:
        return check_parse(action, call, reply, error);
    default:
        return query_parse(action, call, reply, error);
    }
}

const sluice_exchanger action_exchanger = {
    .size = sizeof action_exchanger,
    .build = build,
    .parse = parse,
    .identity = place_identity,
};
