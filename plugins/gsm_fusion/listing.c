/* listing.c - getimeis for some orders, or without ids for the account's recent ones: as candidates. */
#include <sluice/identity.h>
#include <sluice/text.h>

#include "query.h"
#include "status.h"

enum { CREATED_TEXT = sizeof "2025-01-31 23:59:59" };

struct listing {
    struct exchange exchange;
    char oldest[CREATED_TEXT];
};

/* The times have no zone and all the same form: as texts they sort as times. */
static void keep_oldest(struct listing *listing, sluice_text created) {
    if (created.len != CREATED_TEXT - 1)
        return;
    if (!listing->oldest[0] || memcmp(created.ptr, listing->oldest, created.len) < 0)
        memcpy(listing->oldest, created.ptr, created.len);
}

static void on_order(void *state, const struct record *record) {
    struct listing *listing = state;
    struct exchange *exchange = &listing->exchange;
    if (exchange_error(exchange, record) || record->name != NAME_IMEIS)
        return;
    sluice_candidate candidate = {
        .size = sizeof candidate,
        .order_id = record_value(record, NAME_ID),
        .identifier = record_value(record, NAME_IMEI),
        .service_title = record_value(record, NAME_PACKAGE),
        .created = record_value(record, NAME_REQUESTEDAT),
        .status = status_without_result(
            status_name(record_value(record, NAME_STATUSID), record_value(record, NAME_STATUS))),
    };
    if (!candidate.order_id.len && !candidate.identifier.len)
        return; /* how PHP writes that there are none */
    keep_oldest(listing, candidate.created);
    exchange->provider->host->candidate(exchange->call, &candidate);
}

/* How far back the list goes is nowhere promised: it is called complete only when the pipeline says so. */
static void on_order_end(void *state) {
    struct listing *listing = state;
    const struct settings *settings = listing->exchange.provider->settings;
    sluice_listing said = {.size = sizeof said, .complete = settings->settle == SETTLE_COMPLETE};
    if (listing->oldest[0])
        said.oldest = text_of(listing->oldest);
    listing->exchange.provider->host->listing(listing->exchange.call, &said);
}

static sluice_text order_id_of(const sluice_row *row) {
    int32_t at = sluice_find_column(row->batch, "order_id", sizeof "order_id" - 1);
    return at < 0 ? (sluice_text){NULL, 0} : row->batch->cells[at][row->row];
}

/* "0": all that the site lists. */
static sluice_text order_ids(const sluice_call *call, const sluice_host *host, sluice_arena *arena) {
    uint64_t room = 1;
    for (uint32_t i = 0; i < call->row_count; i++)
        room += order_id_of(&call->rows[i]).len + 1;
    char *text = host->alloc(arena, room), *end = text;
    for (uint32_t i = 0; text && i < call->row_count; i++) {
        sluice_text id = order_id_of(&call->rows[i]);
        if (i)
            *end++ = ',';
        if (id.len)
            end = mempcpy(end, id.ptr, id.len);
    }
    return call->row_count ? (sluice_text){text, text ? (uint64_t)(end - text) : 0} : TEXT("0");
}

static int32_t write_ids(struct provider *provider, const sluice_call *call, sluice_request *request,
                         sluice_error *error) {
    sluice_text ids = order_ids(call, provider->host, request->arena);
    if (!ids.ptr)
        return provider->host->fail(error, SLUICE_E_IO, "out of memory");
    provider->host->request_form(request, "orderIds", ids);
    return SLUICE_OK;
}

const struct query query_orders = {
    .op = SLUICE_OP_SETTLE,
    .action = "getimeis",
    .write = write_ids,
    .may_be_none = true,
    .state = sizeof(struct listing),
    .record = on_order,
    .end = on_order_end,
};
