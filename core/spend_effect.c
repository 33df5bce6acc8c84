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
    struct packer_record record = {.names = batch->view.names, .values = values, .count = batch->view.column_count,
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

void spend_say(struct spend *spend, const struct result *result, const char *state) {
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
    spend_say(spend, result, "in_doubt");
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
        spend_say(spend, result, "failed");
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
    spend_claim_later(spend, order);
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
    case DUPLICATE:
        tally_add(tally, TALLY_DUPLICATE, 1);
        spend_say(spend, result, "duplicate");
        break;
    case WAS_IN_DOUBT:
        tally_add(tally, TALLY_IN_DOUBT, 1);
        spend_say(spend, result, "in_doubt");
        break;
    case WAS_REJECTED:
        reject(spend, result, "rejected_before", result->reason);
        break;
    case DIFFERS:
        reject(spend, result, "differs", result->reason);
        break;
    case LIVE:
        tally_skip(tally, order_number(result->order));
        spend_say(spend, result, "skipped");
        break;
    case PLACED:
        tally_add(tally, TALLY_PLACED, 1);
        atomic_fetch_add(&tally->spent, result->charged);
        spend_say(spend, result, "placed");
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
        spend_say(spend, result, "failed");
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
        cap_count(&spend->cap, -result->charged);
}

void spend_take_effects(struct spend *spend) {
    for (size_t i = 0; i < spend->result_count; i++) {
        count_row(spend, &spend->results[i]);
        take_effect(spend, &spend->results[i]);
    }
}
