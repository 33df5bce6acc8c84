#include "estimate.h"

#include <stdlib.h>
#include <string.h>

#include "ledger_ahead.h"

enum { SEEN_MOST = 512 * 1024 }; /* identifiers that are told apart: 8 MiB */

static bool insert(uint64_t *table, size_t room, uint64_t key) {
    size_t at = key & (room - 1);
    while (table[at] && table[at] != key)
        at = (at + 1) & (room - 1);
    bool fresh = !table[at];
    table[at] = key;
    return fresh;
}

static bool grow(struct estimate *estimate) {
    size_t room = estimate->seen_room ? estimate->seen_room * 2 : 4096;
    uint64_t *table = calloc(room, sizeof *table);
    if (!table)
        return false;
    for (size_t i = 0; i < estimate->seen_room; i++)
        if (estimate->seen[i])
            insert(table, room, estimate->seen[i]);
    free(estimate->seen);
    estimate->seen = table;
    estimate->seen_room = room;
    return true;
}

/* Did this key not come before? Past the limit every key counts as new, and the sums say "at most". */
static bool is_new(struct estimate *estimate, const struct order_key *key) {
    uint64_t word;
    memcpy(&word, key->bytes, sizeof word);
    word |= 1; /* 0 marks a free place */
    if (estimate->seen_count >= SEEN_MOST)
        estimate->at_most = true;
    else if (2 * estimate->seen_count >= estimate->seen_room && !grow(estimate))
        estimate->at_most = true;
    if (estimate->at_most)
        return true;
    bool fresh = insert(estimate->seen, estimate->seen_room, word);
    estimate->seen_count += fresh;
    return fresh;
}

static struct service_estimate *service_of(struct estimate *estimate, const struct order_maker *maker,
                                           const struct order *order) {
    size_t at = 0;
    while (at < estimate->service_count && estimate->services[at].service != order->service)
        at++;
    if (at == estimate->service_room) {
        size_t room = estimate->service_room ? estimate->service_room * 2 : 16;
        struct service_estimate *more = realloc(estimate->services, room * sizeof *more);
        if (!more)
            return NULL;
        estimate->services = more;
        estimate->service_room = room;
    }
    struct service_estimate *service = &estimate->services[at];
    if (at == estimate->service_count) {
        *service = (struct service_estimate){.service = order->service, .price = order_price(maker, order)};
        estimate->service_count++;
    }
    return service;
}

/* The rule that stops the run before this order; NULL: it is placed. */
static const char *stopper(const struct estimate *estimate, money price) {
    const char *rule = estimate->barred ? estimate->barred
                       : estimate->cap  ? cap_forbids(estimate->cap, price)
                                        : NULL;
    bool known = estimate->cap && estimate->credit != MONEY_NONE;
    if (!rule && known && money_add(estimate->spent, price) > estimate->credit)
        return "balance";
    return rule;
}

/* The run ends at the first order that it may not buy; what is behind it isn't tried. */
static void count_placed(struct estimate *estimate, struct service_estimate *service,
                         const struct order *order) {
    const char *rule = estimate->stopped_by ? estimate->stopped_by : stopper(estimate, service->price);
    if (rule && !estimate->stopped_by)
        estimate->stopped_row = order_number(order);
    estimate->stopped_by = rule;
    if (rule)
        return;
    if (estimate->cap)
        cap_count(estimate->cap, service->price);
    service->placed++;
    service->spent = money_add(service->spent, service->price);
    estimate->placed++;
    estimate->spent = money_add(estimate->spent, service->price);
}

static void count_new(struct estimate *estimate, struct service_estimate *service, const struct order *order,
                      bool repeats) {
    if (order->unpriced.code) {
        estimate->rejected++;
        service->rejected++;
        return;
    }
    service->orders++;
    service->repeats += repeats;
    service->cost = money_add(service->cost, service->price);
    estimate->orders++;
    estimate->repeats += repeats;
    estimate->cost = money_add(estimate->cost, service->price);
    count_placed(estimate, service, order);
}

static void count_known(struct estimate *estimate, struct service_estimate *service,
                        const struct claim *claim) {
    estimate->duplicate++;
    service->known++;
    if (claim->ordered_ms < service->newest_ms)
        return;
    service->newest_ms = claim->ordered_ms;
    memcpy(service->newest, claim->order_id, sizeof service->newest);
}

/* A run that died closes nothing any more: what it was sending is in doubt as soon as one looks after it. */
static int look_after(struct estimate *estimate, struct ledger *ledger, struct claim *claim,
                      sluice_error *error) {
    int failed = 0;
    if (claim->answer != ANSWER_LIVE || estimate->run)
        return 0;
    if (estimate->looked_run != claim->run)
        failed = ledger_run_alive(ledger, claim->run, &estimate->looked_alive, error);
    estimate->looked_run = failed ? 0 : claim->run;
    if (!failed && !estimate->looked_alive)
        claim->answer = claim->state == ORDER_SENDING ? ANSWER_IN_DOUBT : ANSWER_CLAIMED;
    return failed;
}

static int look(struct estimate *estimate, struct ledger *ledger, const struct order *order,
                struct claim *claim, sluice_error *error) {
    *claim = (struct claim){.answer = ANSWER_CLAIMED};
    int failed =
        ledger ? ledger_look(ledger, estimate->run, &order->key, order->parameters, claim, error) : 0;
    if (!failed)
        failed = look_after(estimate, ledger, claim, error);
    if (!failed && estimate->foresight)
        foresight_apply(estimate->foresight, &order->key, claim);
    return failed;
}

static int count_order(struct estimate *estimate, const struct order_maker *maker, struct ledger *ledger,
                       const struct order *order, sluice_error *error) {
    struct claim claim;
    if (!is_new(estimate, &order->key)) {
        estimate->duplicate++;
        estimate->twice++;
        return 0;
    }
    int failed = look(estimate, ledger, order, &claim, error);
    struct service_estimate *service = failed ? NULL : service_of(estimate, maker, order);
    if (!service)
        return failed ? failed : fail_memory(error);
    if (ledger_repeats(estimate->repeat, estimate->run, &claim)) {
        count_new(estimate, service, order, true);
        return 0;
    }
    switch (claim.answer) {
    case ANSWER_CLAIMED:
        count_new(estimate, service, order, false);
        break;
    case ANSWER_DUPLICATE:
        count_known(estimate, service, &claim);
        break;
    case ANSWER_IN_DOUBT:
        estimate->in_doubt++;
        service->in_doubt++;
        break;
    case ANSWER_LIVE:
        estimate->skipped++;
        service->skipped++;
        break;
    case ANSWER_REJECTED:
    case ANSWER_DIFFERS:
        estimate->rejected++;
        service->rejected++;
        break;
    }
    return 0;
}

static void refuse(void *user, const struct batch *batch, uint32_t row, const struct order_refusal *refusal) {
    struct estimate *estimate = user;
    (void)batch, (void)row, (void)refusal;
    estimate->rejected++;
}

int estimate_batch(struct estimate *estimate, const struct order_maker *maker, struct ledger *ledger,
                   struct batch *batch, sluice_error *error) {
    struct lot *lot = lot_make(maker, batch, refuse, estimate, error);
    int failed = error->code;
    if (!lot)
        return failed;
    failed = ledger ? ledger_read_begin(ledger, error) : 0;
    for (uint32_t i = 0; !failed && ledger && i < lot->count; i++)
        ledger_expect_key(ledger, &lot->orders[i].key);
    if (!failed && ledger)
        failed = ledger_ask_ahead(ledger, error);
    for (uint32_t i = 0; !failed && i < lot->count; i++)
        failed = count_order(estimate, maker, ledger, &lot->orders[i], error);
    if (ledger)
        ledger_read_end(ledger);
    lot_free(lot);
    return failed;
}

size_t estimate_ordered(const struct estimate *estimate) {
    size_t count = 0;
    for (size_t i = 0; i < estimate->service_count; i++)
        count += estimate->services[i].orders > 0;
    return count;
}

void estimate_end(struct estimate *estimate) {
    free(estimate->seen);
    estimate->seen = NULL;
    estimate->seen_room = 0;
}

void estimate_free(struct estimate *estimate) {
    estimate_end(estimate);
    free(estimate->services);
    *estimate = (struct estimate){0};
}
