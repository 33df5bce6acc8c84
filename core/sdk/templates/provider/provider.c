#include "provider.h"

int32_t provider_open(struct provider *provider, const sluice_host *host, sluice_self *self,
                      const struct settings *settings, uint32_t list, sluice_error *error) {
    *provider = (struct provider){.host = host, .self = self, .settings = settings};
    if (settings->service_id.len) {
        provider->service = service_read(settings->service_id, provider->service_room);
        if (!provider->service.ptr)
            return host->fail(error, SLUICE_E_CONFIG, "service_id '%.*s' is no service number",
                              TEXT_ARG(text_cut(settings->service_id, 64)));
    }
    sluice_endpoint endpoint = {
        .size = sizeof endpoint,
        .list = list,
        .base_url = settings->base_url,
        .provider = TEXT("@name@"),
        .user = settings->username,
        .account = settings->account, /* null: host and user; the ledger tells accounts apart by it */
        .service = provider->service,
        .settles = 1, /* the API lists recent orders; 0 if yours doesn't: then a person settles doubts */
    };
    return host->endpoint(self, &endpoint, error);
}

void provider_request(const struct provider *provider, sluice_request *request, uint32_t method,
                      const char *path) {
    request->method = method;
    request->path = text_of(path);
    provider->host->request_header_secret(request, "Authorization", "Bearer ", provider->settings->api_key);
}

sluice_text provider_cell(const sluice_row *row, const char *column) {
    int32_t at = sluice_find_column(row->batch, column, strlen(column));
    return at < 0 ? text_none() : text_trim(row->batch->cells[at][row->row]);
}

int32_t provider_ask_ids(const struct provider *provider, const sluice_call *call, sluice_request *request,
                         sluice_error *error) {
    uint64_t room = 1;
    for (uint32_t i = 0; i < call->row_count; i++)
        room += provider_cell(&call->rows[i], "order_id").len + 1;
    char *ids = provider->host->alloc(call->arena, room), *end = ids;
    if (!ids)
        return provider->host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint32_t i = 0; i < call->row_count; i++) {
        sluice_text id = provider_cell(&call->rows[i], "order_id");
        if (!id.len)
            continue;
        if (end > ids)
            *end++ = ',';
        end = (char *)memcpy(end, id.ptr, id.len) + id.len;
    }
    provider->host->request_query(request, "ids", text_view(ids, (uint64_t)(end - ids)));
    return SLUICE_OK;
}

sluice_text provider_text(const struct provider *provider, const sluice_call *call, sluice_text object,
                          const char *name) {
    return json_text(provider->host, call->arena, json_member(object, name));
}

sluice_text provider_status(sluice_text status) {
    static const char *const names[][2] = {
        {"pending", "Pending"}, {"working", "In Process"}, {"done", "Completed"}, {"rejected", "Rejected"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(status, names[i][0]))
            return text_of(names[i][1]);
    return text_none();
}

/* Only what the provider's documentation promises not to be charged stands here. An error that isn't in this
 * table proves nothing, and the order is in doubt: that costs a look at the account, the opposite costs
 * money. */
static const struct {
    const char *code;
    uint32_t kind;
} refusals[] = {
    {"invalid_imei", SLUICE_VERDICT_REJECTED},         {"unknown_service", SLUICE_VERDICT_REJECTED},
    {"duplicate_order", SLUICE_VERDICT_DUPLICATE},     {"no_credit", SLUICE_VERDICT_NO_CREDIT},
    {"wrong_key", SLUICE_VERDICT_REFUSED_AUTH},        {"maintenance", SLUICE_VERDICT_RETRY_LATER},
    {"too_many_requests", SLUICE_VERDICT_RETRY_LATER},
};

struct refusal provider_refusal(const struct provider *provider, const sluice_call *call, sluice_text root) {
    struct refusal refusal = {.code = provider_text(provider, call, root, "error.code"),
                              .message = provider_text(provider, call, root, "error.message")};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (text_is(refusal.code, refusals[i].code))
            refusal.kind = refusals[i].kind;
    return refusal;
}
