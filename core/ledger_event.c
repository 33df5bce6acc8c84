#include "ledger_db.h"

#include "text.h"

static int write_event(struct ledger *ledger, const struct ledger_event *event, sluice_error *error) {
    struct query *add;
    int failed = ledger_statement(
        ledger, STATEMENT_EVENT_ADD,
        "INSERT INTO events (version, previous, first, orders, run, at_ms, transition, from_state, to_state,"
        " who, code, reason, evidence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        &add, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, add, 1, event->version);
    ledger_bind_int(ledger, add, 2, event->previous);
    ledger_bind_int(ledger, add, 3, event->order);
    ledger_bind_int(ledger, add, 4, event->count);
    ledger_bind_int(ledger, add, 5, event->run);
    ledger_bind_int(ledger, add, 6, ledger->now_ms);
    ledger_bind_int(ledger, add, 7, event->transition);
    ledger_bind_int(ledger, add, 8, event->from);
    ledger_bind_int(ledger, add, 9, event->to);
    ledger_bind_text(ledger, add, 10, event->who);
    ledger_bind_text(ledger, add, 11, event->code);
    ledger_bind_text(ledger, add, 12, event->reason);
    ledger_bind_text(ledger, add, 13, event->evidence);
    return ledger_execute(ledger, add, error);
}

int ledger_write_pending(struct ledger *ledger, sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; !failed && i < ledger->pending_count; i++)
        failed = write_event(ledger, &ledger->pending[i], error);
    ledger->pending_count = 0;
    return failed;
}

/* Only claims and sends come in such groups; a placed order needs a version of its own, for the cursors. */
static bool may_share(const struct ledger_event *event) {
    return event->transition == T1 || event->transition == T2;
}

/* The place in ledger->pending of the group that `event` continues; LEDGER_PENDING_EVENTS: none. */
static size_t group_of(const struct ledger *ledger, const struct ledger_event *event) {
    for (size_t i = 0; may_share(event) && i < ledger->pending_count; i++) {
        const struct ledger_event *group = &ledger->pending[i];
        if (group->transition == event->transition && group->order + group->count == event->order &&
            group->previous == event->previous && group->run == event->run && group->from == event->from &&
            text_equal(group->who, event->who))
            return i;
    }
    return LEDGER_PENDING_EVENTS;
}

int64_t ledger_foresee(const struct ledger *ledger, const struct ledger_event *event, int64_t before) {
    size_t group = group_of(ledger, event);
    if (group < LEDGER_PENDING_EVENTS)
        return ledger->pending[group].version;
    return (before > ledger->version ? before : ledger->version) + 1;
}

int ledger_note(struct ledger *ledger, struct ledger_event *event, sluice_error *error) {
    size_t group = group_of(ledger, event);
    int failed = 0;
    if (group < LEDGER_PENDING_EVENTS) {
        event->version = ledger->pending[group].version;
        ledger->pending[group].count++;
        return 0;
    }
    /* Rows are written in the order of their versions: the end of the table is the cheapest place. */
    if (!may_share(event) || ledger->pending_count == LEDGER_PENDING_EVENTS)
        failed = ledger_write_pending(ledger, error);
    event->version = ++ledger->version;
    event->count = 1;
    if (failed)
        return failed;
    if (!may_share(event))
        return write_event(ledger, event, error);
    ledger->pending[ledger->pending_count++] = *event;
    return 0;
}
