#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "currency.h"
#include "text.h"

static struct order_refusal refusal(const char *code, sluice_text reason) {
    return (struct order_refusal){code, reason};
}

static sluice_text say(sluice_arena *arena, const char *format, sluice_text value) {
    char *text = arena_printf(arena, format, TEXT_ARG(value));
    return text_of(text ? text : "out of memory");
}

money order_price(const struct order_maker *maker, const struct order *order) {
    return order->service->price != MONEY_NONE ? order->service->price : maker->fixed_price;
}

/* 1, with the refusal: there is no such service. */
static int find_service(const struct order_maker *maker, struct lot *lot, struct order *order, sluice_text id,
                        struct order_refusal *out) {
    order->service = catalogue_find(maker->catalogue, id);
    if (order->service)
        return 0;
    *out = refusal("unknown_service",
                   say(&lot->arena, "the provider has no service '%.*s'; see 'sluice services'", id));
    return 1;
}

/* Of an order that the ledger knows the price is no concern any more. */
static void check_price(const struct order_maker *maker, struct lot *lot, struct order *order) {
    money price = order_price(maker, order);
    sluice_text id = order->service->id;
    if (price == MONEY_NONE)
        order->unpriced = refusal(
            "no_price",
            say(&lot->arena, "service '%.*s' has no price in the catalogue; nothing is bought unpriced", id));
    else if (currency_differs(order->service->currency, maker->currency))
        order->unpriced = refusal(
            "currency",
            say(&lot->arena, "the price of service '%.*s' isn't in the currency of this pipeline", id));
    else if (maker->max_price != MONEY_NONE && price > maker->max_price)
        order->unpriced =
            refusal("max_price", say(&lot->arena, "service '%.*s' costs more than spend.max_price", id));
}

/* Once more for the same would be paid twice, if it is the same. */
static int check_suspects(const struct order_maker *maker, struct lot *lot, struct order *order,
                          sluice_error *error) {
    const char *words;
    if (!maker->suspects)
        return 0;
    int failed = suspects_find(maker->suspects, maker->provider, maker->account, order->identifier,
                               &order->key, &words, error);
    if (!failed && words)
        order->unpriced =
            refusal("held", say(&lot->arena,
                                "may be ordered already: what service order %.*s is for can't be told; "
                                "--repeat orders it all the same",
                                text_of(words)));
    return failed;
}

/* 0, 1 with a refusal, or a failure of the whole run. */
static int make_order(const struct order_maker *maker, struct lot *lot, uint32_t row, struct order *order,
                      struct order_refusal *out, sluice_error *error) {
    sluice_identity identity = {.size = sizeof identity};
    sluice_row at = {&lot->batch->view, row, 0};
    int answer = maker->instance->type->exchanger->identity(maker->instance->handle, &at, &lot->arena,
                                                            &identity, error);
    if (answer < 0 || answer > 1)
        return fail_callback(error, answer, "identity");
    if (answer) {
        char *code = arena_printf(&lot->arena, "%.*s", TEXT_ARG(identity.code));
        *out = refusal(code ? code : "invalid", identity.reason);
        return 1;
    }
    if (!identity.identifier.len) {
        *out = refusal("empty", TEXT("there is no identifier in this row"));
        return 1;
    }
    *order = (struct order){
        .lot = lot, .row = row, .identifier = identity.identifier, .parameters = identity.parameters};
    answer = find_service(maker, lot, order, identity.service, out);
    if (answer)
        return answer;
    check_price(maker, lot, order);
    answer = order_key_make(&order->key, maker->provider, maker->account, order->service->id,
                            identity.identifier, error);
    return answer ? answer : check_suspects(maker, lot, order, error);
}

struct lot *lot_make(const struct order_maker *maker, struct batch *batch,
                     void (*refuse)(void *user, const struct batch *batch, uint32_t row,
                                    const struct order_refusal *refusal),
                     void *user, sluice_error *error) {
    struct lot *lot = calloc(1, sizeof *lot);
    error->code = 0;
    if (!lot) {
        batch_unref(batch);
        fail_memory(error);
        return NULL;
    }
    lot->batch = batch;
    lot->orders = arena_array(&lot->arena, batch->view.selected + 1, sizeof *lot->orders);
    if (!lot->orders)
        fail_memory(error);
    for (uint32_t i = 0; !error->code && i < batch->view.selected; i++) {
        uint32_t row = sluice_selected(&batch->view, i);
        struct order_refusal why = {0};
        int answer = make_order(maker, lot, row, &lot->orders[lot->count], &why, error);
        if (answer == 0)
            lot->count++;
        else if (answer > 0)
            refuse(user, batch, row, &why);
        else
            error->code = answer;
    }
    lot->open = lot->count;
    if (!lot->count || error->code) {
        lot_free(lot);
        return NULL;
    }
    return lot;
}

void lot_free(struct lot *lot) {
    batch_unref(lot->batch);
    arena_free(&lot->arena);
    free(lot);
}

void order_close(struct order *order) {
    struct lot *lot = order->lot;
    if (--lot->open == 0)
        lot_free(lot);
}

uint64_t order_number(const struct order *order) {
    return order->lot->batch->view.numbers[order->row];
}

struct flight *flight_new(uint32_t rows) {
    struct flight *flight = calloc(1, sizeof *flight);
    if (!flight)
        return NULL;
    flight->orders = calloc(rows, sizeof *flight->orders);
    flight->rows = calloc(rows, sizeof *flight->rows);
    flight->room = rows;
    if (!flight->orders || !flight->rows) {
        flight_free(flight);
        return NULL;
    }
    return flight;
}

void flight_free(struct flight *flight) {
    if (!flight)
        return;
    call_free(&flight->call);
    free(flight->orders);
    free(flight->rows);
    free(flight);
}
