/* listing.c - getimeis without order ids: the account's recent orders, as candidates. */
#include "identity.h"
#include "query.h"
#include "status.h"
#include "text.h"

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
        .status = status_name(record_value(record, NAME_STATUSID), record_value(record, NAME_STATUS)),
    };
    if (!candidate.order_id.len || !candidate.identifier.len)
        return;
    keep_oldest(listing, candidate.created);
    exchange->provider->host->candidate(exchange->call, &candidate);
}

/* How far back the list goes is nowhere promised: it is never called complete. */
static void on_order_end(void *state) {
    struct listing *listing = state;
    sluice_listing said = {.size = sizeof said, .complete = 0, .oldest = {NULL, 0}};
    if (listing->oldest[0])
        said.oldest = text_of(listing->oldest);
    listing->exchange.provider->host->listing(listing->exchange.call, &said);
}

const struct query query_orders = {
    .op = SLUICE_OP_SETTLE,
    .action = "getimeis",
    .parameter = "orderIds",
    .value = "0",
    .state = sizeof(struct listing),
    .record = on_order,
    .end = on_order_end,
};
