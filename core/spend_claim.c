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
        pthread_cond_signal(&spend->room);
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

static int claim(struct spend *spend, struct order *order, struct claim *answer, sluice_error *error) {
    enum { COLUMNS = 256 };
    sluice_text values[COLUMNS];
    const struct batch *batch = order->lot->batch;
    uint32_t columns = batch->view.column_count < COLUMNS ? batch->view.column_count : COLUMNS;
    for (uint32_t c = 0; c < columns; c++)
        values[c] = batch->view.cells[c][order->row];
    struct intent intent = {
        .key = order->key,
        .provider = spend->maker.provider,
        .account = spend->maker.account,
        .service = order->service->id,
        .identifier = order->identifier,
        .parameters = order->parameters,
        .price = order_price(&spend->maker, order),
        .currency = spend->run->pipeline->spend.currency,
        .row = order_number(order),
        .record = {batch->view.names, values, columns},
    };
    return ledger_claim(spend->ledger, spend->run->id, &intent, answer, error);
}

static void record_answer(struct spend *spend, struct order *order, const struct claim *answer) {
    static const enum effect effects[] = {[ANSWER_DUPLICATE] = DUPLICATE,
                                          [ANSWER_IN_DOUBT] = WAS_IN_DOUBT, [ANSWER_REJECTED] = WAS_REJECTED,
                                          [ANSWER_LIVE] = LIVE,             [ANSWER_DIFFERS] = DIFFERS};
    bool ours = answer->answer == ANSWER_LIVE && answer->run == spend->run->id;
    struct result *result = spend_add_result(spend, order, ours ? DUPLICATE : effects[answer->answer]);
    result->order_id = arena_copy(&order->lot->arena, text_of(answer->order_id));
    result->reason = arena_copy(&order->lot->arena, text_of(answer->reason));
    if (result->effect == LIVE)
        result->reason = text_of(arena_printf(&order->lot->arena, "run %lld has it", (long long)answer->run));
    order->id = answer->order;
}

/* May this order still be claimed under max_run? At the cap the calls in flight are waited for: a
 * rejection gives its price back. */
static bool within_cap(struct spend *spend, const struct order *order) {
    money cap = spend->run->pipeline->spend.max_run;
    if (cap == MONEY_NONE || money_add(spend->counted, order_price(&spend->maker, order)) <= cap)
        return true;
    spend->at_cap = true;
    return false;
}

int spend_claim(struct spend *spend, uint64_t quota, struct order **claimed, size_t *count, sluice_error *error) {
    struct order *order;
    int failed = 0;
    size_t looked = 0;
    spend->at_cap = false;
    while (!failed && *count < quota && looked++ < 8 * GROUP_ROWS && (order = spend_next_order(spend))) {
        struct claim answer = {0};
        if (!within_cap(spend, order)) {
            spend_put_back(spend, order);
            break;
        }
        failed = claim(spend, order, &answer, error);
        if (failed) {
            spend_put_back(spend, order);
        } else if (answer.answer == ANSWER_CLAIMED) {
            order->id = answer.order;
            claimed[(*count)++] = order;
            spend->counted = money_add(spend->counted, order_price(&spend->maker, order));
        } else {
            record_answer(spend, order, &answer);
        }
    }
    return failed;
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

static int by_service(const void *a, const void *b) {
    const struct order *x = *(struct order *const *)a, *y = *(struct order *const *)b;
    if (x->service->index != y->service->index)
        return x->service->index < y->service->index ? -1 : 1;
    return (order_number(x) > order_number(y)) - (order_number(x) < order_number(y));
}

static void board(struct flight *flight, struct order *order) {
    flight->rows[flight->count] = (sluice_row){&order->lot->batch->view, order->row, 0};
    flight->orders[flight->count++] = order;
}

/* T2 for all that was claimed, grouped into calls of one service each. */
int spend_form_flights(struct spend *spend, struct order **claimed, size_t count, struct flight **out,
                        sluice_error *error) {
    struct flight *flight = NULL, **last = out;
    int64_t now = clock_wall_ms();
    if (spend_list(spend) > 1)
        qsort(claimed, count, sizeof *claimed, by_service);
    for (size_t i = 0; i < count; i++) {
        struct order *order = claimed[i];
        if (!flight || flight->count == spend_list(spend) || flight->orders[0]->service != order->service) {
            flight = take_flight(spend);
            if (!flight)
                return fail_memory(error);
            flight->number = ++spend->calls;
            *last = flight;
            last = &flight->next;
        }
        order->sent_ms = now;
        board(flight, order);
        int failed = ledger_send(spend->ledger, order->id, flight->number, now, error);
        if (failed)
            return failed;
    }
    return 0;
}

