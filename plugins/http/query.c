/* query.c - free calls about the account: the catalogue, the balance, the orders that the provider lists. */
#include <stdio.h>

#include <sluice/amount.h>
#include <sluice/text.h>

#include "action.h"
#include "map.h"
#include "moment.h"
#include "pointer.h"

enum { PAGES_MOST = 10000 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- open ---------------------------------------------------------------------------------- */

/* The options that every list has. */
struct paging {
    sluice_text url, method, items, next, first_page;
};

static int32_t open_list(struct action *action, const char *option, struct paging *paging,
                         struct target *target, struct list *list, sluice_error *error) {
    if (!paging->url.len)
        return action->host->fail(error, SLUICE_E_CONFIG, "'%s' needs a url", option);
    *list = (struct list){.target = target,
                          .items = paging->items.ptr ? paging->items : TEXT(""),
                          .next = paging->next,
                          .max_pages = PAGES_MOST};
    int32_t failed =
        map_number(action->host, option, "first_page", paging->first_page, 1, &list->first_page, error);
    return failed ? failed : target_read(target, &action->shape, option, paging->url, paging->method, error);
}

static int32_t open_services(struct action *action, sluice_error *error) {
    struct services_call *services = &action->services;
    struct paging paging = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    const struct map_key keys[] = {{"url", &paging.url, false},
                                   {"method", &paging.method, false},
                                   {"items", &paging.items, true},
                                   {"next", &paging.next, true},
                                   {"first_page", &paging.first_page, false},
                                   {"id", &services->id, true},
                                   {"title", &services->title, true},
                                   {"price", &services->price, true},
                                   {"currency", &services->currency, true},
                                   {"category", &services->category, true},
                                   {"time", &services->time, true}};
    const struct settings *settings = action->settings;
    if (!settings->services.count)
        return SLUICE_OK;
    int32_t failed = map_read(action->host, "services", settings->services, keys, COUNT(keys), error);
    if (failed)
        return failed;
    if (settings->prices.count)
        return action->host->fail(error, SLUICE_E_CONFIG,
                                  "prices come from 'services' or 'prices', not both");
    if (!services->id.ptr)
        return action->host->fail(error, SLUICE_E_CONFIG, "'services' needs an id, the pointer to it");
    return open_list(action, "services", &paging, &services->target, &services->list, error);
}

static int32_t open_balance(struct action *action, sluice_error *error) {
    struct balance_call *balance = &action->balance;
    sluice_text url = {NULL, 0}, method = {NULL, 0};
    const struct map_key keys[] = {{"url", &url, false},
                                   {"method", &method, false},
                                   {"amount", &balance->amount, true},
                                   {"currency", &balance->currency, false}};
    if (!action->settings->balance.count)
        return SLUICE_OK;
    int32_t failed = map_read(action->host, "balance", action->settings->balance, keys, COUNT(keys), error);
    if (failed)
        return failed;
    if (!url.len || !balance->amount.ptr)
        return action->host->fail(error, SLUICE_E_CONFIG,
                                  "'balance' needs a url and an amount, the pointer to it");
    return target_read(&balance->target, &action->shape, "balance", url, method, error);
}

static int32_t open_orders(struct action *action, const char *option, sluice_pairs pairs,
                           struct orders_call *orders, sluice_error *error) {
    struct paging paging = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    sluice_text complete = {NULL, 0};
    const struct map_key keys[] = {{"url", &paging.url, false},
                                   {"method", &paging.method, false},
                                   {"items", &paging.items, true},
                                   {"next", &paging.next, true},
                                   {"first_page", &paging.first_page, false},
                                   {"order_id", &orders->order_id, true},
                                   {"imei", &orders->imei, true},
                                   {"service_id", &orders->service, true},
                                   {"service_name", &orders->service_title, true},
                                   {"created", &orders->created, true},
                                   {"client_ref", &orders->client_ref, true},
                                   {"price", &orders->price, true},
                                   {"status", &orders->status, true},
                                   {"complete", &complete, false}};
    if (!pairs.count)
        return SLUICE_OK;
    int32_t failed = map_read(action->host, option, pairs, keys, COUNT(keys), error);
    if (failed)
        return failed;
    if (!orders->order_id.ptr || !orders->imei.ptr)
        return action->host->fail(error, SLUICE_E_CONFIG,
                                  "'%s' needs order_id and imei, the pointers to them", option);
    if (complete.len && !text_is(complete, "true") && !text_is(complete, "false"))
        return action->host->fail(error, SLUICE_E_CONFIG, "'%s': complete is true or false", option);
    orders->complete = text_is(complete, "true");
    return open_list(action, option, &paging, &orders->target, &orders->list, error);
}

int32_t query_open(struct action *action, sluice_error *error) {
    const struct settings *settings = action->settings;
    int32_t failed = open_services(action, error);
    if (!failed)
        failed = open_balance(action, error);
    if (!failed)
        failed = open_orders(action, "orders", settings->orders, &action->orders, error);
    if (!failed)
        failed = open_orders(action, "order", settings->order, &action->order, error);
    if (!failed && settings->order.count && !template_names(&action->order.target.url, "order_id"))
        failed = action->host->fail(error, SLUICE_E_CONFIG, "'order': its url needs {{order_id}}");
    return failed;
}

void query_close(struct action *action) {
    target_free(&action->services.target);
    target_free(&action->balance.target);
    target_free(&action->orders.target);
    target_free(&action->order.target);
}

/* ---- what needs no call --------------------------------------------------------------------- */

static bool give_price(const struct action *action, sluice_call *call, sluice_text name, sluice_text price) {
    char service_room[SERVICE_MOST];
    sluice_text id = place_service(name, service_room);
    sluice_service service = {.size = sizeof service, .id = id, .title = id, .price = price};
    if (id.ptr)
        action->host->service(call, &service);
    return id.ptr && text_equal(id, action->service);
}

/* The catalogue is what the pipeline says: its prices, and the service that it names. */
static int32_t tell_prices(const struct action *action, sluice_call *call) {
    bool own = !action->service.ptr;
    const sluice_pairs prices = action->settings->prices;
    for (uint64_t i = 0; i < prices.count; i++)
        if (prices.items[i].values.count == 1)
            own |= give_price(action, call, prices.items[i].key, prices.items[i].values.items[0]);
    if (!own)
        give_price(action, call, action->service, (sluice_text){NULL, 0});
    return SLUICE_END;
}

/* ---- build --------------------------------------------------------------------------------- */

static sluice_text order_id_of(const sluice_call *call) {
    const sluice_row *row = call->rows;
    int32_t at =
        call->row_count == 1 ? sluice_find_column(row->batch, "order_id", sizeof "order_id" - 1) : -1;
    return at < 0 ? (sluice_text){NULL, 0} : text_trim(row->batch->cells[at][row->row]);
}

/* One order is asked about by itself where that can be done, else looked for in the list. */
static struct orders_call *choose_orders(struct action *action, const sluice_call *call) {
    return call->row_count && action->order.target.method ? &action->order : &action->orders;
}

static int32_t build_page(struct action *action, const struct list *list, sluice_call *call,
                          sluice_request *request, sluice_error *error) {
    char number[PAGE_TEXT], since[MOMENT_ISO];
    struct scope scope = {.row = NULL};
    struct page *page = action->host->alloc(request->arena, sizeof *page);
    if (!page)
        return action->host->fail(error, SLUICE_E_IO, "out of memory");
    page_read(page, list, call->cookie);
    call->state = page; /* in the arena, which lives as long */
    page_name(page, &scope, number);
    moment_write(call->since_ms, since);
    scope_add(&scope, "since", text_of(since));
    scope_add(&scope, "order_id", order_id_of(call));
    return shape_build(&action->shape, list->target, page_path(page, &action->shape), &scope, request, error);
}

int32_t query_build(struct action *action, sluice_call *call, sluice_request *request, sluice_error *error) {
    const struct scope nothing = {.row = NULL};
    const struct list *list;
    switch (call->op) {
    case SLUICE_OP_SERVICES:
        if (!action->services.target.method)
            return tell_prices(action, call);
        return build_page(action, &action->services.list, call, request, error);
    case SLUICE_OP_BALANCE:
        if (!action->balance.target.method)
            return SLUICE_END;
        return shape_build(&action->shape, &action->balance.target, (sluice_text){NULL, 0}, &nothing, request,
                           error);
    case SLUICE_OP_SETTLE:
        list = &choose_orders(action, call)->list;
        if (!list->target)
            return action->host->fail(error, SLUICE_E_UNAVAILABLE, "the pipeline names no list of orders");
        return build_page(action, list, call, request, error);
    default:
        return action->host->fail(error, SLUICE_E_SOFTWARE, "this action has no op %u", call->op);
    }
}

/* ---- parse --------------------------------------------------------------------------------- */

struct reading {
    struct action *action;
    sluice_call *call;
    struct orders_call *orders;
    struct page *page;
    bool broken; /* something in the list isn't what was described */
};

static sluice_text member(struct reply *reply, sluice_text item, sluice_text pointer) {
    return pointer.ptr ? text_trim(reply_text(reply, pointer_find(item, pointer))) : (sluice_text){NULL, 0};
}

static void take_service(void *user, struct reply *reply, sluice_text item) {
    struct reading *reading = user;
    const struct services_call *services = &reading->action->services;
    char price_room[AMOUNT_TEXT], id_room[SERVICE_MOST];
    sluice_text price = member(reply, item, services->price);
    sluice_service service = {
        .size = sizeof service,
        .id = place_service(member(reply, item, services->id), id_room),
        .title = member(reply, item, services->title),
        .price = words_amount(reading->action->settings, price, price_room),
        .currency = member(reply, item, services->currency),
        .category = member(reply, item, services->category),
        .time = member(reply, item, services->time),
    };
    if (service.id.ptr)
        reading->action->host->service(reading->call, &service);
}

/* The times without a zone have all the same form: as texts they sort as times. */
static void keep_oldest(struct page *page, const struct moment *moment) {
    if (!page->oldest[0] || strcmp(moment->text, page->oldest) < 0)
        memcpy(page->oldest, moment->text, sizeof moment->text);
}

/* How an order stands as long as a check hasn't brought its result. */
static sluice_text status_of(const struct reading *reading, struct reply *reply, sluice_text item) {
    struct columns columns = {.settings = reading->action->settings};
    struct settings settings = *columns.settings;
    struct reply part = {.kind = REPLY_JSON, .root = item};
    if (!reading->orders->status.ptr)
        return TEXT("Pending");
    settings.status = reading->orders->status;
    columns.settings = &settings;
    sluice_text status = columns_status(&columns, &part);
    reply->failed |= part.failed;
    reply_free(&part);
    return text_is(status, "Pending") ? status : TEXT("In Process");
}

static void take_order(void *user, struct reply *reply, sluice_text item) {
    struct reading *reading = user;
    const struct orders_call *orders = reading->orders;
    char price_room[AMOUNT_TEXT], service_room[SERVICE_MOST];
    struct moment moment;
    sluice_text created = member(reply, item, orders->created), price = member(reply, item, orders->price);
    sluice_text wanted = order_id_of(reading->call), service = member(reply, item, orders->service);
    sluice_candidate candidate = {
        .size = sizeof candidate,
        .order_id = member(reply, item, orders->order_id),
        .identifier = member(reply, item, orders->imei),
        .service = service.len ? place_service(service, service_room) : (sluice_text){NULL, 0},
        .service_title = member(reply, item, orders->service_title),
        .client_ref = member(reply, item, orders->client_ref),
        .price = words_amount(reading->action->settings, price, price_room),
        .status = status_of(reading, reply, item),
    };
    if (wanted.len && !text_equal(wanted, candidate.order_id))
        return;
    if (!place_is_order_id(candidate.order_id)) {
        reading->broken = true;
        return;
    }
    if (moment_read(&moment, created)) {
        candidate.created = text_of(moment.text);
        candidate.created_ms = moment.ms;
        keep_oldest(reading->page, &moment);
    }
    reading->action->host->candidate(reading->call, &candidate);
}

static void say_listing(const struct reading *reading) {
    sluice_listing listing = {.size = sizeof listing, .complete = reading->orders->complete};
    if (reading->page->oldest[0])
        listing.oldest = text_of(reading->page->oldest);
    reading->action->host->listing(reading->call, &listing);
}

static int32_t parse_list(struct reading *reading, const struct list *list, struct reply *reply,
                          void (*each)(void *user, struct reply *reply, sluice_text item),
                          sluice_error *error) {
    const struct action *action = reading->action;
    uint64_t count;
    if (!list_each(list, reply, each, reading, &count))
        return action->host->fail(error, SLUICE_E_UNAVAILABLE, "the reply has no list at '%.*s'",
                                  TEXT_ARG(list->items));
    if (reply->failed)
        return action->host->fail(error, SLUICE_E_IO, "out of memory");
    if (reading->broken)
        return action->host->fail(error, SLUICE_E_UNAVAILABLE,
                                  "the reply lists an order without an order id at '%.*s'",
                                  TEXT_ARG(reading->orders->order_id));
    return list_go_on(list, &action->shape, reply, reading->call, reading->page, count, error);
}

static int32_t parse_orders(struct reading *reading, struct reply *reply, const sluice_reply *from,
                            sluice_error *error) {
    struct orders_call *orders = reading->orders = choose_orders(reading->action, reading->call);
    uint64_t count;
    int32_t more = 0;
    if (orders == &reading->action->order && (from->status == 404 || from->status == 410))
        return SLUICE_OK; /* there is no such order */
    int32_t failed = words_check(reading->action->host, reading->action->settings, reply, from, error);
    if (failed)
        return failed;
    if (orders == &reading->action->order && !orders->list.items.len)
        take_order(reading, reply, reply->root);
    else if (orders == &reading->action->order)
        list_each(&orders->list, reply, take_order, reading, &count);
    else
        more = parse_list(reading, &orders->list, reply, take_order, error);
    if (!more && orders == &reading->action->orders)
        say_listing(reading);
    return more < 0 ? more : SLUICE_OK;
}

static void take_balance(const struct action *action, sluice_call *call, struct reply *reply) {
    const struct balance_call *balance = &action->balance;
    char amount_room[AMOUNT_TEXT], currency_room[CURRENCY_TEXT];
    sluice_text amount = reply_at(reply, balance->amount), currency = balance->currency;
    if (currency.len && currency.ptr[0] == '/')
        currency = reply_at(reply, currency);
    if (!currency.len)
        currency = amount;
    action->host->balance(call, words_amount(action->settings, amount, amount_room),
                          currency.len ? amount_currency(currency, currency_room) : currency);
}

static int32_t parse_reply(struct reading *reading, struct reply *reply, const sluice_reply *from,
                           sluice_error *error) {
    struct action *action = reading->action;
    if (reading->call->op == SLUICE_OP_SETTLE)
        return parse_orders(reading, reply, from, error);
    int32_t failed = words_check(action->host, action->settings, reply, from, error);
    if (failed)
        return failed;
    if (reading->call->op == SLUICE_OP_BALANCE) {
        take_balance(action, reading->call, reply);
        return SLUICE_OK;
    }
    failed = parse_list(reading, &action->services.list, reply, take_service, error);
    return failed < 0 ? failed : SLUICE_OK;
}

int32_t query_parse(struct action *action, sluice_call *call, const sluice_reply *from, sluice_error *error) {
    struct reading reading = {.action = action, .call = call, .page = call->state};
    struct reply reply;
    reply_read(&reply, from->body);
    int32_t failed = parse_reply(&reading, &reply, from, error);
    reply_free(&reply);
    return failed;
}
