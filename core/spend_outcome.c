#include "spend_parts.h"

#include <string.h>

#include "clock.h"
#include "ledger_ahead.h"
#include "ledger_late.h"
#include "log.h"
#include "text.h"

enum { ORDER_ID, SERVICE_ID, SERVICE_NAME, CREDITS, ORDER_DATE, PROVIDER, ACCOUNT, CORE_COLUMNS };
static const char *const core_columns[] = {"order_id",   "service_id", "service_name", "credits",
                                           "order_date", "provider",   "account"};

int spend_name_columns(struct spend *spend, sluice_error *error) {
    const struct sluice_self *self = &spend->instance->self;
    uint32_t count = 0;
    if (spend->added_names)
        return 0;
    sluice_text *names = arena_array(&spend->catalogue.arena, ADDED_MOST, sizeof *names);
    if (!names)
        return fail_memory(error);
    for (; count < CORE_COLUMNS; count++)
        names[count] = text_of(core_columns[count]);
    for (uint32_t a = 0; a < self->adds_count; a++) {
        bool known = false;
        for (uint32_t i = 0; i < CORE_COLUMNS; i++)
            known |= text_is(self->adds[a], core_columns[i]);
        if (!known && count == ADDED_MOST)
            return fail(error, SLUICE_E_PLUGIN, "%s adds more than %d columns", spend->component->place,
                        ADDED_MOST);
        if (!known)
            names[count++] = self->adds[a];
    }
    spend->added_names = names;
    spend->added_count = count;
    return 0;
}

void spend_added_values(struct spend *spend, const struct result *result, sluice_text *values,
                        struct added_texts *texts) {
    const struct order *order = result->order;
    const struct sluice_self *self = &spend->instance->self;
    const struct verdict *verdict = call_verdict(&result->flight->call, result->index);
    values[ORDER_ID] = result->order_id;
    values[SERVICE_ID] = order->service->id;
    values[SERVICE_NAME] = order->service->title;
    values[CREDITS] = text_of(money_format(result->charged, texts->price));
    values[ORDER_DATE] = text_of(clock_format(order->sent_ms, texts->date));
    values[PROVIDER] = spend->maker.provider;
    values[ACCOUNT] = spend->maker.account;
    for (uint32_t i = CORE_COLUMNS; i < spend->added_count; i++)
        values[i] = (sluice_text){NULL, 0};
    for (uint32_t a = 0; verdict->values && a < self->adds_count; a++)
        for (uint32_t i = SERVICE_ID; verdict->values[a].ptr && i < spend->added_count; i++)
            if (text_equal(spend->added_names[i], self->adds[a]))
                values[i] = verdict->values[a];
}

/* What the reply says was charged; without a price in it, what the catalogue says. */
static money charged(const struct spend *spend, const struct result *result) {
    const struct verdict *verdict = call_verdict(&result->flight->call, result->index);
    money price;
    if (verdict->price.len && money_parse(verdict->price, &price) && price >= 0)
        return price;
    return order_price(&spend->maker, result->order);
}

/* An order that wasn't bought gives its price back, one that had another price is counted with that. */
static void count_in_caps(struct spend *spend, const struct result *result) {
    money price = order_price(&spend->maker, result->order);
    if (result->effect == EFFECT_PLACED)
        spend_count(spend, result->order, money_add(result->charged, -price));
    else if (result->effect != EFFECT_IN_DOUBT)
        spend_count(spend, result->order, -price);
}

int spend_apply(struct spend *spend, struct flight *flight, uint32_t index, sluice_error *error) {
    struct order *order = flight->orders[index];
    struct weight weight = weigh(flight, index);
    struct result *result = spend_add_result(spend, order, weight.effect);
    struct outcome outcome = {.transition = weight.transition,
                              .code = text_of(weight.code),
                              .reason = weight.reason,
                              .evidence = weight.reason,
                              .price = MONEY_NONE};
    sluice_text values[ADDED_MOST];
    struct added_texts texts;
    enum order_state became;
    result->flight = flight;
    result->index = index;
    result->code = weight.code;
    result->reason = weight.reason;
    if (weight.transition == T3) {
        result->order_id = outcome.order_id = call_verdict(&flight->call, index)->order_id;
        result->charged = outcome.price = charged(spend, result);
        spend_added_values(spend, result, values, &texts);
        outcome.added = (struct record){spend->added_names, values, spend->added_count};
    }
    int failed = ledger_outcome(spend->ledger, spend->run->id, order->id, &outcome, &became, error);
    if (failed)
        return failed;
    if (became == ORDER_EXISTS || became == ORDER_REFUNDED ||
        (became == ORDER_PLACED && weight.transition != T3)) {
        result->effect = EFFECT_DUPLICATE; /* another run took this one for dead, and has settled it */
    } else if (weight.transition == T3 && became != ORDER_PLACED && became != ORDER_IN_DOUBT) {
        result->effect = EFFECT_IN_DOUBT;
        result->code = "taken_for_dead";
        result->reason = TEXT("another run took this one for dead, and has closed the order");
        log_line(
            SLUICE_LOG_ERROR, spend->component->place, "paid, but not recorded: row %llu, %.*s, order %.*s",
            (unsigned long long)order_number(order), TEXT_ARG(order->identifier), TEXT_ARG(result->order_id));
    } else if (weight.transition == T3 && became != ORDER_PLACED) {
        result->effect = EFFECT_IN_DOUBT;
        result->code = "order_id_taken";
        result->reason = TEXT("the order id in the reply belongs to another order");
    } else if (weight.effect != EFFECT_IN_DOUBT && became == ORDER_IN_DOUBT) {
        result->effect = EFFECT_IN_DOUBT;
        result->code = "taken_for_dead";
        result->reason = TEXT("another run took this one for dead before the answer came");
        run_stop(spend->run, STOP_FAILED, ledger_is_far(spend->ledger) ? 75 : 74,
                 "another run took this one for dead; nothing more is ordered");
    }
    result->version = ledger_version(spend->ledger);
    count_in_caps(spend, result);
    return 0;
}

bool spend_keep_late(struct spend *spend, struct flight *flight, uint32_t index) {
    struct order *order = flight->orders[index];
    struct weight weight = weigh(flight, index);
    struct result result = {.order = order,
                            .flight = flight,
                            .index = index,
                            .order_id = call_verdict(&flight->call, index)->order_id};
    sluice_text values[ADDED_MOST];
    struct added_texts texts;
    sluice_error error = ERROR_INIT;
    if (weight.transition != T3 || !ledger_is_far(spend->ledger))
        return false;
    result.charged = charged(spend, &result);
    spend_added_values(spend, &result, values, &texts);
    const struct late late = {.order = order->id,
                              .order_id = result.order_id,
                              .evidence = weight.reason,
                              .price = result.charged,
                              .added = {spend->added_names, values, spend->added_count}};
    if (ledger_late_keep(spend->ledger, spend->run->id, &late, &error)) {
        log_line(SLUICE_LOG_ERROR, spend->component->place, "%s", error.text);
        return false;
    }
    log_line(SLUICE_LOG_WARN, spend->component->place,
             "paid, and kept in the state directory for the next run: row %llu, %.*s, order %.*s",
             (unsigned long long)order_number(order), TEXT_ARG(order->identifier), TEXT_ARG(result.order_id));
    return true;
}
