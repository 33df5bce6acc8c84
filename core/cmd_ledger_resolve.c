#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd_ledger_desk.h"
#include "json.h"
#include "log.h"
#include "order_list.h"
#include "person.h"
#include "settler.h"
#include "text.h"

enum { TEXT_ROOM = 600 };

/* The order that is resolved; its texts are in the program's arena. */
struct resolving {
    struct desk desk;
    struct doubt doubt;
    const char *provider, *account, *pipeline;
    const char *placed, *reason;
    uint64_t found;
    sluice_text title, status; /* as the provider lists it */
    char evidence[TEXT_ROOM];
    char others[200]; /* keys, when several orders are meant */
};

/* ---- which order -------------------------------------------------------------------------- */

static const char *keep(struct resolving *resolving, const char *text) {
    return text ? arena_string(&resolving->desk.program->arena, text) : NULL;
}

static int take_order(void *user, const struct order_row *row) {
    struct resolving *resolving = user;
    char key[33];
    size_t used = strlen(resolving->others);
    order_key_text(&row->key, key);
    resolving->found++;
    snprintf(resolving->others + used, sizeof resolving->others - used, " %s", key);
    resolving->doubt = (struct doubt){.id = row->id,
                                      .run = row->run,
                                      .key = row->key,
                                      .row = row->row,
                                      .service = keep(resolving, row->service),
                                      .identifier = keep(resolving, row->identifier),
                                      .currency = keep(resolving, row->currency),
                                      .price = row->price,
                                      .sent_ms = row->sent_ms};
    resolving->provider = keep(resolving, row->provider);
    resolving->account = keep(resolving, row->account);
    resolving->pipeline = keep(resolving, row->pipeline);
    return 0;
}

/* WHAT is a key of the ledger, or an identifier with one order in doubt. */
static int find_order(struct resolving *resolving, const char *what) {
    static const enum order_state in_doubt[] = {ORDER_IN_DOUBT};
    struct desk *desk = &resolving->desk;
    sluice_error *error = &desk->program->error;
    struct order_key key;
    bool is_key = order_key_parse(what, &key);
    struct order_filter filter = {.states = in_doubt, .state_count = 1};
    if (is_key)
        filter.key = &key;
    else
        filter.identifier = what;
    int failed = ledger_list(desk->ledger, &filter, take_order, resolving, error);
    if (failed)
        return failed;
    if (!resolving->found)
        return fail(error, SLUICE_E_DATA,
                    "no order '%s' is in doubt; see 'sluice ledger list --state in_doubt'", what);
    if (resolving->found > 1)
        return fail(error, SLUICE_E_USAGE, "several orders for '%s' are in doubt; give the key of one:%s",
                    what, resolving->others);
    return 0;
}

/* ---- is it so? ----------------------------------------------------------------------------- */

static int check_free(struct resolving *resolving) {
    struct desk *desk = &resolving->desk;
    struct holder holder;
    int64_t account;
    sluice_error *error = &desk->program->error;
    int failed = ledger_account(desk->ledger, text_of(resolving->provider), text_of(resolving->account),
                                false, &account, error);
    if (!failed)
        failed = ledger_holder(desk->ledger, account, text_of(resolving->placed), &holder, error);
    if (!failed && holder.order)
        failed = fail(error, SLUICE_E_DATA,
                      "order %s is known already, as another order's: see 'sluice ledger show %s'",
                      resolving->placed, resolving->placed);
    return failed;
}

/* What the provider lists under that order id must be what was ordered. */
static int compare(struct resolving *resolving, const struct order_list *list) {
    const struct doubt *doubt = &resolving->doubt;
    sluice_error *error = &resolving->desk.program->error;
    size_t i = 0;
    while (i < list->list.count && !text_is(list->list.orders[i].order_id, resolving->placed))
        i++;
    if (i == list->list.count)
        return fail(error, SLUICE_E_DATA, "the provider knows no order %s of this account",
                    resolving->placed);
    const struct settle_listed *order = &list->list.orders[i];
    const struct listed_words *words = &list->words[i];
    if (!text_is(order->identifier, doubt->identifier))
        return fail(error, SLUICE_E_DATA, "order %s is for %.*s, not for %s", resolving->placed,
                    TEXT_ARG(order->identifier), doubt->identifier);
    if (order->service.ptr && !text_is(order->service, doubt->service))
        return fail(error, SLUICE_E_DATA, "order %s is of service %.*s, not of %s", resolving->placed,
                    TEXT_ARG(order->service), doubt->service);
    resolving->title = arena_copy(&resolving->desk.program->arena, words->title);
    resolving->status = arena_copy(&resolving->desk.program->arena, words->status);
    snprintf(resolving->evidence, sizeof resolving->evidence,
             "checked: the provider lists order %s for %s as '%.*s'", resolving->placed, doubt->identifier,
             TEXT_ARG(words->title));
    return 0;
}

static int ask(struct resolving *resolving) {
    struct desk *desk = &resolving->desk;
    static const sluice_text name = {"order_id", 8};
    static const uint64_t number = 1;
    const sluice_text id = text_of(resolving->placed);
    const sluice_text *const cells[] = {&id};
    const sluice_batch batch = {.size = sizeof batch,
                                .column_count = 1,
                                .row_count = 1,
                                .selected = 1,
                                .names = &name,
                                .cells = cells,
                                .numbers = &number};
    const sluice_row row = {&batch, 0, 0};
    struct order_list list = {
        .client = &desk->provider.client, .ledger = desk->ledger, .catalogue = &desk->catalogue};
    list.client->rows = &row;
    list.client->row_count = 1;
    int failed = order_list_fetch(&list, 0, &desk->program->error);
    list.client->rows = NULL;
    list.client->row_count = 0;
    if (!failed)
        failed = compare(resolving, &list);
    order_list_free(&list);
    return failed;
}

static void leave_unchecked(struct resolving *resolving, const char *why) {
    log_line(SLUICE_LOG_WARN, "ledger resolve", "order %s isn't checked with the provider: %s",
             resolving->placed, why);
    snprintf(resolving->evidence, sizeof resolving->evidence, "not checked with the provider: %s", why);
}

/* Positive: an exit code, what is wrong was printed. */
static int check_placed(struct resolving *resolving) {
    struct desk *desk = &resolving->desk;
    const char *file = arguments_value(&desk->program->arguments, "file");
    int result = check_free(resolving);
    if (result)
        return result;
    if (!file && !provider_in_environment(desk->program, resolving->provider)) {
        leave_unchecked(resolving, "neither -f FILE nor the environment says how to ask");
        return 0;
    }
    result = desk_open_provider(desk, file ? NULL : resolving->provider, file);
    if (result)
        return result;
    bool ours = text_is(desk->account, resolving->account) && text_is(desk->name, resolving->provider);
    if (ours && desk->provider.instance.self.endpoint.settles)
        return ask(resolving);
    if (file && !ours)
        return fail(&desk->program->error, SLUICE_E_CONFIG,
                    "%s orders on the account '%.*s', this order is of '%s'", file, TEXT_ARG(desk->account),
                    resolving->account);
    leave_unchecked(resolving, ours ? "it lists no orders" : "the environment is that of another account");
    return 0;
}

/* ---- the decision -------------------------------------------------------------------------- */

static int decide(struct resolving *resolving) {
    struct desk *desk = &resolving->desk;
    sluice_error *error = &desk->program->error;
    const struct settler names = {.provider = text_of(resolving->provider),
                                  .account = text_of(resolving->account)};
    struct settler_columns columns;
    enum order_state became;
    const char *who = person_name();
    char reason[TEXT_ROOM];
    snprintf(reason, sizeof reason, "%s: %s", who,
             resolving->reason ? resolving->reason : "found the order at the provider");
    struct verdict_on_doubt verdict = {.transition = resolving->placed ? T10 : T12,
                                       .who = text_of(who),
                                       .code = TEXT("resolved"),
                                       .reason = text_of(reason),
                                       .evidence = text_of(resolving->placed ? resolving->evidence : reason)};
    if (resolving->placed) {
        verdict.order_id = text_of(resolving->placed);
        verdict.added = settler_record(&names, &resolving->doubt, verdict.order_id, resolving->title,
                                       resolving->status, &columns);
    }
    int failed = ledger_begin(desk->ledger, error);
    if (!failed)
        failed = ledger_settle(desk->ledger, desk->run, resolving->doubt.id, &verdict, &became, error);
    if (!failed && became == ORDER_IN_DOUBT)
        failed = fail(error, SLUICE_E_BUSY, "run %" PRId64 " is still at work with it; wait for its end",
                      resolving->doubt.run);
    if (!failed)
        return ledger_commit(desk->ledger, error);
    ledger_rollback(desk->ledger);
    return failed;
}

static void put(struct json *json, const char *key, const char *value) {
    json_key(json, key);
    json_string(json, value);
}

static int print(const struct resolving *resolving) {
    struct json json = {0};
    char key[33];
    order_key_text(&resolving->doubt.key, key);
    if (!arguments_has(&resolving->desk.program->arguments, "json")) {
        if (resolving->placed)
            printf("%s is placed as order %s; the next run of '%s' delivers it\n",
                   resolving->doubt.identifier, resolving->placed,
                   resolving->pipeline ? resolving->pipeline : "?");
        else
            printf("%s isn't bought; a run that reads it orders it\n", resolving->doubt.identifier);
        return 0;
    }
    json_open(&json, '{');
    put(&json, "key", key);
    put(&json, "state", resolving->placed ? "placed" : "released");
    put(&json, "identifier", resolving->doubt.identifier);
    put(&json, "service", resolving->doubt.service);
    put(&json, "order_id", resolving->placed);
    put(&json, "evidence", resolving->placed ? resolving->evidence : resolving->reason);
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
    return 0;
}

static int read_arguments(struct resolving *resolving, struct program *program) {
    const struct arguments *arguments = &program->arguments;
    bool not_placed = arguments_has(arguments, "not-placed");
    resolving->placed = arguments_value(arguments, "placed");
    resolving->reason = arguments_value(arguments, "reason");
    if (arguments->operand_count != 2)
        return fail(&program->error, SLUICE_E_USAGE,
                    "'ledger resolve' takes one KEY: of the ledger, or an identifier");
    if (not_placed == (resolving->placed != NULL))
        return fail(&program->error, SLUICE_E_USAGE,
                    "say what became of it: --placed ORDER_ID, or --not-placed --reason TEXT");
    if (resolving->placed && (!*resolving->placed || strlen(resolving->placed) > ORDER_ID_BYTES))
        return fail(&program->error, SLUICE_E_USAGE, "--placed: '%.40s' is no order id", resolving->placed);
    if (not_placed && (!resolving->reason || !*resolving->reason))
        return fail(
            &program->error, SLUICE_E_USAGE,
            "--not-placed needs --reason TEXT: it is what there is to go by if it was bought after all");
    return 0;
}

int cmd_ledger_resolve(struct program *program) {
    struct resolving resolving = {0};
    int result = read_arguments(&resolving, program);
    if (result)
        return result;
    result = desk_open(&resolving.desk, program, "resolve");
    if (!result)
        result = find_order(&resolving, program->arguments.operands[1]);
    if (!result && resolving.placed)
        result = check_placed(&resolving);
    if (!result)
        result = decide(&resolving);
    if (!result)
        result = print(&resolving);
    return desk_close(&resolving.desk, result);
}
