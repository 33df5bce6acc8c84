#include "spend_parts.h"

#include <string.h>

#include "clock.h"
#include "log.h"
#include "policy.h"
#include "text.h"

void spend_flush_placed(struct spend *spend) {
    packer_flush(&spend->packer);
}

void spend_packed(void *user, struct batch *batch) {
    struct spend *spend = user;
    for (size_t i = 0; i < spend->run->outlet_count; i++)
        outlet_give(&spend->run->outlets[i], batch, spend->run->id, spend->hole ? 0 : spend->packer.version);
    batch_unref(batch);
}

static void deliver(struct spend *spend, const struct result *result) {
    sluice_text values[BATCH_COLUMNS], added[ADDED_MOST];
    struct added_texts texts;
    sluice_error error = ERROR_INIT;
    const struct batch *batch = result->order->lot->batch;
    batch_row(&batch->view, result->order->row, values);
    spend_added_values(spend, result, added, &texts);
    struct packer_record record = {.names = batch->view.names,
                                   .values = values,
                                   .count = batch->view.column_count,
                                   .added_names = spend->added_names,
                                   .added_values = added,
                                   .added_count = spend->added_count,
                                   .number = order_number(result->order),
                                   .version = result->version,
                                   .file = batch->view.file};
    if (!packer_rows(&spend->packer))
        spend->packed_since_us = clock_us();
    if (packer_add(&spend->packer, &record, &error)) {
        spend->hole = true;
        run_stop(spend->run, STOP_FAILED, 74,
                 "a placed order can't be delivered now: %s; it stays in the ledger", error.text);
    }
}

void spend_say(struct spend *spend, const struct result *result, const char *state) {
    struct order_line line = {.state = state,
                              .row = order_number(result->order),
                              .identifier = result->order->identifier,
                              .service = result->order->service->id.ptr,
                              .generation = result->order->gen,
                              .order_id = result->order_id,
                              .code = text_of(result->code),
                              .reason = result->reason,
                              .key = &result->order->key,
                              .price = result->charged ? result->charged
                                                       : order_price(&spend->maker, result->order),
                              .own_row = result->own_row};
    run_say(spend->run, &line);
}

static void reject(struct spend *spend, const struct result *result, const char *code) {
    run_reject(spend->run, result->order->lot->batch, result->order->row, spend->component->place, code,
               result->reason);
}

static void count_doubt(struct spend *spend, const struct result *result) {
    tally_add(&spend->run->tally, TALLY_IN_DOUBT, 1);
    log_line(SLUICE_LOG_WARN, spend->component->place, "in doubt: row %llu, %.*s: %.*s",
             (unsigned long long)order_number(result->order), TEXT_ARG(result->order->identifier),
             TEXT_ARG(result->reason));
    spend_say(spend, result, "in_doubt");
    spend_note_doubt(spend);
}

/* Released because nothing was sent, or because the provider said "later": once more, after a pause that
 * holds for the whole account. */
static void claim_again(struct spend *spend, const struct result *result) {
    struct order *order = result->order;
    struct run *run = spend->run;
    struct http_result none = {.retry_after_ms = -1};
    bool replied = result->flight->end == FLIGHT_REPLIED;
    if (replied)
        none.retry_after_ms = call_verdict(&result->flight->call, result->index)->retry_after_ms;
    if (atomic_load(&run->stopping)) {
        spend_skip(spend, result);
        order_close(order);
        return;
    }
    bool too_long = none.retry_after_ms > POLICY_WAIT_MOST_MS;
    if (++order->attempts >= CLAIM_ATTEMPTS || too_long) {
        tally_add(&run->tally, TALLY_FAILED, 1);
        spend_say(spend, result, "failed");
        if (too_long)
            run_stop(run, STOP_UNAVAILABLE, 69,
                     "the provider wants %lld s to pass (%.*s); run this again then",
                     (long long)(none.retry_after_ms / 1000), TEXT_ARG(result->reason));
        else
            run_stop(run, STOP_UNAVAILABLE, 69, "the provider %s (%d attempts): %.*s",
                     replied ? "takes no orders for now" : "can't be reached", CLAIM_ATTEMPTS,
                     TEXT_ARG(result->reason));
        order_close(order);
        return;
    }
    int64_t pause_ms = policy_delay_ms(&none, order->attempts, (uint32_t)order->id);
    int64_t pause_us = (pause_ms < spend->pause_most_ms ? pause_ms : spend->pause_most_ms) * 1000;
    log_line(SLUICE_LOG_WARN, spend->component->place, "not placed (row %llu): %.*s; again in %lld ms",
             (unsigned long long)order_number(order), TEXT_ARG(result->reason), (long long)(pause_us / 1000));
    order->not_before_us = clock_us() + pause_us;
    sender_pause(&spend->sender, order->not_before_us);
    spend_claim_later(spend, order);
}

void spend_skip(struct spend *spend, const struct result *result) {
    tally_skip(&spend->run->tally, order_number(result->order));
    spend_say(spend, result, "skipped");
}

static void fail_order(struct spend *spend, const struct result *result) {
    int32_t failure = result->flight->failure;
    tally_add(&spend->run->tally, TALLY_FAILED, 1);
    spend_say(spend, result, "failed");
    run_stop(spend->run, STOP_FAILED, failure < 0 ? -failure : 69, "%.*s", TEXT_ARG(result->reason));
}

static void refused_claim(struct spend *spend, const struct result *result) {
    struct tally *tally = &spend->run->tally;
    if (result->effect == EFFECT_DUPLICATE) {
        tally_add(tally, TALLY_DUPLICATE, 1);
        spend_say(spend, result, "duplicate");
    } else if (result->effect == EFFECT_WAS_IN_DOUBT) {
        tally_add(tally, TALLY_IN_DOUBT, 1);
        spend_note_asked(spend, result->order->id);
        spend_say(spend, result, "in_doubt");
    } else if (result->effect == EFFECT_LIVE) {
        spend_skip(spend, result);
    } else {
        reject(spend, result, result->effect == EFFECT_DIFFERS ? "differs" : "rejected_before");
    }
}

static void place(struct spend *spend, const struct result *result) {
    tally_add(&spend->run->tally, TALLY_PLACED, 1);
    atomic_fetch_add(&spend->run->tally.spent, result->charged);
    if (result->order->gen > 1)
        atomic_fetch_add(&spend->run->tally.repeats, 1);
    spend_say(spend, result, "placed");
    deliver(spend, result);
}

static void take_effect(struct spend *spend, const struct result *result) {
    switch (result->effect) {
    case EFFECT_DUPLICATE:
    case EFFECT_WAS_IN_DOUBT:
    case EFFECT_WAS_REJECTED:
    case EFFECT_LIVE:
    case EFFECT_DIFFERS:
        refused_claim(spend, result);
        break;
    case EFFECT_LEFT_OUT:
        spend_skip(spend, result);
        break;
    case EFFECT_PLACED:
        place(spend, result);
        break;
    case EFFECT_REJECTED:
        reject(spend, result, result->code);
        break;
    case EFFECT_IN_DOUBT:
        count_doubt(spend, result);
        break;
    case EFFECT_CLAIM_AGAIN:
        claim_again(spend, result);
        return; /* the order isn't over */
    case EFFECT_FAILED:
        fail_order(spend, result);
        break;
    case EFFECT_STOPPED:
        if (!atomic_load(&spend->run->stopping)) { /* it was only held back */
            spend_put_back(spend, result->order);
            return;
        }
        spend_skip(spend, result);
        break;
    case EFFECT_NO_CREDIT:
        spend_skip(spend, result);
        run_stop(spend->run, STOP_NO_CREDIT, 12,
                 "the account has no credit left: %.*s; top it up and run this again",
                 TEXT_ARG(result->reason));
        break;
    case EFFECT_CONFIG:
        spend_skip(spend, result);
        run_stop(spend->run, STOP_FAILED, 78,
                 "the provider refuses what the options ask for: %.*s; nothing more is sent",
                 TEXT_ARG(result->reason));
        break;
    case EFFECT_AUTH:
        spend_skip(spend, result);
        run_stop(spend->run, STOP_AUTH, 77,
                 "the provider refused the credentials: %.*s; nothing more is sent",
                 TEXT_ARG(result->reason));
        break;
    }
    order_close(result->order);
}

void spend_take_effects(struct spend *spend) {
    for (size_t i = 0; i < spend->result_count; i++) {
        const struct result *result = &spend->results[i];
        if (result->flight && (result->effect == EFFECT_PLACED || result->effect == EFFECT_REJECTED))
            spend->doubts_in_row = 0;
        take_effect(spend, result);
    }
}
