#include "ledger_settle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger_db.h"
#include "text.h"

/* ---- accounts ------------------------------------------------------------------------------ */

static int find_account(struct ledger *ledger, sluice_text provider, sluice_text account, int64_t *id,
                        sluice_error *error) {
    struct query *find;
    int result =
        ledger_statement(ledger, STATEMENT_ACCOUNT_FIND,
                         "SELECT id FROM accounts WHERE provider = ?1 AND account = ?2", &find, error);
    if (result)
        return result;
    ledger_bind_text(ledger, find, 1, provider);
    ledger_bind_text(ledger, find, 2, account);
    result = ledger_step(ledger, find, error);
    *id = result == 1 ? ledger_column_int(ledger, find, 0) : 0;
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

int ledger_account(struct ledger *ledger, sluice_text provider, sluice_text account, bool add, int64_t *id,
                   sluice_error *error) {
    struct query *insert;
    int failed = find_account(ledger, provider, account, id, error);
    if (failed || *id || !add)
        return failed;
    failed = ledger_check_changing(ledger, error);
    if (!failed)
        failed = ledger_statement(ledger, STATEMENT_ACCOUNT_ADD,
                                  "INSERT INTO accounts (provider, account) VALUES (?1, ?2)", &insert, error);
    if (failed)
        return failed;
    ledger_bind_text(ledger, insert, 1, provider);
    ledger_bind_text(ledger, insert, 2, account);
    failed = ledger_execute(ledger, insert, error);
    *id = ledger_last_id(ledger);
    return failed;
}

/* ---- what is in doubt ---------------------------------------------------------------------- */

void ledger_read_doubt(struct ledger *ledger, struct query *row, struct doubt *out) {
    size_t size;
    const void *key = ledger_column_blob(ledger, row, 2, &size);
    *out = (struct doubt){
        .id = ledger_column_int(ledger, row, 0),
        .run = ledger_column_int(ledger, row, 1),
        .row = (uint64_t)ledger_column_int(ledger, row, 3),
        .service = ledger_column_string(ledger, row, 4),
        .identifier = ledger_column_string(ledger, row, 5),
        .currency = ledger_column_string(ledger, row, 6),
        .code = ledger_column_string(ledger, row, 7),
        .reason = ledger_column_string(ledger, row, 8),
        .price = ledger_column_money(ledger, row, 9),
        .sent_ms = ledger_column_int(ledger, row, 10),
        .live = ledger_column_int(ledger, row, 11) != 0,
        .missed_ms = ledger_column_int(ledger, row, 12),
    };
    if (size == sizeof out->key.bytes)
        memcpy(out->key.bytes, key, size);
}

/* Of all that is open, few are in doubt: the index of open orders has them. */
static const char doubts[] =
    "SELECT " LEDGER_DOUBT " FROM orders AS o INDEXED BY orders_open"
    " WHERE (o.state = 1 OR o.state = 2 OR o.state = 4) AND o.state = 4 AND o.account = ?1 ORDER BY o.id";

static int read_doubts(struct ledger *ledger, enum ledger_statement which, const char *sql, int64_t of,
                       int (*each)(void *user, const struct doubt *doubt), void *user, sluice_error *error) {
    struct doubt doubt;
    struct query *rows;
    int result = ledger_statement(ledger, which, sql, &rows, error);
    if (result)
        return result;
    ledger_bind_int(ledger, rows, 1, of);
    while ((result = ledger_step(ledger, rows, error)) == 1) {
        ledger_read_doubt(ledger, rows, &doubt);
        if (each(user, &doubt))
            break;
    }
    ledger_reset(ledger, rows);
    return result < 0 ? result : 0;
}

int ledger_doubts(struct ledger *ledger, int64_t account, int (*each)(void *user, const struct doubt *doubt),
                  void *user, sluice_error *error) {
    return read_doubts(ledger, STATEMENT_DOUBTS_READ, doubts, account, each, user, error);
}

int ledger_doubt(struct ledger *ledger, int64_t order, int (*each)(void *user, const struct doubt *doubt),
                 void *user, sluice_error *error) {
    return read_doubts(ledger, STATEMENT_DOUBT_READ,
                       "SELECT " LEDGER_DOUBT " FROM orders AS o WHERE o.id = ?1 AND o.state = 4", order,
                       each, user, error);
}

int ledger_count_doubts(struct ledger *ledger, int64_t account, uint64_t *out, sluice_error *error) {
    struct query *count;
    int result =
        ledger_statement(ledger, STATEMENT_DOUBTS_COUNT,
                         "SELECT count(*) FROM orders INDEXED BY orders_open"
                         " WHERE (state = 1 OR state = 2 OR state = 4) AND state = 4 AND account = ?1",
                         &count, error);
    *out = 0;
    if (result)
        return result;
    ledger_bind_int(ledger, count, 1, account);
    result = ledger_step(ledger, count, error);
    if (result == 1)
        *out = (uint64_t)ledger_column_int(ledger, count, 0);
    ledger_reset(ledger, count);
    return result < 0 ? result : 0;
}

int ledger_doubtful_accounts(struct ledger *ledger,
                             int (*each)(void *user, const char *provider, const char *account), void *user,
                             sluice_error *error) {
    struct query *rows;
    int result = ledger_statement(ledger, STATEMENT_DOUBTS_ACCOUNTS,
                                  "SELECT provider, account FROM accounts WHERE id IN (SELECT account FROM "
                                  "orders INDEXED BY orders_open"
                                  " WHERE (state = 1 OR state = 2 OR state = 4) AND state = 4) ORDER BY id",
                                  &rows, error);
    if (result)
        return result;
    while ((result = ledger_step(ledger, rows, error)) == 1)
        if (each(user, ledger_column_string(ledger, rows, 0), ledger_column_string(ledger, rows, 1)))
            break;
    ledger_reset(ledger, rows);
    return result < 0 ? result : 0;
}

int ledger_holder(struct ledger *ledger, int64_t account, sluice_text order_id, struct holder *out,
                  sluice_error *error) {
    struct query *find;
    int result = ledger_statement(
        ledger, STATEMENT_ORDER_HOLDER,
        "SELECT id, state, sent_ms FROM orders WHERE account = ?1 AND order_id = ?2", &find, error);
    *out = (struct holder){0};
    if (result)
        return result;
    ledger_bind_int(ledger, find, 1, account);
    ledger_bind_text(ledger, find, 2, order_id);
    result = ledger_step(ledger, find, error);
    if (result == 1)
        *out = (struct holder){.order = ledger_column_int(ledger, find, 0),
                               .state = (enum order_state)ledger_column_int(ledger, find, 1),
                               .sent_ms = ledger_column_int(ledger, find, 2)};
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

/* ---- what several transitions do ------------------------------------------------------------ */

static int read_number(struct ledger *ledger, enum ledger_statement which, const char *sql, int64_t id,
                       int64_t *out, sluice_error *error) {
    struct query *read;
    int result = ledger_statement(ledger, which, sql, &read, error);
    *out = 0;
    if (result)
        return result;
    ledger_bind_int(ledger, read, 1, id);
    result = ledger_step(ledger, read, error);
    if (result == 1)
        *out = ledger_column_int(ledger, read, 0);
    ledger_reset(ledger, read);
    return result < 0 ? result : 0;
}

static int execute_for(struct ledger *ledger, enum ledger_statement which, const char *sql, int64_t id,
                       sluice_error *error) {
    struct query *change;
    int failed = ledger_statement(ledger, which, sql, &change, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, change, 1, id);
    return ledger_execute(ledger, change, error);
}

int ledger_wait_for_sinks(struct ledger *ledger, const struct ledger_head *head, int64_t run,
                          const struct record *added, sluice_error *error) {
    int64_t sinks;
    int failed = read_number(ledger, STATEMENT_CURSOR_COUNT, "SELECT count(*) FROM cursors WHERE run = ?1",
                             run, &sinks, error);
    if (failed || !sinks)
        return failed ? failed : ledger_drop_record(ledger, head->id, error);
    failed = ledger_keep_delivery(ledger, head->version, head->id, run, added, error);
    return failed ? failed
                  : execute_for(ledger, STATEMENT_RUN_REOPEN,
                                "UPDATE runs SET complete = 0 WHERE id = ?1 AND complete = 1", run, error);
}

/* ---- T10, T11, T12 ------------------------------------------------------------------------- */

/* A run that is still at work moves its cursors over what others would add to it: only itself may. */
static int is_anothers(struct ledger *ledger, int64_t owner, int64_t by_run, bool *out, sluice_error *error) {
    int64_t live;
    int failed =
        read_number(ledger, STATEMENT_RUN_LIVE,
                    "SELECT count(*) FROM runs WHERE id = ?1 AND ended_ms IS NULL", owner, &live, error);
    *out = live && owner != by_run;
    return failed;
}

/* 1: another order has the order id. */
static int write_row(struct ledger *ledger, const struct ledger_head *head, enum order_state state,
                     int64_t version, const struct verdict_on_doubt *verdict, sluice_error *error) {
    struct query *settle;
    bool placed = state == ORDER_PLACED;
    int failed =
        ledger_statement(ledger, STATEMENT_ORDER_SETTLE,
                         "UPDATE orders SET state = ?2, version = ?3, changed_ms = ?4, order_id = ?5,"
                         " code = ?6, reason = ?7 WHERE id = ?1",
                         &settle, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, settle, 1, head->id);
    ledger_bind_int(ledger, settle, 2, state);
    ledger_bind_int(ledger, settle, 3, version);
    ledger_bind_int(ledger, settle, 4, ledger->now_ms);
    ledger_bind_text(ledger, settle, 5, verdict->order_id.len ? verdict->order_id : (sluice_text){NULL, 0});
    ledger_bind_text(ledger, settle, 6, placed ? (sluice_text){NULL, 0} : verdict->code);
    ledger_bind_text(ledger, settle, 7,
                     placed ? (sluice_text){NULL, 0} : ledger_shorten(verdict->reason, LEDGER_REASON_BYTES));
    return ledger_execute_unique(ledger, settle, error);
}

static enum order_state state_after(enum transition transition) {
    return transition == T10   ? ORDER_PLACED
           : transition == T11 ? ORDER_EXISTS
           : transition == T12 ? ORDER_RELEASED
                               : ORDER_NONE;
}

static int settle(struct ledger *ledger, int64_t run, struct ledger_head *head,
                  const struct verdict_on_doubt *verdict, sluice_error *error) {
    struct ledger_event event = {.run = run,
                                 .transition = verdict->transition,
                                 .from = head->state,
                                 .to = state_after(verdict->transition),
                                 .who = verdict->who,
                                 .code = verdict->code,
                                 .reason = ledger_shorten(verdict->reason, LEDGER_REASON_BYTES),
                                 .evidence = ledger_shorten(verdict->evidence, LEDGER_EVIDENCE_BYTES)};
    struct ledger_total after = head->total;
    after.state = event.to;
    int result = write_row(ledger, head, event.to, ledger_foresee(ledger, &event, 0), verdict, error);
    if (result)
        return result < 0 ? result : 0; /* 1: the order id is another order's; nothing has changed */
    result = ledger_change(ledger, head, &event, &after, error);
    if (!result && event.to == ORDER_PLACED)
        result = ledger_wait_for_sinks(ledger, head, head->run, &verdict->added, error);
    else if (!result)
        result = ledger_drop_record(ledger, head->id, error);
    return result ? result
                  : execute_for(ledger, STATEMENT_MISSED_DROP, "DELETE FROM missed WHERE id = ?1", head->id,
                                error);
}

/* What is in doubt; and what a person has found the order id of. */
static int may_settle(struct ledger *ledger, const struct ledger_head *head,
                      const struct verdict_on_doubt *verdict, bool *out, sluice_error *error) {
    int64_t nameless = 0;
    int failed = 0;
    if (head->state == ORDER_EXISTS && verdict->transition == T10 && verdict->who.len)
        failed = read_number(ledger, STATEMENT_ORDER_NAMELESS,
                             "SELECT order_id IS NULL OR order_id GLOB 'import-*' FROM orders WHERE id = ?1",
                             head->id, &nameless, error);
    *out = head->state == ORDER_IN_DOUBT || nameless;
    return failed;
}

int ledger_settle(struct ledger *ledger, int64_t run, int64_t order, const struct verdict_on_doubt *verdict,
                  enum order_state *became, sluice_error *error) {
    struct ledger_head head;
    bool anothers = false, may = false;
    if (verdict->transition == T10 && !verdict->order_id.len)
        return fail(error, SLUICE_E_SOFTWARE, "order %" PRId64 " can't be placed without an order id", order);
    int failed = ledger_load_head(ledger, order, &head, error);
    if (!failed)
        failed = is_anothers(ledger, head.run, run, &anothers, error);
    if (!failed)
        failed = may_settle(ledger, &head, verdict, &may, error);
    if (!failed && may && !anothers)
        failed = settle(ledger, run, &head, verdict, error);
    *became = failed ? ORDER_NONE : head.state;
    return failed;
}

int ledger_note_missed(struct ledger *ledger, int64_t order, int64_t taken_ms, sluice_error *error) {
    struct query *note;
    int failed = ledger_check_changing(ledger, error);
    if (!failed)
        failed = ledger_statement(ledger, STATEMENT_MISSED_ADD,
                                  "INSERT OR IGNORE INTO missed (id, at_ms) VALUES (?1, ?2)", &note, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, note, 1, order);
    ledger_bind_int(ledger, note, 2, taken_ms);
    return ledger_execute(ledger, note, error);
}
