#include "ledger_db.h"

#include "text.h"

/* 1: found; 0: the ledger has no such order. */
static int find(struct ledger *ledger, const struct ledger_refund *refund, struct ledger_head *head,
                sluice_error *error) {
    struct query *find;
    int result = ledger_check_changing(ledger, error);
    if (!result)
        result = ledger_statement(ledger, STATEMENT_ORDER_BY_ORDER_ID,
                                  "SELECT " LEDGER_HEAD " FROM orders WHERE order_id = ?3 AND account ="
                                  " (SELECT id FROM accounts WHERE provider = ?1 AND account = ?2)",
                                  &find, error);
    if (result)
        return result;
    ledger_bind_text(ledger, find, 1, refund->provider);
    ledger_bind_text(ledger, find, 2, refund->account);
    ledger_bind_text(ledger, find, 3, refund->order_id);
    result = ledger_step(ledger, find, error);
    if (result == 1) {
        ledger_read_head(ledger, find, head);
        ledger_reset(ledger, find);
    }
    return result;
}

/* The record stays: a sink may still wait for it. */
static int write_row(struct ledger *ledger, const struct ledger_head *head, const struct ledger_event *event,
                     sluice_error *error) {
    struct query *update;
    int failed = ledger_statement(
        ledger, STATEMENT_ORDER_REFUND,
        "UPDATE orders SET state = ?2, version = ?3, changed_ms = ?4, code = ?5, reason = ?6 WHERE id = ?1",
        &update, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, update, 1, head->id);
    ledger_bind_int(ledger, update, 2, head->state);
    ledger_bind_int(ledger, update, 3, head->version);
    ledger_bind_int(ledger, update, 4, ledger->now_ms);
    ledger_bind_text(ledger, update, 5, event->code);
    ledger_bind_text(ledger, update, 6, event->reason);
    return ledger_execute(ledger, update, error);
}

int ledger_refund(struct ledger *ledger, const struct ledger_refund *refund, enum order_state *became,
                  sluice_error *error) {
    struct ledger_head head;
    *became = ORDER_NONE;
    int result = find(ledger, refund, &head, error);
    if (result <= 0)
        return result;
    *became = head.state;
    if (head.state != ORDER_PLACED)
        return 0;
    struct ledger_event event = {.transition = T13,
                                 .from = head.state,
                                 .to = ORDER_REFUNDED,
                                 .who = text_of(refund->who),
                                 .code = ledger_shorten(refund->code, LEDGER_REASON_BYTES),
                                 .reason = ledger_shorten(refund->reason, LEDGER_REASON_BYTES),
                                 .evidence = ledger_shorten(refund->evidence, LEDGER_EVIDENCE_BYTES)};
    struct ledger_total after = head.total;
    after.state = ORDER_REFUNDED;
    int failed = ledger_change(ledger, &head, &event, &after, error);
    if (!failed)
        failed = write_row(ledger, &head, &event, error);
    *became = head.state;
    return failed;
}
