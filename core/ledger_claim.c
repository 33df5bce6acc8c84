#include "ledger_remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "zone.h"

static bool same(const char *kept, sluice_text asked) {
    return kept && text_equal(text_of(kept), asked);
}

static int find_account(struct ledger *ledger, const struct intent *intent, int64_t *id,
                        sluice_error *error) {
    struct query *find;
    int result =
        ledger_statement(ledger, STATEMENT_ACCOUNT_FIND,
                         "SELECT id FROM accounts WHERE provider = ?1 AND account = ?2", &find, error);
    if (result)
        return result;
    ledger_bind_text(ledger, find, 1, intent->provider);
    ledger_bind_text(ledger, find, 2, intent->account);
    result = ledger_step(ledger, find, error);
    *id = result == 1 ? ledger_column_int(ledger, find, 0) : 0;
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

static int add_account(struct ledger *ledger, const struct intent *intent, int64_t *id, sluice_error *error) {
    struct query *add;
    int failed = ledger_statement(ledger, STATEMENT_ACCOUNT_ADD,
                                  "INSERT INTO accounts (provider, account) VALUES (?1, ?2)", &add, error);
    if (failed)
        return failed;
    ledger_bind_text(ledger, add, 1, intent->provider);
    ledger_bind_text(ledger, add, 2, intent->account);
    failed = ledger_execute(ledger, add, error);
    *id = ledger_last_id(ledger);
    return failed;
}

static int account_of(struct ledger *ledger, const struct intent *intent, int64_t *id, sluice_error *error) {
    *id = ledger->account.id;
    if (*id && same(ledger->account.provider, intent->provider) &&
        same(ledger->account.name, intent->account))
        return 0;
    int failed = find_account(ledger, intent, id, error);
    if (!failed && !*id)
        failed = add_account(ledger, intent, id, error);
    if (failed)
        return failed;
    free(ledger->account.provider);
    free(ledger->account.name);
    ledger->account.id = *id;
    ledger->account.provider = strndup(intent->provider.ptr, intent->provider.len);
    ledger->account.name = strndup(intent->account.ptr, intent->account.len);
    return 0;
}

static int check_intent(struct ledger *ledger, const struct intent *intent, sluice_error *error) {
    const sluice_text parts[] = {intent->provider, intent->account, intent->service, intent->identifier};
    int failed = ledger_check_changing(ledger, error);
    if (failed)
        return failed;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i].ptr || parts[i].len > RECORD_BYTES)
            return fail(error, SLUICE_E_SOFTWARE,
                        "an order without provider, account, service or identifier");
    if (intent->parameters.len > RECORD_BYTES)
        return fail(error, SLUICE_E_DATA, "the parameters of an order are larger than %d MiB",
                    RECORD_BYTES >> 20);
    if (intent->price == MONEY_NONE || intent->price < 0)
        return fail(error, SLUICE_E_CONFIG,
                    "no price is known for service %.*s, so it isn't bought; set `spend: {price: …}`",
                    TEXT_ARG(intent->service));
    if (intent->currency && strlen(intent->currency) >= LEDGER_CURRENCY_BYTES)
        return fail(error, SLUICE_E_CONFIG, "the currency '%.40s' is no currency's code", intent->currency);
    return 0;
}

/* NULL in the table stands for unknown parameters: those of an order that sluice didn't place. */
static sluice_text parameters_of(const struct intent *intent) {
    return intent->parameters.ptr ? intent->parameters : TEXT("");
}

/* What the order will count as. */
static void prepare_total(const struct ledger *ledger, int64_t run, const struct intent *intent,
                          struct ledger_total *out) {
    out->run = run;
    out->state = ORDER_CLAIMED;
    out->quarter = intent->quarter ? intent->quarter : (int32_t)(ledger->now_ms / ZONE_QUARTER_MS);
    out->amount = intent->price;
    snprintf(out->currency, sizeof out->currency, "%s", intent->currency ? intent->currency : "");
}

int ledger_read_last_order(struct ledger *ledger, sluice_error *error) {
    struct query *last;
    int result = ledger->last_order ? 0
                                    : ledger_statement(ledger, STATEMENT_ORDER_LAST,
                                                       "SELECT max(id) FROM orders", &last, error);
    if (result || ledger->last_order)
        return result;
    result = ledger_step(ledger, last, error);
    if (result < 0)
        return result;
    ledger->last_order = ledger_column_int(ledger, last, 0);
    ledger_reset(ledger, last);
    return 0;
}

/* Insert the row of a generation of the key, as it is after T1 or, with intent->call, after T2: nobody sees
 * what is between them. *added is false when that generation has a row. */
static int insert(struct ledger *ledger, const struct intent *intent, const struct ledger_total *total,
                  int32_t gen, int64_t version, bool *added, sluice_error *error) {
    struct query *add;
    int failed = ledger_statement(
        ledger, STATEMENT_ORDER_ADD,
        "INSERT INTO orders (key, gen, state, run, call, attempt, version, account, day, price, claimed_ms, "
        "sent_ms,"
        " changed_ms, row, service, identifier, parameters, currency)"
        " VALUES (?1, ?16, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?17, ?10, ?9, ?11, ?12, ?13, ?14, ?15)"
        " ON CONFLICT (key, gen) DO NOTHING",
        &add, error);
    if (failed)
        return failed;
    if (ledger->remote) /* it gives no ids by itself */
        ledger_bind_int(ledger, add, 18, ledger->last_order + 1);
    ledger_bind_blob(ledger, add, 1, intent->key.bytes, sizeof intent->key.bytes);
    ledger_bind_int(ledger, add, 2, intent->call ? ORDER_SENDING : ORDER_CLAIMED);
    ledger_bind_int(ledger, add, 3, total->run);
    ledger_bind_int(ledger, add, 4, intent->call);
    ledger_bind_int(ledger, add, 5, version);
    ledger_bind_int(ledger, add, 6, total->account);
    ledger_bind_int(ledger, add, 7, total->quarter);
    ledger_bind_money(ledger, add, 8, intent->price);
    ledger_bind_int(ledger, add, 9, ledger->now_ms);
    ledger_bind_int(ledger, add, 10, intent->call ? intent->sent_ms : 0);
    ledger_bind_int(ledger, add, 11, (int64_t)intent->row);
    ledger_bind_text(ledger, add, 12, intent->service);
    ledger_bind_text(ledger, add, 13, intent->identifier);
    ledger_bind_text(ledger, add, 14, parameters_of(intent));
    ledger_bind_string(ledger, add, 15, intent->currency);
    ledger_bind_int(ledger, add, 16, gen);
    ledger_bind_int(ledger, add, 17, ledger->now_ms);
    failed = ledger_execute(ledger, add, error);
    *added = !failed && ledger_changed(ledger) == 1;
    return failed;
}

/* The T1 with which the next generation begins. Its texts are constant: events of a group share them. */
static struct ledger_event first_event(const struct claim *before, sluice_text asker) {
    struct ledger_event event = {.transition = T1, .from = before->state, .to = ORDER_CLAIMED, .who = asker};
    if (before->state != ORDER_NONE) {
        event.code = text_of(repeat_code(before->state));
        event.reason = text_of(repeat_reason(before->state));
    }
    return event;
}

/* T1, and T2 with intent->call, of a generation without a row; `before`: what the one before it came to.
 * *added is false when there is a row after all. */
static int claim_new(struct ledger *ledger, const struct intent *intent, const struct ledger_total *total,
                     const struct claim *before, bool *added, struct claim *out, sluice_error *error) {
    int32_t gen = before->gen + 1;
    int failed = ledger_read_last_order(ledger, error);
    struct ledger_head head = {.id = ledger->last_order + 1, .attempt = 1, .total = *total};
    struct ledger_event claim = first_event(before, intent->asker);
    claim.order = head.id;
    claim.run = total->run;
    struct ledger_event send = {
        .order = head.id, .run = total->run, .transition = T2, .from = ORDER_CLAIMED, .to = ORDER_SENDING};
    send.previous = ledger_foresee(ledger, &claim, 0);
    int64_t version = intent->call ? ledger_foresee(ledger, &send, send.previous) : send.previous;
    if (!failed)
        failed = insert(ledger, intent, total, gen, version, added, error);
    if (failed || !*added)
        return failed;
    ledger->last_order = head.id;
    failed = ledger_change(ledger, &head, &claim, total, error);
    if (!failed && intent->call)
        failed = ledger_step_to(ledger, &head, total->run, T2, ORDER_SENDING, error);
    if (!failed)
        failed = ledger_keep_record(ledger, head.id, &intent->record, error);
    bool elsewhere = !ledger->remote && ledger_last_id(ledger) != head.id;
    if (!failed && (elsewhere || head.version != version))
        failed = fail(error, SLUICE_E_SOFTWARE, "%s: order %" PRId64 " isn't where it should be",
                      ledger->path, head.id);
    *out = (struct claim){
        .answer = ANSWER_CLAIMED, .order = head.id, .run = total->run, .attempt = 1, .gen = gen};
    return failed;
}

/* T1, and T2 with intent->call, of a row that was released. */
static int claim_released(struct ledger *ledger, const struct intent *intent, struct ledger_total *total,
                          struct ledger_head *head, int32_t gen, struct claim *out, sluice_error *error) {
    struct ledger_event event = {
        .run = total->run, .transition = T1, .from = head->state, .to = ORDER_CLAIMED, .who = intent->asker};
    uint32_t attempt = head->run == total->run ? head->attempt + 1 : 1;
    struct query *claim;
    total->account = head->total.account; /* it is part of the key */
    head->attempt = attempt;
    int failed = ledger_change(ledger, head, &event, total, error);
    if (!failed && intent->call)
        failed = ledger_step_to(ledger, head, total->run, T2, ORDER_SENDING, error);
    if (!failed)
        failed = ledger_statement(
            ledger, STATEMENT_ORDER_CLAIM,
            "UPDATE orders SET state = ?2, run = ?3, call = ?4, attempt = ?5, version = ?6,"
            " day = ?7, price = ?8, claimed_ms = ?14, sent_ms = ?10, changed_ms = ?9, row = ?11,"
            " parameters = ?12, currency = ?13, order_id = NULL, code = NULL, reason = NULL"
            " WHERE id = ?1",
            &claim, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, claim, 1, head->id);
    ledger_bind_int(ledger, claim, 2, head->state);
    ledger_bind_int(ledger, claim, 3, total->run);
    ledger_bind_int(ledger, claim, 4, intent->call);
    ledger_bind_int(ledger, claim, 5, attempt);
    ledger_bind_int(ledger, claim, 6, head->version);
    ledger_bind_int(ledger, claim, 7, total->quarter);
    ledger_bind_money(ledger, claim, 8, intent->price);
    ledger_bind_int(ledger, claim, 9, ledger->now_ms);
    ledger_bind_int(ledger, claim, 10, intent->call ? intent->sent_ms : 0);
    ledger_bind_int(ledger, claim, 11, (int64_t)intent->row);
    ledger_bind_text(ledger, claim, 12, parameters_of(intent));
    ledger_bind_string(ledger, claim, 13, intent->currency);
    ledger_bind_int(ledger, claim, 14, ledger->now_ms);
    failed = ledger_execute(ledger, claim, error);
    *out = (struct claim){
        .answer = ANSWER_CLAIMED, .order = head->id, .run = total->run, .attempt = attempt, .gen = gen};
    return failed ? failed : ledger_keep_record(ledger, head->id, &intent->record, error);
}

/* The row of a generation that was begun before and released. */
static int find_released(struct ledger *ledger, const struct order_key *key, int32_t gen,
                         struct ledger_head *head, sluice_error *error) {
    struct query *find;
    int result = ledger_statement(
        ledger, STATEMENT_ORDER_BY_GEN,
        "SELECT " LEDGER_HEAD " FROM orders WHERE key = ?1 AND gen = ?2 AND state = 8", &find, error);
    if (result)
        return result;
    ledger_bind_blob(ledger, find, 1, key->bytes, sizeof key->bytes);
    ledger_bind_int(ledger, find, 2, gen);
    result = ledger_step(ledger, find, error);
    if (result == 1)
        ledger_read_head(ledger, find, head);
    ledger_reset(ledger, find);
    if (result == 0)
        return fail(error, SLUICE_E_SOFTWARE, "%s: an order has no generation %d", ledger->path, (int)gen);
    return result < 0 ? result : 0;
}

/* T1 of the generation behind `found`. */
static int claim_next(struct ledger *ledger, const struct intent *intent, struct ledger_total *total,
                      const struct claim *found, struct claim *out, sluice_error *error) {
    struct ledger_head head;
    bool added = false;
    int failed = claim_new(ledger, intent, total, found, &added, out, error);
    if (failed || added)
        return failed;
    failed = find_released(ledger, &intent->key, found->gen + 1, &head, error);
    return failed ? failed : claim_released(ledger, intent, total, &head, found->gen + 1, out, error);
}

/* What this transaction itself has claimed isn't in the answers that it began with. */
static bool is_claimed_now(struct ledger *ledger, int64_t run, const struct intent *intent,
                           struct claim *out) {
    const struct remote_key *key = ledger->remote ? remote_ahead_claimed(ledger->remote, &intent->key) : NULL;
    if (key)
        *out = (struct claim){.answer = ANSWER_LIVE,
                              .order = key->order,
                              .run = run,
                              .attempt = key->attempt,
                              .state = intent->call ? ORDER_SENDING : ORDER_CLAIMED,
                              .gen = key->gen};
    return key != NULL;
}

static int claim_key(struct ledger *ledger, int64_t run, const struct intent *intent, struct claim *out,
                     sluice_error *error) {
    static const struct claim nothing = {.answer = ANSWER_CLAIMED};
    struct ledger_total total = {0};
    struct ledger_head head;
    bool added = false;
    int failed = check_intent(ledger, intent, error);
    if (!failed)
        failed = account_of(ledger, intent, &total.account, error);
    if (failed)
        return failed;
    prepare_total(ledger, run, intent, &total);
    failed = claim_new(ledger, intent, &total, &nothing, &added, out, error);
    if (failed || added)
        return failed;
    failed = ledger_look_head(ledger, &intent->key, intent->parameters, &head, out, error);
    if (failed)
        return failed;
    if (out->answer == ANSWER_CLAIMED)
        return claim_released(ledger, intent, &total, &head, out->gen, out, error);
    failed = ledger_look_asker(ledger, &intent->key, intent->asker, out, error);
    if (failed)
        return failed;
    struct claim found = *out;
    return ledger_repeats(intent->repeat, run, &found)
               ? claim_next(ledger, intent, &total, &found, out, error)
               : 0;
}

int ledger_claim(struct ledger *ledger, int64_t run, const struct intent *intent, struct claim *out,
                 sluice_error *error) {
    if (is_claimed_now(ledger, run, intent, out))
        return 0;
    int failed = claim_key(ledger, run, intent, out, error);
    if (!failed && ledger->remote && out->answer == ANSWER_CLAIMED)
        remote_ahead_note(ledger->remote, &intent->key, out);
    return failed;
}
