/* sandbox_orders.c - the books, whichever API they are kept for. */
#include <stdio.h>
#include <stdlib.h>

#include <sluice/amount.h>
#include <sluice/text.h>

#include "sandbox.h"

enum { FIRST_ID = 5000001, KEY_TEXT = 128, DAY_MS = 24 * 3600 * 1000 };

const struct sandbox_service sandbox_services[] = {{"12", "Apple Basic Info", "0.08", true},
                                                   {"1739", "iPhone Carrier & FMI Check", "0.08", true},
                                                   {"3", "Apple Full GSX", "1.50", true},
                                                   {"30", "Samsung Info", "0.10", true},
                                                   {"90", "Blacklist Status, free", "0", true},
                                                   {"99", "Retired", "0.20", false},
                                                   {NULL, NULL, NULL, false}};

/* ---- the books ---------------------------------------------------------------------------- */

static sluice_text order_key(char room[KEY_TEXT], int64_t id) {
    return (sluice_text){room, (uint64_t)snprintf(room, KEY_TEXT, "o:%lld", (long long)id)};
}

static sluice_text duplicate_key(char room[KEY_TEXT], const char *service, sluice_text imei) {
    return (sluice_text){room, (uint64_t)snprintf(room, KEY_TEXT, "d:%s:%.*s", service, TEXT_ARG(imei))};
}

static bool read_order(sluice_text key, sluice_text value, struct sandbox_order *order) {
    char line[2 * KEY_TEXT];
    long long id, placed, price;
    if (key.len + value.len + 2 > sizeof line)
        return false;
    snprintf(line, sizeof line, "%.*s %.*s", TEXT_ARG(key), TEXT_ARG(value));
    if (sscanf(line, "o:%lld %39s %23s %lld %lld", &id, order->imei, order->service, &placed, &price) != 5)
        return false;
    order->id = id;
    order->placed_ms = placed;
    order->price = price;
    return true;
}

static int32_t load_order(void *user, sluice_text key, sluice_text value) {
    struct sandbox *sandbox = user;
    struct sandbox_order order;
    if (read_order(key, value, &order)) {
        if (order.id >= sandbox->next_id)
            sandbox->next_id = order.id + 1;
        sandbox->balance -= order.price;
    }
    return 0;
}

void sandbox_load(struct sandbox *sandbox) {
    sandbox->next_id = FIRST_ID;
    sandbox->balance = amount_micros(sandbox->settings->credit);
    sandbox->host->recall_all(sandbox->self, TEXT("o:"), load_order, sandbox);
    sandbox->loaded = true;
}

/* One check in sixteen has no result; sickw-like servers answer at once. */
enum sandbox_state sandbox_state(const struct sandbox *sandbox, const struct sandbox_order *order) {
    int64_t age = sandbox->host->now_ms() - order->placed_ms, whole = sandbox->settings->complete_after;
    if (sandbox->settings->api == API_SICKW)
        return ORDER_SUCCESSFUL;
    if (age < whole)
        return age < whole / 2 ? ORDER_WAITING : ORDER_PROCESSING;
    return strtoull(order->imei, NULL, 10) / 10 % 16 == 7 ? ORDER_UNSUCCESSFUL : ORDER_SUCCESSFUL;
}

struct refund {
    const struct sandbox *sandbox;
    int64_t sum;
};

static int32_t add_refund(void *user, sluice_text key, sluice_text value) {
    struct refund *refund = user;
    struct sandbox_order order;
    if (read_order(key, value, &order) && sandbox_state(refund->sandbox, &order) == ORDER_UNSUCCESSFUL)
        refund->sum += order.price;
    return 0;
}

int64_t sandbox_credit(struct sandbox *sandbox) {
    struct refund refund = {.sandbox = sandbox};
    sandbox->host->recall_all(sandbox->self, TEXT("o:"), add_refund, &refund);
    return sandbox->balance + refund.sum;
}

static void enter(struct sandbox *sandbox, struct sandbox_order *order) {
    char key[KEY_TEXT], value[KEY_TEXT];
    order->id = sandbox->next_id++;
    int length = snprintf(value, sizeof value, "%s %s %lld %lld", order->imei, order->service,
                          (long long)order->placed_ms, (long long)order->price);
    sandbox->host->remember(sandbox->self, order_key(key, order->id), (sluice_text){value, (uint64_t)length});
    length = snprintf(value, sizeof value, "%lld", (long long)order->id);
    sandbox->host->remember(sandbox->self, duplicate_key(key, order->service, text_of(order->imei)),
                            (sluice_text){value, (uint64_t)length});
    sandbox->balance -= order->price;
}

bool sandbox_find(const struct sandbox *sandbox, sluice_arena *arena, sluice_text id,
                  struct sandbox_order *order) {
    char digits[24], room[KEY_TEXT];
    sluice_text value;
    snprintf(digits, sizeof digits, "%.*s", id.len < 20 ? (int)id.len : 20, id.len ? id.ptr : "");
    sluice_text key = order_key(room, strtoll(digits, NULL, 10));
    return sandbox->host->recall(sandbox->self, key, arena, &value) && read_order(key, value, order);
}

/* The faults of a list: orders that are shown late, and no more than so many. */
int64_t sandbox_each(struct sandbox *sandbox, sluice_arena *arena, int64_t from,
                     int (*each)(struct sandbox *sandbox, const struct sandbox_order *order, void *user),
                     void *user) {
    const sluice_host *host = sandbox->host;
    bool late = host->flag(sandbox->self, "list-late"), cut = host->flag(sandbox->self, "list-depth");
    int64_t depth = cut ? host->flag_value(sandbox->self, "list-depth") : INT64_MAX;
    int64_t until = host->now_ms() - (late ? host->flag_value(sandbox->self, "list-late") : 0);
    struct sandbox_order order;
    char room[KEY_TEXT];
    int64_t count = 0;
    int stopped = 0;
    for (int64_t id = sandbox->next_id - 1; id >= FIRST_ID && count < depth; id--) {
        sluice_text value, key = order_key(room, id);
        if (!host->recall(sandbox->self, key, arena, &value) || !read_order(key, value, &order) ||
            order.placed_ms > until)
            continue;
        if (count++ >= from && !stopped)
            stopped = each(sandbox, &order, user);
    }
    return count;
}

/* ---- placing ------------------------------------------------------------------------------- */

static bool is_imei(sluice_text imei) {
    unsigned sum = 0;
    if (imei.len != 15)
        return false;
    for (unsigned i = 0; i < 15; i++) {
        if (!text_is_digit(imei.ptr[i]))
            return false;
        unsigned digit = (unsigned)(imei.ptr[i] - '0') << (i % 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static const struct sandbox_service *find_service(sluice_text id) {
    const struct sandbox_service *service = sandbox_services;
    while (service->id && !text_is(id, service->id))
        service++;
    return service->id && service->active ? service : NULL;
}

const struct sandbox_service *sandbox_service_of(const struct sandbox_order *order) {
    const struct sandbox_service *service = find_service(text_of(order->service));
    return service ? service : sandbox_services;
}

static bool is_duplicate(struct sandbox *sandbox, sluice_arena *arena, struct sandbox_order *order) {
    const sluice_host *host = sandbox->host;
    char key[KEY_TEXT];
    sluice_text value;
    bool fault = host->flag(sandbox->self, "duplicate"), always = host->flag(sandbox->self, "charge-always");
    bool known =
        host->recall(sandbox->self, duplicate_key(key, order->service, text_of(order->imei)), arena, &value);
    if (fault && !known) { /* somebody ordered it yesterday, on the same account */
        struct sandbox_order other = *order;
        other.placed_ms -= DAY_MS;
        other.price = 0;
        enter(sandbox, &other);
    }
    return fault || (known && !always);
}

bool sandbox_refuses_key(const struct sandbox *sandbox, sluice_text key) {
    return !text_equal(key, sandbox->settings->api_key);
}

enum sandbox_refusal sandbox_place(struct sandbox *sandbox, sluice_arena *arena, sluice_text service,
                                   sluice_text imei, struct sandbox_order *order) {
    const sluice_host *host = sandbox->host;
    const struct sandbox_service *found = find_service(service);
    char amount[AMOUNT_TEXT];
    if (host->flag(sandbox->self, "maintenance"))
        return REFUSED_MAINTENANCE;
    if (host->flag(sandbox->self, "auth"))
        return REFUSED_AUTH;
    if (!found)
        return REFUSED_SERVICE;
    if (!is_imei(imei))
        return REFUSED_IMEI;
    *order =
        (struct sandbox_order){.placed_ms = host->now_ms(), .price = amount_micros(text_of(found->price))};
    snprintf(order->imei, sizeof order->imei, "%.*s", TEXT_ARG(imei));
    snprintf(order->service, sizeof order->service, "%s", found->id);
    if (is_duplicate(sandbox, arena, order))
        return REFUSED_DUPLICATE;
    if (host->flag(sandbox->self, "price-change"))
        order->price += order->price * host->flag_value(sandbox->self, "price-change") / 100;
    if (host->flag(sandbox->self, "no-credit") ||
        (order->price > sandbox->balance && order->price > sandbox_credit(sandbox)))
        return REFUSED_CREDIT;
    enter(sandbox, order);
    host->charged(sandbox->self, imei, text_of(found->id), text_of(amount_format(order->price, amount)));
    if (host->flag(sandbox->self, "foreign-order")) { /* answered with somebody else's */
        order->id = FIRST_ID - 1;
        snprintf(order->imei, sizeof order->imei, "008600000000017");
    }
    return REFUSED_NOT;
}
