#include "spend_parts.h"

#include <stdlib.h>

#include "clock.h"
#include "text.h"

void spend_claim_later(struct spend *spend, struct order *order) {
    order->next = NULL;
    *spend->again_last = order;
    spend->again_last = &order->next;
    spend->waiting++;
}

static struct order *pop_again(struct spend *spend) {
    struct order *order = spend->again;
    if (!order || order->not_before_us > clock_us())
        return NULL;
    spend->again = order->next;
    if (!spend->again)
        spend->again_last = &spend->again;
    spend->waiting--;
    return order;
}

static bool next_lot(struct spend *spend) {
    pthread_mutex_lock(&spend->lock);
    spend->lot = spend->lots;
    spend->lot_next = 0;
    if (spend->lot) {
        spend->lots = spend->lot->next;
        if (!spend->lots)
            spend->lots_last = &spend->lots;
        spend->lot_count--;
        pthread_cond_signal(&spend->space);
    }
    pthread_mutex_unlock(&spend->lock);
    return spend->lot != NULL;
}

/* The next order to claim: one that was released before, else the next of the lots. */
struct order *spend_next_order(struct spend *spend) {
    struct order *order = pop_again(spend);
    if (order)
        return order;
    if (!spend->lot && !next_lot(spend))
        return NULL;
    order = &spend->lot->orders[spend->lot_next++];
    spend->taken++;
    if (spend->lot_next == spend->lot->count)
        spend->lot = NULL; /* its orders keep it alive */
    return order;
}

/* An order that wasn't claimed after all goes back to where it is taken from first. */
void spend_put_back(struct spend *spend, struct order *order) {
    order->next = spend->again;
    order->not_before_us = 0;
    spend->again = order;
    if (!order->next)
        spend->again_last = &order->next;
    spend->waiting++;
}

static struct run_asker asker_of(const struct spend *spend, const struct order *order) {
    const struct run_watch *watch = spend->run->watch;
    return watch ? watch->asker(watch->user, order_number(order))
                 : (struct run_asker){.max_price = MONEY_NONE};
}

/* What the run may order again; whoever asks for a record may have a wish of their own. */
static struct repeat repeat_of(const struct spend *spend, const struct run_asker *asker) {
    struct repeat repeat = spend->repeat;
    if (asker->again) {
        repeat.asked = true;
        repeat.before_ms = asker->before_ms;
    }
    return repeat;
}

/* T1 and T2 in one: both become durable with the turn, before the call is handed to the sender. */
static int claim(struct spend *spend, struct order *order, int64_t call, struct claim *answer,
                 sluice_error *error) {
    sluice_text values[BATCH_COLUMNS];
    const struct batch *batch = order->lot->batch;
    batch_row(&batch->view, order->row, values);
    const struct run_asker asker = asker_of(spend, order);
    const struct repeat repeat = repeat_of(spend, &asker);
    struct intent intent = {
        .key = order->key,
        .provider = spend->maker.provider,
        .account = spend->maker.account,
        .service = order->service->id,
        .identifier = order->identifier,
        .parameters = order->parameters,
        .price = order_price(&spend->maker, order),
        .currency = spend->currency,
        .quarter = spend->quarter,
        .row = order_number(order),
        .call = call,
        .sent_ms = order->sent_ms = clock_wall_ms(),
        .record = {batch->view.names, values, batch->view.column_count},
        .repeat = &repeat,
        .asker = asker.name,
    };
    return ledger_claim(spend->ledger, spend->run->id, &intent, answer, error);
}

void spend_count(struct spend *spend, const struct order *order, money price) {
    const struct run_watch *watch = spend->run->watch;
    cap_count(&spend->cap, price);
    if (watch)
        watch->count(watch->user, order_number(order), price);
}

/* Before a crash it was bought, or perhaps, for this very row, whose asker wasn't told: nor was it counted.
 */
static void count_answer(struct spend *spend, const struct order *order, const struct result *result) {
    const struct run_watch *watch = spend->run->watch;
    bool own = result->effect == EFFECT_DUPLICATE && result->own_row == order_number(order);
    if (watch && (own || result->effect == EFFECT_WAS_IN_DOUBT))
        watch->count(watch->user, order_number(order), order_price(&spend->maker, order));
}

static void record_answer(struct spend *spend, struct order *order, const struct claim *answer) {
    bool ours = answer->run == spend->run->id;
    struct result *result = spend_add_result(spend, order, weigh_answer(answer->answer, ours));
    bool bought = answer->own && answer->own != ORDER_EXISTS;
    result->own_row = bought ? answer->row : 0;
    result->order_id = arena_copy(&order->lot->arena, text_of(answer->order_id));
    result->reason = arena_copy(&order->lot->arena, text_of(answer->reason));
    if (result->effect == EFFECT_LIVE)
        result->reason = text_of(arena_printf(&order->lot->arena, "run %lld has it", (long long)answer->run));
    order->id = answer->order;
    count_answer(spend, order, result);
}

int spend_look_day(struct spend *spend, int32_t *quarter, money *counted, sluice_error *error) {
    int32_t clock_quarter = (int32_t)(clock_wall_ms() / ZONE_QUARTER_MS);
    struct zone_span *today = &spend->today;
    int failed = ledger_now(spend->ledger, clock_quarter, quarter, error);
    if (failed || spend->cap.max_day == MONEY_NONE)
        return failed;
    if (*quarter < today->first || *quarter > today->last || !today->last)
        *today = zone_day_span(spend->zone, *quarter);
    return ledger_day_counted(spend->ledger, spend->maker.provider, spend->maker.account, *today, counted,
                              error);
}

/* The day's sum is read anew in each turn, inside its transaction: other processes spend, too. */
static int read_day(struct spend *spend, sluice_error *error) {
    return spend_look_day(spend, &spend->quarter, &spend->cap.day, error);
}

/* Once seen it holds for the rest of the run: nobody was asked whether to go on. */
static int read_pause(struct spend *spend, sluice_error *error) {
    return spend->pause.since_ms ? 0 : ledger_paused(spend->ledger, &spend->pause, error);
}

static struct flight *take_flight(struct spend *spend) {
    struct flight *flight = spend->spare;
    if (flight)
        spend->spare = flight->next;
    else if (!(flight = flight_new(spend_list(spend))))
        return NULL;
    flight->next = NULL;
    flight->count = 0;
    flight->failure = 0;
    return flight;
}

/* The flight of this turn that the order can board: one call is of one service. */
static struct flight *boarding(struct spend *spend, const struct order *order, sluice_error *error) {
    struct flight *flight = spend->boarding[order->service->index];
    if (flight && flight->count < spend_list(spend))
        return flight;
    flight = take_flight(spend);
    if (!flight) {
        fail_memory(error);
        return NULL;
    }
    flight->number = ++spend->calls;
    spend->boarding[order->service->index] = flight;
    return flight;
}

static void board(struct spend *spend, struct flight *flight, struct order *order) {
    if (!flight->count) {
        *spend->flights_last = flight;
        spend->flights_last = &flight->next;
    }
    flight->rows[flight->count] = (sluice_row){&order->lot->batch->view, order->row, 0};
    flight->orders[flight->count++] = order;
    spend_count(spend, order, order_price(&spend->maker, order));
}

/* A flight that nobody boarded isn't in the chain: keep it for the next turn. */
static void close_gates(struct spend *spend) {
    for (size_t i = 0; i < spend->catalogue.count; i++) {
        struct flight *flight = spend->boarding[i];
        if (flight && !flight->count) {
            flight->next = spend->spare;
            spend->spare = flight;
        }
        spend->boarding[i] = NULL;
    }
}

static int claim_one(struct spend *spend, struct order *order, bool *claimed, sluice_error *error) {
    struct claim answer = {0};
    struct flight *flight = boarding(spend, order, error);
    int failed = flight ? claim(spend, order, flight->number, &answer, error) : error->code;
    *claimed = !failed && answer.answer == ANSWER_CLAIMED;
    if (failed) {
        spend_put_back(spend, order);
    } else if (*claimed) {
        order->id = answer.order;
        order->gen = answer.gen;
        board(spend, flight, order);
    } else {
        record_answer(spend, order, &answer);
    }
    return failed;
}

/* One that the ledger knows costs nothing and is answered, whatever may be bought: so that the same input
 * twice ends as it did the first time. */
static int answer_known(struct spend *spend, struct order *order, bool *known, sluice_error *error) {
    struct claim answer = {0};
    const struct run_asker asker = asker_of(spend, order);
    const struct repeat repeat = repeat_of(spend, &asker);
    int failed = ledger_look(spend->ledger, spend->run->id, &order->key, order->parameters, &answer, error);
    if (!failed && answer.answer != ANSWER_CLAIMED)
        failed = ledger_look_asker(spend->ledger, &order->key, asker.name, &answer, error);
    *known = !failed && answer.answer != ANSWER_CLAIMED && !ledger_repeats(&repeat, spend->run->id, &answer);
    if (*known)
        record_answer(spend, order, &answer);
    return failed;
}

/* A new order may not be bought. `rule`: the cap that is reached. There the calls in flight are waited for: a
 * rejection gives its price back. */
static int refuse_new(struct spend *spend, struct order *order, const char *rule, sluice_error *error) {
    bool known;
    int failed = answer_known(spend, order, &known, error);
    if (known)
        return 0;
    if (failed || !order->unpriced.code) {
        spend->at_cap = rule;
        spend_put_back(spend, order);
    } else {
        struct result *result = spend_add_result(spend, order, EFFECT_REJECTED);
        result->code = order->unpriced.code;
        result->reason = order->unpriced.reason;
    }
    return failed;
}

/* Whoever asks for it has spent what one may: that is this order's end, and nobody else's. */
static bool is_over_share(const struct spend *spend, const struct order *order) {
    const struct run_watch *watch = spend->run->watch;
    if (!watch || spend->max_share == MONEY_NONE || order->unpriced.code)
        return false;
    money price = order_price(&spend->maker, order);
    return money_add(watch->count(watch->user, order_number(order), 0), price) > spend->max_share;
}

/* The price is the run's; whoever asks may have seen an older one. */
static bool is_too_dear(const struct spend *spend, const struct order *order) {
    money most = order->unpriced.code ? MONEY_NONE : asker_of(spend, order).max_price;
    return most != MONEY_NONE && order_price(&spend->maker, order) > most;
}

static sluice_text say_too_dear(const struct spend *spend, struct order *order) {
    char price[MONEY_TEXT], most[MONEY_TEXT];
    return text_of(arena_printf(&order->lot->arena, "costs %s now, %s was agreed to",
                                money_format(order_price(&spend->maker, order), price),
                                money_format(asker_of(spend, order).max_price, most)));
}

static sluice_text say_over_share(const struct spend *spend, struct order *order) {
    char most[MONEY_TEXT];
    return text_of(arena_printf(&order->lot->arena, "one job may spend %s (max_run), and it has",
                                money_format(spend->max_share, most)));
}

/* It is left out, unless it was bought before. */
static int leave_out(struct spend *spend, struct order *order, bool dear, sluice_error *error) {
    bool known;
    int failed = answer_known(spend, order, &known, error);
    if (failed) {
        spend_put_back(spend, order);
    } else if (!known) {
        struct result *result = spend_add_result(spend, order, EFFECT_LEFT_OUT);
        result->code = dear ? "max_price" : "max_run";
        result->reason = dear ? say_too_dear(spend, order) : say_over_share(spend, order);
    }
    return failed;
}

static int try_one(struct spend *spend, struct order *order, const char *rule, bool *claimed,
                   sluice_error *error) {
    if (rule)
        return refuse_new(spend, order, rule, error);
    bool dear = is_too_dear(spend, order);
    return dear || is_over_share(spend, order) ? leave_out(spend, order, dear, error)
                                               : claim_one(spend, order, claimed, error);
}

/* The rule that forbids to buy the order now; NULL: it may be bought. */
static const char *forbids(const struct spend *spend, const struct order *order) {
    if (order->unpriced.code)
        return order->unpriced.code;
    if (spend->pause.since_ms)
        return "pause";
    if (spend_is_doubtful(spend))
        return spend_doubts_rule;
    return cap_forbids(&spend->cap, order_price(&spend->maker, order));
}

int spend_claim(struct spend *spend, uint64_t most, struct flight **flights, uint64_t *count,
                sluice_error *error) {
    struct order *order;
    *flights = NULL;
    spend->flights_last = flights;
    spend->at_cap = NULL;
    int failed = read_day(spend, error);
    if (!failed)
        failed = spend_read_reserve(spend, error);
    if (!failed)
        failed = read_pause(spend, error);
    uint64_t looked = 0;
    for (; !failed && !spend->at_cap && *count < most && looked < spend->looks; looked++) {
        bool claimed = false;
        if (!(order = spend_next_order(spend)))
            break;
        failed = try_one(spend, order, forbids(spend, order), &claimed, error);
        *count += claimed;
    }
    spend->refused = looked - *count;
    close_gates(spend);
    return failed;
}
