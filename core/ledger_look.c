#include <stdio.h>

#include "ledger_db.h"
#include "text.h"

static void copy(char *out, size_t room, const char *text) {
    snprintf(out, room, "%s", text ? text : "");
}

/* Bought, but is it what is asked for now? */
static void answer_bought(const char *kept, sluice_text asked, struct claim *out) {
    out->answer = ANSWER_DUPLICATE;
    if (!kept || text_equal(text_of(kept), asked))
        return;
    out->answer = ANSWER_DIFFERS;
    snprintf(out->reason, sizeof out->reason, "already ordered with %s", *kept ? kept : "no parameters");
}

/* What a key that has a row is answered. */
static void read_answer(struct ledger *ledger, struct query *row, sluice_text parameters,
                        struct ledger_head *head, struct claim *out) {
    const char *kept = ledger_column_string(ledger, row, LEDGER_HEAD_COLUMNS);
    const char *order_id = ledger_column_string(ledger, row, LEDGER_HEAD_COLUMNS + 1);
    const char *reason = ledger_column_string(ledger, row, LEDGER_HEAD_COLUMNS + 2);
    ledger_read_head(ledger, row, head);
    *out = (struct claim){
        .order = head->id,
        .run = head->run,
        .attempt = head->attempt,
        .state = head->state,
        .gen = (int32_t)ledger_column_int(ledger, row, LEDGER_HEAD_COLUMNS + 3),
        .ordered_ms = ledger_column_int(ledger, row, LEDGER_HEAD_COLUMNS + 4),
        .row = (uint64_t)ledger_column_int(ledger, row, LEDGER_HEAD_COLUMNS + 6),
        .foreign = head->state == ORDER_EXISTS && !ledger_column_int(ledger, row, LEDGER_HEAD_COLUMNS + 5),
    };
    copy(out->order_id, sizeof out->order_id, order_id);
    copy(out->reason, sizeof out->reason, reason);
    switch (head->state) {
    case ORDER_NONE:
    case ORDER_RELEASED:
        out->answer = ANSWER_CLAIMED;
        break;
    case ORDER_CLAIMED:
    case ORDER_SENDING:
        out->answer = ANSWER_LIVE;
        break;
    case ORDER_IN_DOUBT:
        out->answer = ANSWER_IN_DOUBT;
        break;
    case ORDER_REJECTED:
        out->answer = ANSWER_REJECTED;
        break;
    case ORDER_EXISTS: /* not bought with the parameters of this row */
        out->answer = ANSWER_DUPLICATE;
        break;
    case ORDER_PLACED:
    case ORDER_REFUNDED:
        answer_bought(kept, parameters, out);
        break;
    }
}

/* What is asked of a row, in the order that read_answer takes it. */
#define ANSWER_COLUMNS \
    LEDGER_HEAD ", parameters, order_id, ifnull(reason, code), gen, max(claimed_ms, sent_ms), sent_ms, row"

/* Somebody else's order may stand before one that was sent from here. */
static int look_behind(struct ledger *ledger, const struct order_key *key, int64_t *run,
                       sluice_error *error) {
    struct query *find;
    int result = ledger_statement(ledger, STATEMENT_ORDER_BOUGHT,
                                  "SELECT run FROM orders WHERE key = ?1 AND sent_ms > 0"
                                  " AND state IN (3, 5, 7) ORDER BY gen DESC LIMIT 1",
                                  &find, error);
    if (result)
        return result;
    ledger_bind_blob(ledger, find, 1, key->bytes, sizeof key->bytes);
    result = ledger_step(ledger, find, error);
    if (result == 1)
        *run = ledger_column_int(ledger, find, 0);
    ledger_reset(ledger, find);
    return result;
}

int ledger_look_head(struct ledger *ledger, const struct order_key *key, sluice_text parameters,
                     struct ledger_head *head, struct claim *out, sluice_error *error) {
    struct query *find;
    int result = ledger_statement(ledger, STATEMENT_ORDER_BY_KEY,
                                  "SELECT " ANSWER_COLUMNS " FROM orders"
                                  " WHERE key = ?1 AND (state <> 8 OR gen = 1) ORDER BY gen DESC LIMIT 1",
                                  &find, error);
    if (result)
        return result;
    ledger_bind_blob(ledger, find, 1, key->bytes, sizeof key->bytes);
    result = ledger_step(ledger, find, error);
    *out = (struct claim){.answer = ANSWER_CLAIMED};
    if (result == 1)
        read_answer(ledger, find, parameters, head, out);
    ledger_reset(ledger, find);
    if (result == 1 && out->foreign)
        result = look_behind(ledger, key, &out->bought_by, error);
    return result < 0 ? result : 0;
}

int ledger_look(struct ledger *ledger, int64_t run, const struct order_key *key, sluice_text parameters,
                struct claim *out, sluice_error *error) {
    struct ledger_head head;
    (void)run; /* its own orders are answered like those of others */
    return ledger_look_head(ledger, key, parameters, &head, out, error);
}

/* For whom an order was claimed stands in its last T1; a clock has no say in it. */
int ledger_look_asker(struct ledger *ledger, const struct order_key *key, sluice_text asker,
                      struct claim *found, sluice_error *error) {
    struct query *find;
    int result = !asker.len
                     ? 0
                     : ledger_statement(ledger, STATEMENT_ORDER_BY_ASKER,
                                        "WITH RECURSIVE chain (gen, row, order_id, state, version) AS ("
                                        " SELECT gen, row, order_id, state, version FROM orders"
                                        " WHERE key = ?1 AND state IN (3, 5, 7)"
                                        " UNION ALL SELECT gen, row, order_id, state, previous"
                                        " FROM chain JOIN events USING (version) WHERE transition <> 1)"
                                        " SELECT row, order_id, state FROM chain JOIN events USING (version)"
                                        " WHERE transition = 1 AND who = ?2 ORDER BY gen DESC LIMIT 1",
                                        &find, error);
    if (result || !asker.len)
        return result;
    ledger_bind_blob(ledger, find, 1, key->bytes, sizeof key->bytes);
    ledger_bind_text(ledger, find, 2, asker);
    result = ledger_step(ledger, find, error);
    if (result == 1) {
        found->own = (enum order_state)ledger_column_int(ledger, find, 2);
        found->row = (uint64_t)ledger_column_int(ledger, find, 0);
        copy(found->order_id, sizeof found->order_id, ledger_column_string(ledger, find, 1));
    }
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

/* Has the run bought it, or one that it repeats together with? */
static bool is_bought_by_now(const struct repeat *policy, int64_t run, const struct claim *found) {
    int64_t buyer = found->foreign ? found->bought_by : found->run;
    if (found->state == ORDER_REJECTED)
        return found->run == run;
    if (policy && policy->asked)
        return false;
    return buyer && (buyer == run || repeat_excludes(policy, buyer));
}

bool ledger_repeats(const struct repeat *policy, int64_t run, const struct claim *found) {
    bool any_time = policy && policy->asked && !found->foreign;
    return !found->own && !is_bought_by_now(policy, run, found) &&
           repeat_allows(policy, found->state, any_time ? INT64_MIN : found->ordered_ms);
}
