/* T0: orders that this ledger learns of from a list or a store. Tested with the others of ledger_settle.h. */
#include <stdio.h>

#include "ledger_db.h"
#include "ledger_settle.h"
#include "text.h"
#include "zone.h"

enum { LISTED_NAME = 1024 };
static const int64_t year_10000_ms = INT64_C(253402300800000);

/* The newest row of the key; its state is NONE when there is none. */
static int newest(struct ledger *ledger, const struct order_key *key, int64_t *gen, enum order_state *state,
                  sluice_error *error) {
    struct query *find;
    int result = ledger_statement(ledger, STATEMENT_ORDER_NEWEST,
                                  "SELECT gen, state FROM orders WHERE key = ?1 ORDER BY gen DESC LIMIT 1",
                                  &find, error);
    *gen = 0;
    *state = ORDER_NONE;
    if (result)
        return result;
    ledger_bind_blob(ledger, find, 1, key->bytes, sizeof key->bytes);
    result = ledger_step(ledger, find, error);
    if (result == 1) {
        *gen = ledger_column_int(ledger, find, 0);
        *state = (enum order_state)ledger_column_int(ledger, find, 1);
    }
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

/* What a provider gives as the time of an order may be anything. */
static bool is_dated(const struct foreign *foreign) {
    return foreign->created_ms > 0 && foreign->created_ms < year_10000_ms;
}

/* It may have been made before the last one that the ledger knows: what was ordered last is what repeat_after
 * counts from.
 *
 * Its price isn't known, and nothing says that it was paid from here: it counts as nothing in the caps. */
static int insert(struct ledger *ledger, const struct foreign *foreign, const struct ledger_total *total,
                  int64_t gen, int64_t version, int64_t id, sluice_error *error) {
    struct query *add;
    int failed = ledger_statement(
        ledger, STATEMENT_ORDER_ADD_FOREIGN,
        "INSERT INTO orders (key, gen, state, run, call, attempt, version, account, day, claimed_ms, sent_ms,"
        " changed_ms, row, service, identifier, order_id, code, reason, id)"
        " VALUES (?1, ?2, ?3, ?4, 0, 1, ?5, ?6, ?7,"
        " max(?14, ifnull((SELECT max(max(claimed_ms, sent_ms)) FROM orders WHERE key = ?1 AND state <> 8), "
        "0)),"
        " 0, ?8, 0, ?9, ?10, ?11, ?12, ?13, ?15)",
        &add, error);
    if (failed)
        return failed;
    ledger_bind_blob(ledger, add, 1, foreign->key.bytes, sizeof foreign->key.bytes);
    ledger_bind_int(ledger, add, 2, gen);
    ledger_bind_int(ledger, add, 3, ORDER_EXISTS);
    ledger_bind_int(ledger, add, 4, total->run);
    ledger_bind_int(ledger, add, 5, version);
    ledger_bind_int(ledger, add, 6, total->account);
    ledger_bind_int(ledger, add, 7, total->quarter);
    ledger_bind_int(ledger, add, 8, ledger->now_ms);
    ledger_bind_text(ledger, add, 9, foreign->service);
    ledger_bind_text(ledger, add, 10, foreign->identifier);
    ledger_bind_text(ledger, add, 11, foreign->order_id.len ? foreign->order_id : (sluice_text){NULL, 0});
    ledger_bind_text(ledger, add, 12, foreign->code);
    ledger_bind_text(ledger, add, 13, foreign->evidence);
    ledger_bind_int(ledger, add, 14, is_dated(foreign) ? foreign->created_ms : ledger->now_ms);
    ledger_bind_int(ledger, add, 15, id);
    return ledger_execute(ledger, add, error);
}

static int add(struct ledger *ledger, int64_t run, const struct foreign *foreign, int64_t gen,
               sluice_error *error) {
    int64_t ordered_ms = is_dated(foreign) ? foreign->created_ms : ledger->now_ms;
    struct ledger_total total = {.account = foreign->account,
                                 .run = run,
                                 .state = ORDER_EXISTS,
                                 .quarter = (int32_t)(ordered_ms / ZONE_QUARTER_MS),
                                 .amount = MONEY_NONE};
    struct ledger_event event = {.run = run,
                                 .transition = T0,
                                 .from = ORDER_NONE,
                                 .to = ORDER_EXISTS,
                                 .code = foreign->code,
                                 .reason = foreign->evidence,
                                 .evidence = foreign->evidence};
    struct ledger_head head = {.attempt = 1, .run = run, .total = total};
    int64_t version = ledger_foresee(ledger, &event, 0);
    int failed = ledger_read_last_order(ledger, error);
    head.id = ledger->last_order + 1;
    if (!failed)
        failed = insert(ledger, foreign, &total, gen, version, head.id, error);
    if (failed)
        return failed;
    ledger->last_order = head.id;
    failed = ledger_change(ledger, &head, &event, &total, error);
    return failed || !foreign->deliver
               ? failed
               : ledger_wait_for_sinks(ledger, &head, foreign->deliver, &foreign->record, error);
}

int ledger_add_foreign(struct ledger *ledger, int64_t run, const struct foreign *foreign, bool *added,
                       sluice_error *error) {
    struct holder holder = {0};
    enum order_state state;
    int64_t gen;
    *added = false;
    int failed = ledger_check_changing(ledger, error);
    if (!failed && foreign->order_id.len)
        failed = ledger_holder(ledger, foreign->account, foreign->order_id, &holder, error);
    if (failed || holder.order)
        return failed;
    failed = newest(ledger, &foreign->key, &gen, &state, error);
    if (failed || order_state_open(state) || (!foreign->order_id.len && order_state_holds_key(state)))
        return failed;
    *added = true;
    return add(ledger, run, foreign, gen + 1, error);
}

static void listed_name(sluice_text provider, sluice_text account, char *out, size_t room) {
    snprintf(out, room, "listed by %.*s for %.*s", TEXT_ARG(provider), TEXT_ARG(account));
}

int ledger_listed(struct ledger *ledger, sluice_text provider, sluice_text account, bool *listed,
                  sluice_error *error) {
    char name[LISTED_NAME], value[2];
    listed_name(provider, account, name, sizeof name);
    int failed = ledger_setting(ledger, name, value, sizeof value, error);
    *listed = !failed && value[0];
    return failed;
}

int ledger_set_listed(struct ledger *ledger, sluice_text provider, sluice_text account, sluice_error *error) {
    char name[LISTED_NAME];
    listed_name(provider, account, name, sizeof name);
    return ledger_set(ledger, name, "1", error);
}
