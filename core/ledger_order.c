#include "ledger_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order_id.h"
#include "text.h"

void ledger_read_head(struct ledger *ledger, struct query *row, struct ledger_head *out) {
    const char *currency = ledger_column_string(ledger, row, 8);
    out->id = ledger_column_int(ledger, row, 0);
    out->run = ledger_column_int(ledger, row, 1);
    out->version = ledger_column_int(ledger, row, 2);
    out->attempt = (uint32_t)ledger_column_int(ledger, row, 3);
    out->state = (enum order_state)ledger_column_int(ledger, row, 4);
    out->total.account = ledger_column_int(ledger, row, 5);
    out->total.quarter = (int32_t)ledger_column_int(ledger, row, 6);
    out->total.amount = ledger_column_money(ledger, row, 7);
    snprintf(out->total.currency, sizeof out->total.currency, "%s", currency ? currency : "");
    out->total.run = out->run;
    out->total.state = out->state;
}

int ledger_find_head(struct ledger *ledger, int64_t order, struct ledger_head *out, bool *found,
                     sluice_error *error) {
    const struct ledger_head *known = &ledger->heads[(uint64_t)order % LEDGER_HEADS];
    struct query *find;
    int result = ledger_check_changing(ledger, error);
    *found = !result && known->id == order && order;
    if (*found)
        *out = *known;
    if (!result && !*found)
        result = ledger_statement(ledger, STATEMENT_ORDER_BY_ID,
                                  "SELECT " LEDGER_HEAD " FROM orders WHERE id = ?1", &find, error);
    if (result || *found)
        return result;
    ledger_bind_int(ledger, find, 1, order);
    result = ledger_step(ledger, find, error);
    if (result == 1)
        ledger_read_head(ledger, find, out);
    *found = result == 1;
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

int ledger_load_head(struct ledger *ledger, int64_t order, struct ledger_head *out, sluice_error *error) {
    bool found;
    int failed = ledger_find_head(ledger, order, out, &found, error);
    return failed || found ? failed
                           : fail(error, SLUICE_E_SOFTWARE, "%s has no order %" PRId64, ledger->path, order);
}

/* ---- one change ---------------------------------------------------------------------------- */

static int refuse(const struct ledger_head *head, const struct ledger_event *event, sluice_error *error) {
    return fail(error, SLUICE_E_SOFTWARE, "order %" PRId64 ": %s can't take it from %s to %s", head->id,
                transition_name(event->transition), order_state_name(event->from),
                order_state_name(event->to));
}

int ledger_change(struct ledger *ledger, struct ledger_head *head, struct ledger_event *event,
                  const struct ledger_total *after, sluice_error *error) {
    if (!transition_allowed(event->transition, event->from, event->to))
        return refuse(head, event, error);
    event->order = head->id;
    event->previous = head->version;
    int failed = ledger_note(ledger, event, error);
    if (!failed && head->state != ORDER_NONE)
        failed = ledger_count_order(ledger, &head->total, -1, error);
    if (!failed)
        failed = ledger_count_order(ledger, after, 1, error);
    head->version = event->version;
    head->state = event->to;
    head->run = after->run;
    head->total = *after;
    ledger->heads[(uint64_t)head->id % LEDGER_HEADS] = *head;
    return failed;
}

int ledger_step_to(struct ledger *ledger, struct ledger_head *head, int64_t run, enum transition transition,
                   enum order_state to, sluice_error *error) {
    struct ledger_event event = {.run = run, .transition = transition, .from = head->state, .to = to};
    struct ledger_total after = head->total;
    after.state = to;
    return ledger_change(ledger, head, &event, &after, error);
}

/* ---- T2 ------------------------------------------------------------------------------------ */

int ledger_send(struct ledger *ledger, int64_t order, int64_t call, int64_t sent_ms, sluice_error *error) {
    struct ledger_head head;
    struct query *send;
    int failed = ledger_load_head(ledger, order, &head, error);
    if (!failed)
        failed = ledger_step_to(ledger, &head, head.run, T2, ORDER_SENDING, error);
    if (!failed)
        failed = ledger_statement(ledger, STATEMENT_ORDER_SEND,
                                  "UPDATE orders SET state = ?2, call = ?3, sent_ms = ?4, changed_ms = ?5, "
                                  "version = ?6 WHERE id = ?1",
                                  &send, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, send, 1, order);
    ledger_bind_int(ledger, send, 2, ORDER_SENDING);
    ledger_bind_int(ledger, send, 3, call);
    ledger_bind_int(ledger, send, 4, sent_ms);
    ledger_bind_int(ledger, send, 5, ledger->now_ms);
    ledger_bind_int(ledger, send, 6, head.version);
    return ledger_execute(ledger, send, error);
}

/* ---- T3 … T8 ------------------------------------------------------------------------------- */

static enum order_state state_after(enum transition transition) {
    switch ((int)transition) {
    case T3:
        return ORDER_PLACED;
    case T4:
    case T5:
        return ORDER_RELEASED;
    case T6:
        return ORDER_REJECTED;
    case T7:
    case T8:
        return ORDER_IN_DOUBT;
    default:
        return ORDER_NONE; /* which no transition leads to */
    }
}

/* The row after T4 … T9. What wasn't bought needs no record: whoever asks for it again brings one. */
static int write_closed(struct ledger *ledger, const struct ledger_head *head, sluice_text code,
                        sluice_text reason, sluice_error *error) {
    struct query *close;
    int failed = ledger_statement(
        ledger, STATEMENT_ORDER_CLOSE,
        "UPDATE orders SET state = ?2, version = ?3, changed_ms = ?4, code = ?5, reason = ?6 WHERE id = ?1",
        &close, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, close, 1, head->id);
    ledger_bind_int(ledger, close, 2, head->state);
    ledger_bind_int(ledger, close, 3, head->version);
    ledger_bind_int(ledger, close, 4, ledger->now_ms);
    ledger_bind_text(ledger, close, 5, code);
    ledger_bind_text(ledger, close, 6, reason);
    failed = ledger_execute(ledger, close, error);
    if (failed || head->state == ORDER_IN_DOUBT)
        return failed;
    return ledger_drop_record(ledger, head->id, error);
}

static int close_order(struct ledger *ledger, struct ledger_head *head, struct ledger_event *event,
                       sluice_error *error) {
    struct ledger_total after = head->total;
    after.state = event->to;
    int failed = ledger_change(ledger, head, event, &after, error);
    return failed ? failed : write_closed(ledger, head, event->code, event->reason, error);
}

/* The row after T3. 1: another order has this order id. */
static int write_placed(struct ledger *ledger, const struct ledger_head *head, int64_t version,
                        const struct ledger_total *after, sluice_text order_id, sluice_error *error) {
    struct query *place;
    int failed =
        ledger_statement(ledger, STATEMENT_ORDER_PLACE,
                         "UPDATE orders SET state = ?2, version = ?3, changed_ms = ?4, order_id = ?5,"
                         " price = ?6, code = NULL, reason = NULL WHERE id = ?1",
                         &place, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, place, 1, head->id);
    ledger_bind_int(ledger, place, 2, ORDER_PLACED);
    ledger_bind_int(ledger, place, 3, version);
    ledger_bind_int(ledger, place, 4, ledger->now_ms);
    ledger_bind_text(ledger, place, 5, order_id);
    ledger_bind_money(ledger, place, 6, after->amount);
    return ledger_execute_unique(ledger, place, error);
}

/* T3. 1: not with this order id. */
static int place(struct ledger *ledger, struct ledger_head *head, struct ledger_event *event,
                 const struct outcome *outcome, sluice_error *error) {
    struct ledger_total after = head->total;
    after.state = ORDER_PLACED;
    if (outcome->price != MONEY_NONE)
        after.amount = outcome->price;
    int result =
        write_placed(ledger, head, ledger_foresee(ledger, event, 0), &after, outcome->order_id, error);
    if (result)
        return result;
    result = ledger_change(ledger, head, event, &after, error);
    return result ? result
                  : ledger_keep_delivery(ledger, head->version, head->id, head->run, &outcome->added, error);
}

static int doubt(struct ledger *ledger, struct ledger_head *head, struct ledger_event *event,
                 const struct outcome *outcome, sluice_error *error) {
    char reason[300];
    snprintf(reason, sizeof reason, "the reply's order id, %.*s%s, %s",
             (int)(outcome->order_id.len > ORDER_ID_BYTES ? ORDER_ID_BYTES : outcome->order_id.len),
             outcome->order_id.ptr, outcome->order_id.len > ORDER_ID_BYTES ? "…" : "",
             outcome->order_id.len > ORDER_ID_BYTES ? "is too long to be one" : "belongs to another order");
    event->transition = T8;
    event->to = ORDER_IN_DOUBT;
    event->code = TEXT("order_id");
    event->reason = text_of(reason);
    return close_order(ledger, head, event, error);
}

static bool is_open(enum order_state state) {
    return state == ORDER_CLAIMED || state == ORDER_SENDING || state == ORDER_IN_DOUBT;
}

int ledger_outcome(struct ledger *ledger, int64_t run, int64_t order, const struct outcome *outcome,
                   enum order_state *became, sluice_error *error) {
    struct ledger_head head;
    int result = ledger_load_head(ledger, order, &head, error);
    if (result)
        return result;
    struct ledger_event event = {.run = run,
                                 .transition = outcome->transition,
                                 .from = head.state,
                                 .to = state_after(outcome->transition),
                                 .code = ledger_shorten(outcome->code, LEDGER_REASON_BYTES),
                                 .reason = ledger_shorten(outcome->reason, LEDGER_REASON_BYTES),
                                 .evidence = ledger_shorten(outcome->evidence, LEDGER_EVIDENCE_BYTES)};
    bool late = ledger_may_claim(ledger, NULL) != 0;
    if (late && (head.run != run || !is_open(head.state))) {
        *became = head.state; /* by the time that this answer came another run had settled the order */
        return 0;
    }
    if (head.run != run)
        return fail(error, SLUICE_E_SOFTWARE,
                    "order %" PRId64 " belongs to run %" PRId64 ", not to run %" PRId64, order, head.run,
                    run);
    if (head.state == ORDER_IN_DOUBT && event.transition >= T4 && event.transition <= T8) {
        *became = ORDER_IN_DOUBT; /* another run has taken this one for dead: only an order id is news */
        return 0;
    }
    if (!transition_allowed(event.transition, event.from, event.to))
        return refuse(&head, &event, error);
    if (event.to != ORDER_PLACED)
        result = close_order(ledger, &head, &event, error);
    else if (!outcome->order_id.len)
        result =
            fail(error, SLUICE_E_SOFTWARE, "order %" PRId64 " can't be placed without an order id", order);
    else
        result = outcome->order_id.len > ORDER_ID_BYTES ? 1 : place(ledger, &head, &event, outcome, error);
    if (result == 1) /* one that is in doubt already, since its run was taken for dead, stays so */
        result = head.state == ORDER_IN_DOUBT ? 0 : doubt(ledger, &head, &event, outcome, error);
    *became = head.state;
    return result;
}

/* ---- T9 ------------------------------------------------------------------------------------ */

int ledger_close_order(struct ledger *ledger, int64_t by_run, int64_t order, enum order_state *became,
                       sluice_error *error) {
    struct ledger_head head;
    char reason[100];
    int failed = ledger_load_head(ledger, order, &head, error);
    *became = ORDER_NONE;
    if (failed || (head.state != ORDER_CLAIMED && head.state != ORDER_SENDING))
        return failed;
    bool sent = head.state == ORDER_SENDING;
    snprintf(reason, sizeof reason,
             sent ? "run %" PRId64 " ended before an answer came"
                  : "run %" PRId64 " ended before it was sent",
             head.run);
    struct ledger_event event = {.run = by_run,
                                 .transition = T9,
                                 .from = head.state,
                                 .to = sent ? ORDER_IN_DOUBT : ORDER_RELEASED,
                                 .code = sent ? TEXT("no_answer") : TEXT("not_sent"),
                                 .reason = text_of(reason)};
    failed = close_order(ledger, &head, &event, error);
    *became = head.state;
    return failed;
}
