#include "spend_parts.h"

#include <string.h>

#include "clock.h"
#include "text.h"

static void doubt(struct outcome *out, struct result *result, const char *code, sluice_text why) {
    out->transition = T8;
    out->code = text_of(code);
    out->reason = out->evidence = why;
    result->effect = IN_DOUBT;
    result->code = code;
    result->reason = why;
}

static void settle_as(struct outcome *out, struct result *result, enum transition transition, enum effect effect,
                      const char *code, const struct verdict *verdict) {
    out->transition = transition;
    out->code = text_of(code);
    out->reason = out->evidence = verdict->text;
    result->effect = effect;
    result->code = code;
    result->reason = verdict->text;
}

static const char *code_or(struct order *order, const struct verdict *verdict, const char *other) {
    char *code = verdict->code.len ? arena_printf(&order->lot->arena, "%.*s", TEXT_ARG(verdict->code)) : NULL;
    return code ? code : other;
}

/* What the plugin read, weighed: only evidence that names this row, or an answer that is free for every
 * row of the call, takes an order out of doubt. */
static void weigh(struct spend *spend, struct flight *flight, uint32_t index, struct outcome *out, struct result *result) {
    const struct verdict *verdict = call_verdict(&flight->call, index);
    bool own = verdict != &flight->call.whole || flight->count == 1;
    (void)spend;
    if (verdict->twice) {
        doubt(out, result, "contradiction", TEXT("the reply says two different things about this identifier"));
    } else if (verdict->kind == SLUICE_PLACED && own && verdict->order_id.len) {
        settle_as(out, result, T3, PLACED, "", verdict);
        out->order_id = result->order_id = verdict->order_id;
    } else if (verdict->kind == SLUICE_DUPLICATE && own) {
        settle_as(out, result, T7, IN_DOUBT, "duplicate", verdict);
    } else if (verdict->kind == SLUICE_REJECTED && own) {
        settle_as(out, result, T6, REJECTED, code_or(result->order, verdict, "rejected"), verdict);
    } else if (verdict->kind == SLUICE_NO_CREDIT && flight->count == 1) {
        settle_as(out, result, T5, NOT_ATTEMPTED, "no_credit", verdict);
    } else if (verdict->kind == SLUICE_REFUSED_AUTH) {
        settle_as(out, result, T5, NOT_ATTEMPTED, "auth", verdict);
    } else if (verdict->kind == SLUICE_RETRY_LATER) {
        settle_as(out, result, T5, CLAIM_AGAIN, "retry_later", verdict);
    } else if (verdict->kind) {
        doubt(out, result, code_or(result->order, verdict, "unclear"), verdict->text);
    } else {
        doubt(out, result, "not_mentioned", TEXT("the reply doesn't mention this identifier"));
    }
}

static void judge(struct spend *spend, struct flight *flight, uint32_t index, struct outcome *out, struct result *result) {
    *out = (struct outcome){.price = MONEY_NONE};
    switch (flight->end) {
    case FLIGHT_UNSENT:
        out->transition = T4;
        out->code = TEXT("not_sent");
        out->reason = result->reason = text_of(flight->text);
        result->code = "not_sent";
        result->effect = flight->failure ? FAILED : CLAIM_AGAIN;
        break;
    case FLIGHT_RETURNED:
        out->transition = T4;
        out->code = TEXT("stopped");
        out->reason = result->reason = text_of(flight->text);
        result->effect = NOT_ATTEMPTED;
        break;
    case FLIGHT_DOUBT:
        doubt(out, result, "no_reply", text_of(flight->text));
        break;
    case FLIGHT_REPLIED:
        weigh(spend, flight, index, out, result);
        break;
    }
}

enum { ORDER_ID, SERVICE_ID, SERVICE_NAME, CREDITS, ORDER_DATE, PROVIDER, ACCOUNT, CORE_COLUMNS };
static const char *const core_columns[] = {"order_id", "service_id", "service_name", "credits",
                                           "order_date", "provider", "account"};

int spend_name_columns(struct spend *spend, sluice_error *error) {
    const char *const *adds = spend->component->type->adds;
    sluice_text *names = arena_array(&spend->catalogue.arena, ADDED_MOST, sizeof *names);
    uint32_t count = 0;
    if (!names)
        return fail_memory(error);
    for (; count < CORE_COLUMNS; count++)
        names[count] = text_of(core_columns[count]);
    for (; adds && *adds; adds++) {
        bool known = false;
        for (uint32_t i = 0; i < CORE_COLUMNS; i++)
            known |= strcmp(*adds, core_columns[i]) == 0;
        if (!known && count == ADDED_MOST)
            return fail(error, SLUICE_E_PLUGIN, "%s adds more than %d columns", spend->component->place, ADDED_MOST);
        if (!known)
            names[count++] = text_of(*adds);
    }
    spend->added_names = names;
    spend->added_count = count;
    return 0;
}

void spend_added_values(struct spend *spend, const struct result *result, sluice_text *values,
                        struct added_texts *texts) {
    const struct order *order = result->order;
    const char *const *adds = spend->component->type->adds;
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
    for (size_t a = 0; verdict->values && adds && adds[a]; a++)
        for (uint32_t i = SERVICE_ID; verdict->values[a].ptr && i < spend->added_count; i++)
            if (text_is(spend->added_names[i], adds[a]))
                values[i] = verdict->values[a];
}

int spend_apply(struct spend *spend, struct flight *flight, uint32_t index, sluice_error *error) {
    struct order *order = flight->orders[index];
    struct result *result = spend_add_result(spend, order, IN_DOUBT);
    struct outcome outcome;
    sluice_text values[ADDED_MOST];
    struct added_texts texts;
    enum order_state became;
    result->flight = flight;
    result->index = index;
    result->charged = order_price(&spend->maker, order);
    judge(spend, flight, index, &outcome, result);
    if (outcome.transition == T3) {
        money charged;
        const struct verdict *verdict = call_verdict(&flight->call, index);
        if (verdict->price.len && money_parse(verdict->price, &charged))
            outcome.price = result->charged = charged;
        spend_added_values(spend, result, values, &texts);
        outcome.added = (struct record){spend->added_names, values, spend->added_count};
    }
    int failed = ledger_outcome(spend->ledger, spend->run->id, order->id, &outcome, &became, error);
    if (!failed && outcome.transition == T3 && became != ORDER_PLACED) {
        result->effect = IN_DOUBT;
        result->code = "order_id_taken";
        result->reason = TEXT("the order id in the reply belongs to another order");
    }
    result->version = ledger_version(spend->ledger);
    return failed;
}

