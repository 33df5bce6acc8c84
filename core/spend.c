#include "spend.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "policy.h"
#include "text.h"

enum {
    GROUP_ROWS = 512,     /* claims in one transaction, about */
    LOTS = 4,             /* prepared and waiting */
    GATHER_US = 2000,     /* an outcome waits this long for company before it is committed */
    DELIVER_US = 100000,  /* a placed order waits this long for company before the sinks get it */
    DELIVER_ROWS = 1000,
    CLAIM_ATTEMPTS = 5,
    DOUBTS_IN_ROW = 5,
};

/* What became of an order in the turn under way; takes effect once the turn is committed. */
enum effect {
    SENT, DUPLICATE, WAS_IN_DOUBT, WAS_REJECTED, LIVE, DIFFERS,           /* of a claim */
    PLACED, REJECTED, IN_DOUBT, CLAIM_AGAIN, FAILED, NOT_ATTEMPTED        /* of a call */
};

struct result {
    struct order *order;
    enum effect effect;
    struct flight *flight;
    uint32_t index; /* in the flight */
    money charged;
    int64_t version;
    const char *code;
    sluice_text order_id, reason; /* in the lot's or the call's arena */
};

static uint32_t list_of(const struct spend *spend) {
    return spend->instance->self.endpoint.list;
}

static uint64_t slots_of(const struct spend *spend) {
    return (uint64_t)spend->component->limits.concurrency * list_of(spend);
}

static struct result *add_result(struct spend *spend, struct order *order, enum effect effect) {
    if (spend->result_count == spend->result_room) {
        size_t room = spend->result_room ? spend->result_room * 2 : 1024;
        struct result *more = realloc(spend->results, room * sizeof *more);
        if (!more)
            abort(); /* the outcome of a paid call can't be kept: the ledger says "in doubt" to the next run */
        spend->results = more;
        spend->result_room = room;
    }
    struct result *result = &spend->results[spend->result_count++];
    *result = (struct result){.order = order, .effect = effect, .code = ""};
    return result;
}

/* ---- claims ------------------------------------------------------------------------------- */

static void push_again(struct spend *spend, struct order *order) {
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
static struct order *next_order(struct spend *spend) {
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
static void put_back(struct spend *spend, struct order *order) {
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
    static const enum effect effects[] = {[ANSWER_CLAIMED] = SENT,          [ANSWER_DUPLICATE] = DUPLICATE,
                                          [ANSWER_IN_DOUBT] = WAS_IN_DOUBT, [ANSWER_REJECTED] = WAS_REJECTED,
                                          [ANSWER_LIVE] = LIVE,             [ANSWER_DIFFERS] = DIFFERS};
    bool ours = answer->answer == ANSWER_LIVE && answer->run == spend->run->id;
    struct result *result = add_result(spend, order, ours ? DUPLICATE : effects[answer->answer]);
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

static int claim_group(struct spend *spend, uint64_t quota, struct order **claimed, size_t *count, sluice_error *error) {
    struct order *order;
    int failed = 0;
    size_t looked = 0;
    spend->at_cap = false;
    while (!failed && *count < quota && looked++ < 8 * GROUP_ROWS && (order = next_order(spend))) {
        struct claim answer = {0};
        if (!within_cap(spend, order)) {
            put_back(spend, order);
            break;
        }
        failed = claim(spend, order, &answer, error);
        if (failed) {
            put_back(spend, order);
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
    else if (!(flight = flight_new(list_of(spend))))
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
static int form_flights(struct spend *spend, struct order **claimed, size_t count, struct flight **out,
                        sluice_error *error) {
    struct flight *flight = NULL, **last = out;
    int64_t now = clock_wall_ms();
    if (list_of(spend) > 1)
        qsort(claimed, count, sizeof *claimed, by_service);
    for (size_t i = 0; i < count; i++) {
        struct order *order = claimed[i];
        if (!flight || flight->count == list_of(spend) || flight->orders[0]->service != order->service) {
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

/* ---- outcomes ----------------------------------------------------------------------------- */

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

/* The columns that a placed order gets: first what every provider has, then what the plugin read. */
enum { ORDER_ID, SERVICE_ID, SERVICE_NAME, CREDITS, ORDER_DATE, PROVIDER, ACCOUNT, CORE_COLUMNS };
static const char *const core_columns[] = {"order_id", "service_id", "service_name", "credits",
                                           "order_date", "provider", "account"};
enum { ADDED_MOST = PACKER_ADDED };

static int name_columns(struct spend *spend, sluice_error *error) {
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

static void added_values(struct spend *spend, const struct result *result, sluice_text *values, char *price, char *date) {
    const struct order *order = result->order;
    const char *const *adds = spend->component->type->adds;
    const struct verdict *verdict = call_verdict(&result->flight->call, result->index);
    values[ORDER_ID] = result->order_id;
    values[SERVICE_ID] = order->service->id;
    values[SERVICE_NAME] = order->service->title;
    values[CREDITS] = text_of(money_format(result->charged, price));
    values[ORDER_DATE] = text_of(clock_format(order->sent_ms, date));
    values[PROVIDER] = spend->maker.provider;
    values[ACCOUNT] = spend->maker.account;
    for (uint32_t i = CORE_COLUMNS; i < spend->added_count; i++)
        values[i] = (sluice_text){NULL, 0};
    for (size_t a = 0; verdict->values && adds && adds[a]; a++)
        for (uint32_t i = SERVICE_ID; verdict->values[a].ptr && i < spend->added_count; i++)
            if (text_is(spend->added_names[i], adds[a]))
                values[i] = verdict->values[a];
}

static int apply(struct spend *spend, struct flight *flight, uint32_t index, sluice_error *error) {
    struct order *order = flight->orders[index];
    struct result *result = add_result(spend, order, IN_DOUBT);
    struct outcome outcome;
    sluice_text values[ADDED_MOST];
    char price[MONEY_TEXT], date[CLOCK_TEXT];
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
        added_values(spend, result, values, price, date);
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

/* ---- effects, once the turn is committed -------------------------------------------------- */

static void flush_placed(struct spend *spend) {
    packer_flush(&spend->packer);
}

static void on_packed(void *user, struct batch *batch) {
    struct spend *spend = user;
    for (size_t i = 0; i < spend->run->outlet_count; i++)
        outlet_give(&spend->run->outlets[i], batch, spend->run->id, spend->hole ? 0 : spend->packer.version);
    batch_unref(batch);
}

static void deliver(struct spend *spend, const struct result *result) {
    enum { COLUMNS = 256 };
    sluice_text values[COLUMNS], added[ADDED_MOST];
    char price[MONEY_TEXT], date[CLOCK_TEXT];
    sluice_error error = ERROR_INIT;
    const struct batch *batch = result->order->lot->batch;
    uint32_t columns = batch->view.column_count < COLUMNS ? batch->view.column_count : COLUMNS;
    for (uint32_t c = 0; c < columns; c++)
        values[c] = batch->view.cells[c][result->order->row];
    added_values(spend, result, added, price, date);
    struct packer_record record = {.names = batch->view.names, .values = values, .count = columns,
                                   .added_names = spend->added_names, .added_values = added,
                                   .added_count = spend->added_count,
                                   .number = order_number(result->order), .version = result->version,
                                   .file = batch->view.file};
    if (!packer_rows(&spend->packer))
        spend->packed_since_us = clock_us();
    if (packer_add(&spend->packer, &record, &error)) {
        spend->hole = true;
        run_stop(spend->run, STOP_FAILED, 74, "a placed order can't be delivered now: %s; it stays in the ledger",
                 error.text);
    }
}

static void say(struct spend *spend, const struct result *result, const char *state) {
    struct order_line line = {.state = state, .row = order_number(result->order), .identifier = result->order->identifier,
                              .service = result->order->service->id.ptr, .order_id = result->order_id,
                              .code = text_of(result->code), .reason = result->reason};
    run_say(spend->run, &line);
}

static void reject(struct spend *spend, const struct result *result, const char *code, sluice_text reason) {
    run_reject(spend->run, result->order->lot->batch, result->order->row, spend->component->place, code, reason);
}

static void count_doubt(struct spend *spend, const struct result *result) {
    struct run *run = spend->run;
    int64_t most = run->pipeline->spend.max_in_doubt;
    tally_add(&run->tally, TALLY_IN_DOUBT, 1);
    spend->doubts++;
    log_line(SLUICE_WARN, spend->component->place, "in doubt: row %llu, %.*s: %.*s",
             (unsigned long long)order_number(result->order), TEXT_ARG(result->order->identifier), TEXT_ARG(result->reason));
    say(spend, result, "in_doubt");
    if (spend->doubts >= (uint64_t)most || spend->doubts_in_row >= DOUBTS_IN_ROW)
        run_stop(run, STOP_IN_DOUBT, 11,
                 "too many orders in doubt (%llu, the last: %.*s); placing stops: look at 'sluice ledger list --state in_doubt'",
                 (unsigned long long)spend->doubts, TEXT_ARG(result->reason));
}

/* Released because nothing was sent, or because the provider said "later": once more, after a pause that
 * holds for the whole account. */
static void claim_again(struct spend *spend, const struct result *result) {
    struct order *order = result->order;
    struct run *run = spend->run;
    struct http_result none = {.retry_after_ms = -1};
    if (result->flight->end == FLIGHT_REPLIED)
        none.retry_after_ms = call_verdict(&result->flight->call, result->index)->retry_after_ms;
    if (atomic_load(&run->stopping)) {
        tally_skip(&run->tally, order_number(order));
        order_close(order);
        return;
    }
    if (++order->attempts >= CLAIM_ATTEMPTS) {
        tally_add(&run->tally, TALLY_FAILED, 1);
        say(spend, result, "failed");
        run_stop(run, STOP_UNAVAILABLE, 69, "the provider can't be reached (%d attempts): %.*s", CLAIM_ATTEMPTS,
                 TEXT_ARG(result->reason));
        order_close(order);
        return;
    }
    int64_t pause_us = policy_delay_ms(&none, order->attempts, (uint32_t)order->id) * 1000;
    log_line(SLUICE_WARN, spend->component->place, "not sent (row %llu): %.*s; again in %lld ms",
             (unsigned long long)order_number(order), TEXT_ARG(result->reason), (long long)(pause_us / 1000));
    order->not_before_us = clock_us() + pause_us;
    sender_pause(&spend->sender, order->not_before_us);
    push_again(spend, order);
}

static void not_attempted(struct spend *spend, const struct result *result) {
    tally_skip(&spend->run->tally, order_number(result->order));
    if (strcmp(result->code, "no_credit") == 0)
        run_stop(spend->run, STOP_NO_CREDIT, 12, "the account has no credit left: %.*s; top it up and run this again",
                 TEXT_ARG(result->reason));
    else if (strcmp(result->code, "auth") == 0)
        run_stop(spend->run, STOP_AUTH, 77, "the provider refused the credentials: %.*s; nothing more is sent",
                 TEXT_ARG(result->reason));
}

static void take_effect(struct spend *spend, const struct result *result) {
    struct run *run = spend->run;
    struct tally *tally = &run->tally;
    bool closes = true;
    switch (result->effect) {
    case SENT:
        closes = false;
        break;
    case DUPLICATE:
        tally_add(tally, TALLY_DUPLICATE, 1);
        say(spend, result, "duplicate");
        break;
    case WAS_IN_DOUBT:
        tally_add(tally, TALLY_IN_DOUBT, 1);
        say(spend, result, "in_doubt");
        break;
    case WAS_REJECTED:
        reject(spend, result, "rejected_before", result->reason);
        break;
    case DIFFERS:
        reject(spend, result, "differs", result->reason);
        break;
    case LIVE:
        tally_skip(tally, order_number(result->order));
        say(spend, result, "skipped");
        break;
    case PLACED:
        tally_add(tally, TALLY_PLACED, 1);
        atomic_fetch_add(&tally->spent, result->charged);
        say(spend, result, "placed");
        deliver(spend, result);
        break;
    case REJECTED:
        reject(spend, result, result->code, result->reason);
        break;
    case IN_DOUBT:
        count_doubt(spend, result);
        break;
    case CLAIM_AGAIN:
        claim_again(spend, result);
        closes = false;
        break;
    case FAILED:
        tally_add(tally, TALLY_FAILED, 1);
        say(spend, result, "failed");
        run_stop(run, STOP_FAILED, result->flight->failure ? -result->flight->failure : 69, "%.*s", TEXT_ARG(result->reason));
        break;
    case NOT_ATTEMPTED:
        not_attempted(spend, result);
        break;
    }
    if (closes)
        order_close(result->order);
}

/* Doubts in a row are counted before they are said, so that the last of five stops the run. */
static void count_row(struct spend *spend, const struct result *result) {
    if (result->effect == IN_DOUBT)
        spend->doubts_in_row++;
    else if (result->effect == PLACED || result->effect == REJECTED)
        spend->doubts_in_row = 0;
    bool free_again = result->effect == REJECTED || result->effect == CLAIM_AGAIN || result->effect == FAILED ||
                      result->effect == NOT_ATTEMPTED;
    if (free_again)
        spend->counted = money_add(spend->counted, -result->charged);
}

static void recycle(struct spend *spend, struct flight *flights) {
    for (struct flight *flight = flights, *next; flight; flight = next) {
        next = flight->next;
        call_end(&flight->call);
        flight->next = spend->spare;
        spend->spare = flight;
    }
}

/* ---- a turn ------------------------------------------------------------------------------- */

struct turn {
    struct flight *landed;
    uint64_t landed_rows;
    struct cursor_move moves[32];
    unsigned move_count;
    uint64_t rows; /* that may be claimed */
    bool over;     /* nothing is left and nothing will come */
};

/* How many rows may become `sending`, so that never more than twice what fits in flight are. */
static uint64_t quota(const struct spend *spend, uint64_t landed_rows) {
    uint64_t limit = 2 * slots_of(spend), list = list_of(spend), held = spend->sending - landed_rows;
    uint64_t free_rows = held < limit ? limit - held : 0;
    uint64_t group = GROUP_ROWS > list ? GROUP_ROWS / list * list : list;
    return free_rows < group ? free_rows / list * list : group;
}

/* Is there something to claim from? In whole calls, as long as more may come and something is under way.
 * Under the lock. */
static bool has_orders(const struct spend *spend) {
    uint64_t prepared = spend->given - spend->taken;
    bool whole = prepared >= list_of(spend) || spend->input_ended || !spend->sending;
    return (prepared && whole) || (spend->again && spend->again->not_before_us <= clock_us());
}

static bool all_done(const struct spend *spend) {
    return spend->input_ended && spend->given == spend->taken && !spend->again && !spend->sending && !spend->landed;
}

/* How long until there is something to do, in microseconds; 0: now. Under the lock. */
static int64_t until_due(struct spend *spend) {
    bool stopping = atomic_load(&spend->run->stopping);
    uint64_t room = quota(spend, 0), slots = slots_of(spend);
    int64_t due = 200000, now = clock_us();
    if (all_done(spend) || (stopping && (has_orders(spend) || spend->again)))
        return 0;
    if (!stopping && !spend->at_cap && has_orders(spend) && room && (2 * room >= slots || room >= GROUP_ROWS / 2))
        return 0;
    if (spend->landed) {
        bool enough = 2 * spend->landed_count >= (unsigned)spend->component->limits.concurrency || spend->at_cap;
        int64_t left = spend->landed_since_us + GATHER_US - now;
        due = enough || left < 0 ? 0 : left;
    }
    if (packer_rows(&spend->packer)) {
        int64_t left = spend->packed_since_us + DELIVER_US - now;
        due = left < 0 ? 0 : left < due ? left : due;
    }
    if (spend->again && spend->again->not_before_us > now && spend->again->not_before_us - now < due)
        due = spend->again->not_before_us - now;
    return due;
}

static void gather(struct spend *spend, struct turn *turn) {
    *turn = (struct turn){0};
    pthread_mutex_lock(&spend->lock);
    for (int64_t due; (due = until_due(spend)) > 0;) {
        struct timespec until = clock_deadline(0);
        until.tv_nsec += (long)(due % 1000000) * 1000;
        until.tv_sec += due / 1000000 + until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&spend->wake, &spend->lock, &until))
            break;
    }
    turn->over = all_done(spend);
    uint64_t prepared = spend->given - spend->taken;
    turn->rows = spend->input_ended || !spend->sending ? UINT64_MAX : prepared / list_of(spend) * list_of(spend) + spend->waiting;
    turn->landed = spend->landed;
    spend->landed = NULL;
    spend->landed_last = &spend->landed;
    spend->landed_count = 0;
    memcpy(turn->moves, spend->moves, spend->move_count * sizeof *turn->moves);
    turn->move_count = spend->move_count;
    spend->move_count = 0;
    pthread_mutex_unlock(&spend->lock);
    for (const struct flight *flight = turn->landed; flight; flight = flight->next)
        turn->landed_rows += flight->count;
    uint64_t most = quota(spend, turn->landed_rows);
    if (turn->rows > most)
        turn->rows = most;
    if (atomic_load(&spend->run->stopping))
        turn->rows = 0;
}

static int record_landed(struct spend *spend, const struct turn *turn, sluice_error *error) {
    int failed = 0;
    for (struct flight *flight = turn->landed; !failed && flight; flight = flight->next)
        for (uint32_t i = 0; !failed && i < flight->count; i++)
            failed = apply(spend, flight, i, error);
    return failed;
}

static int move_cursors(struct spend *spend, const struct cursor_move *moves, unsigned count, sluice_error *error) {
    int failed = 0;
    for (unsigned i = 0; !failed && i < count; i++)
        failed = ledger_delivered(spend->ledger, moves[i].run, moves[i].sink, moves[i].version, error);
    return failed;
}

/* The ledger can't be written: nothing more is sent. What the provider has accepted meanwhile is said
 * here, since it can be kept nowhere else; the next run finds these orders in doubt. */
static void broken(struct spend *spend, struct turn *turn, const sluice_error *error) {
    struct run *run = spend->run;
    run_stop(run, STOP_FAILED, error->code < 0 ? -error->code : 74, "the ledger can't be written: %s", error->text);
    for (struct flight *flight = turn->landed; flight; flight = flight->next)
        for (uint32_t i = 0; i < flight->count; i++) {
            struct order *order = flight->orders[i];
            const struct verdict *verdict = flight->end == FLIGHT_REPLIED ? call_verdict(&flight->call, i) : NULL;
            if (verdict && verdict->kind == SLUICE_PLACED)
                log_line(SLUICE_ERROR, spend->component->place, "paid, but not recorded: row %llu, %.*s, order %.*s",
                         (unsigned long long)order_number(order), TEXT_ARG(order->identifier), TEXT_ARG(verdict->order_id));
            bool free_row = flight->end == FLIGHT_UNSENT || flight->end == FLIGHT_RETURNED;
            tally_add(&run->tally, free_row ? TALLY_FAILED : TALLY_IN_DOUBT, 1);
            order_close(order);
        }
}

/* The claims of a turn that wasn't committed never happened. */
static void forget_claims(struct spend *spend, struct order **claimed, size_t count, struct flight *flights) {
    for (size_t i = 0; i < count; i++)
        put_back(spend, claimed[i]);
    for (size_t i = 0; i < spend->result_count; i++)
        if (!spend->results[i].flight)
            put_back(spend, spend->results[i].order);
    recycle(spend, flights);
}

static void skip_the_rest(struct spend *spend) {
    struct order *order;
    for (struct order *again = spend->again; again; again = again->next)
        again->not_before_us = 0;
    while ((order = next_order(spend))) {
        struct result result = {.order = order, .code = "stopped"};
        tally_skip(&spend->run->tally, order_number(order));
        say(spend, &result, "skipped");
        order_close(order);
    }
}

static void commit_effects(struct spend *spend, struct turn *turn, struct flight *flights, size_t claimed) {
    spend->sending = spend->sending - turn->landed_rows + claimed;
    if (flights)
        sender_send(&spend->sender, flights);
    for (size_t i = 0; i < spend->result_count; i++) {
        count_row(spend, &spend->results[i]);
        take_effect(spend, &spend->results[i]);
    }
    recycle(spend, turn->landed);
}

static void do_turn(struct spend *spend, struct turn *turn) {
    struct order *claimed[CALL_ROWS_MOST];
    struct flight *flights = NULL;
    sluice_error error = ERROR_INIT;
    size_t count = 0;
    spend->result_count = 0;
    int failed = ledger_begin(spend->ledger, &error);
    if (!failed)
        failed = record_landed(spend, turn, &error);
    if (!failed && turn->rows)
        failed = claim_group(spend, turn->rows, claimed, &count, &error);
    if (!failed)
        failed = form_flights(spend, claimed, count, &flights, &error);
    if (!failed)
        failed = move_cursors(spend, turn->moves, turn->move_count, &error);
    if (failed)
        ledger_rollback(spend->ledger);
    else
        failed = ledger_commit(spend->ledger, &error);
    if (failed) {
        forget_claims(spend, claimed, count, flights);
        broken(spend, turn, &error);
        spend->sending -= turn->landed_rows;
        recycle(spend, turn->landed);
    } else {
        commit_effects(spend, turn, flights, count);
    }
}

static void check_cap(struct spend *spend) {
    if (spend->at_cap && !spend->sending)
        run_stop(spend->run, STOP_CAP, 12, "spend.max_run is reached: the next order would go over it");
}

static void *spend_thread(void *user) {
    struct spend *spend = user;
    struct turn turn;
    bool told = false;
    for (;;) {
        gather(spend, &turn);
        if (turn.over)
            break;
        if (atomic_load(&spend->run->stopping)) {
            if (!told)
                sender_return(&spend->sender);
            told = true;
            skip_the_rest(spend);
        }
        if (turn.landed || turn.move_count || (!told && turn.rows))
            do_turn(spend, &turn);
        check_cap(spend);
        if (packer_rows(&spend->packer) && clock_us() - spend->packed_since_us >= DELIVER_US)
            flush_placed(spend);
    }
    flush_placed(spend);
    return NULL;
}

/* ---- what the other threads call ---------------------------------------------------------- */

static void on_landed(void *user, struct flight *flights) {
    struct spend *spend = user;
    pthread_mutex_lock(&spend->lock);
    if (!spend->landed)
        spend->landed_since_us = clock_us();
    *spend->landed_last = flights;
    for (; *spend->landed_last; spend->landed_last = &(*spend->landed_last)->next)
        spend->landed_count++;
    pthread_cond_signal(&spend->wake);
    pthread_mutex_unlock(&spend->lock);
}

static void refuse(void *user, const struct batch *batch, uint32_t row, const struct order_refusal *refusal) {
    struct spend *spend = user;
    run_reject(spend->run, batch, row, spend->component->place, refusal->code, refusal->reason);
}

int spend_give(struct spend *spend, struct batch *batch, sluice_error *error) {
    struct lot *lot = lot_make(&spend->maker, batch, refuse, spend, error);
    if (!lot)
        return error->code;
    pthread_mutex_lock(&spend->lock);
    while (spend->lot_count >= LOTS && !atomic_load(&spend->run->stopping))
        pthread_cond_wait(&spend->room, &spend->lock);
    lot->next = NULL;
    *spend->lots_last = lot;
    spend->lots_last = &lot->next;
    spend->lot_count++;
    spend->given += lot->count;
    pthread_cond_signal(&spend->wake);
    pthread_mutex_unlock(&spend->lock);
    return 0;
}

void spend_input_ended(struct spend *spend) {
    pthread_mutex_lock(&spend->lock);
    spend->input_ended = true;
    pthread_cond_signal(&spend->wake);
    pthread_mutex_unlock(&spend->lock);
}

void spend_kept(struct spend *spend, const char *sink, int64_t run, int64_t version) {
    pthread_mutex_lock(&spend->lock);
    unsigned at = 0;
    while (at < spend->move_count && !(spend->moves[at].run == run && strcmp(spend->moves[at].sink, sink) == 0))
        at++;
    if (at < sizeof spend->moves / sizeof *spend->moves) { /* a move that is lost is made up for by the next */
        if (at == spend->move_count)
            spend->moves[spend->move_count++] = (struct cursor_move){sink, run, version};
        else if (spend->moves[at].version < version)
            spend->moves[at].version = version;
    }
    pthread_mutex_unlock(&spend->lock);
}

void spend_wake(struct spend *spend) {
    pthread_mutex_lock(&spend->lock);
    pthread_cond_signal(&spend->wake);
    pthread_cond_broadcast(&spend->room);
    pthread_mutex_unlock(&spend->lock);
}

int spend_open(struct spend *spend, struct run *run, const struct component *component, struct instance *instance,
               struct ledger *ledger, sluice_error *error) {
    pthread_condattr_t monotonic;
    *spend = (struct spend){.run = run, .ledger = ledger, .instance = instance, .component = component};
    spend->landed_last = &spend->landed;
    spend->lots_last = &spend->lots;
    spend->again_last = &spend->again;
    spend->packer = (struct packer){.row_limit = DELIVER_ROWS, .full = on_packed, .user = spend};
    pthread_mutex_init(&spend->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&spend->wake, &monotonic);
    pthread_cond_init(&spend->room, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!instance->self.has_endpoint)
        return fail(error, SLUICE_E_PLUGIN, "%s: the plugin named no endpoint", component->place);
    return 0;
}

int spend_start(struct spend *spend, sluice_error *error) {
    int failed = name_columns(spend, error);
    if (!failed)
        failed = sender_start(&spend->sender, spend->instance, &spend->component->limits, on_landed, spend, error);
    if (failed)
        return failed;
    if (pthread_create(&spend->thread, NULL, spend_thread, spend))
        return fail(error, SLUICE_E_IO, "no thread can be started for the ledger");
    spend->started = true;
    return 0;
}

void spend_join(struct spend *spend) {
    if (spend->started)
        pthread_join(spend->thread, NULL);
    spend->started = false;
    sender_close(&spend->sender);
}

int spend_flush_cursors(struct spend *spend, sluice_error *error) {
    if (!spend->move_count)
        return 0;
    int failed = ledger_begin(spend->ledger, error);
    if (failed)
        return failed;
    failed = move_cursors(spend, spend->moves, spend->move_count, error);
    if (failed) {
        ledger_rollback(spend->ledger);
        return failed;
    }
    spend->move_count = 0;
    return ledger_commit(spend->ledger, error);
}

void spend_close(struct spend *spend) {
    for (struct flight *flight = spend->spare, *next; flight; flight = next) {
        next = flight->next;
        flight_free(flight);
    }
    packer_free(&spend->packer);
    catalogue_free(&spend->catalogue);
    free(spend->results);
    pthread_cond_destroy(&spend->wake);
    pthread_cond_destroy(&spend->room);
    pthread_mutex_destroy(&spend->lock);
}
