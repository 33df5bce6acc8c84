/* check.c - asking what became of orders: GET /v1/orders?ids=… */
#include <stdlib.h>

#include "components.h"
#include "provider.h"

enum { ORDERS_IN_A_CALL = 50 };

const char *const check_adds[] = {"status", "result_code", "raw_response", NULL};

int32_t check_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error) {
    struct provider *provider = malloc(sizeof *provider);
    int32_t failed = provider ? provider_open(provider, host, self, config, ORDERS_IN_A_CALL, error)
                              : host->fail(error, SLUICE_E_IO, "out of memory");
    *instance = provider;
    if (failed)
        free(provider);
    return failed;
}

void check_close(void *instance) {
    free(instance);
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    const struct provider *provider = instance;
    if (call->op != SLUICE_OP_CHECK)
        return provider->host->fail(error, SLUICE_E_SOFTWARE, "@name@.check has no op %u", call->op);
    provider_request(provider, request, SLUICE_METHOD_GET, "/v1/orders");
    return provider_ask_ids(provider, call, request, error);
}

static void tell(const struct provider *provider, sluice_call *call, uint32_t row, sluice_text order,
                 sluice_text status) {
    const sluice_text columns[] = {TEXT("status"), TEXT("result_code"), TEXT("raw_response")};
    const sluice_text values[] = {status, provider_text(provider, call, order, "result"), order};
    bool rejected = text_is(status, "Rejected");
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = rejected ? SLUICE_VERDICT_REFUNDED : SLUICE_VERDICT_CHECKED,
        .row = row,
        .code = rejected ? TEXT("rejected") : text_none(),
        .text = rejected ? values[1] : text_none(),
        .columns = columns,
        .values = values,
        .column_count = 3,
        .retry_after_ms = -1,
    };
    provider->host->verdict(call, &verdict);
}

/* Every row that has this order's id. Rows that nothing is said of are asked about again another time. */
static void take_order(const struct provider *provider, sluice_call *call, sluice_text order) {
    sluice_text id = provider_text(provider, call, order, "id");
    sluice_text status = provider_status(provider_text(provider, call, order, "status"));
    for (uint32_t i = 0; id.len && status.ptr && i < call->row_count; i++)
        if (text_equal(provider_cell(&call->rows[i], "order_id"), id))
            tell(provider, call, i, order, status);
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    const struct provider *provider = instance;
    sluice_text root = json_whole(reply->body, '{'), order;
    struct refusal refusal = provider_refusal(provider, call, root);
    struct json_walk walk;
    (void)error;
    if (refusal.code.ptr || !root.ptr) {
        sluice_verdict verdict = {
            .size = sizeof verdict,
            .kind = refusal.kind == SLUICE_VERDICT_REFUSED_AUTH ? refusal.kind : SLUICE_VERDICT_RETRY_LATER,
            .row = SLUICE_ALL_ROWS,
            .code = refusal.code,
            .text = refusal.message.ptr ? refusal.message : TEXT("no whole reply of the API came"),
            .retry_after_ms = reply->retry_after_ms,
        };
        provider->host->verdict(call, &verdict);
        return SLUICE_OK;
    }
    json_walk_list(&walk, json_member(root, "orders"));
    while (json_next_item(&walk, &order))
        take_order(provider, call, order);
    return SLUICE_OK;
}

const sluice_exchanger check_exchanger = {
    .size = sizeof check_exchanger,
    .build = build,
    .parse = parse,
};
