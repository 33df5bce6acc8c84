#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd_ledger_resolve.h"
#include "json.h"
#include "order_id.h"
#include "person.h"
#include "settler.h"
#include "text.h"

/* ---- which order -------------------------------------------------------------------------- */

static const char *keep(struct resolving *resolving, const char *text) {
    return text ? arena_string(&resolving->desk.program->arena, text) : NULL;
}

static int take_order(void *user, const struct order_row *row) {
    struct resolving *resolving = user;
    char key[33];
    size_t used = strlen(resolving->others);
    if (row->state == ORDER_EXISTS && row->order_id &&
        !order_id_is_made_up(text_of(row->order_id))) /* nothing is left to be said of it */
        return 0;
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
                                      .code = keep(resolving, row->code),
                                      .price = row->price,
                                      .sent_ms = row->sent_ms};
    resolving->repeats = row->gen > 1;
    resolving->provider = keep(resolving, row->provider);
    resolving->account = keep(resolving, row->account);
    resolving->pipeline = keep(resolving, row->pipeline);
    resolving->pipeline_file = keep(resolving, row->pipeline_file);
    return 0;
}

static int list_orders(struct resolving *resolving, const char *what, enum order_state state) {
    struct order_key key;
    struct order_filter filter = {.states = &state, .state_count = 1};
    if (order_key_parse(what, &key))
        filter.key = &key;
    else
        filter.identifier = what;
    return ledger_list(resolving->desk.ledger, &filter, take_order, resolving,
                       &resolving->desk.program->error);
}

/* WHAT is a key of the ledger, or an identifier with one order in doubt; or, to give its order id, with one
 * that is known without. */
static int find_order(struct resolving *resolving, const char *what) {
    sluice_error *error = &resolving->desk.program->error;
    int failed = list_orders(resolving, what, ORDER_IN_DOUBT);
    if (!failed && !resolving->found && resolving->placed) {
        failed = list_orders(resolving, what, ORDER_EXISTS);
        resolving->exists = resolving->found != 0;
    }
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

/* ---- the decision -------------------------------------------------------------------------- */

static int decide(struct resolving *resolving) {
    struct desk *desk = &resolving->desk;
    sluice_error *error = &desk->program->error;
    const struct settler names = {.provider = text_of(resolving->provider),
                                  .account = text_of(resolving->account)};
    struct settler_columns columns;
    enum order_state became;
    const char *who = resolving->who ? resolving->who : person_name();
    char reason[RESOLVE_TEXT];
    snprintf(reason, sizeof reason, "%s: %s", who,
             resolving->reason ? resolving->reason : "found the order at the provider");
    struct verdict_on_doubt verdict = {.transition = resolving->placed ? T10 : T12,
                                       .who = text_of(who),
                                       .code = TEXT("resolved"),
                                       .reason = text_of(reason),
                                       .evidence = text_of(resolving->evidence)};
    if (resolving->placed) {
        verdict.order_id = text_of(resolving->placed);
        verdict.added = settler_record(&names, &resolving->doubt, verdict.order_id, resolving->title,
                                       resolving->status, resolving->exists, &columns);
    }
    int failed = ledger_begin(desk->ledger, error);
    if (!failed)
        failed = ledger_settle(desk->ledger, desk->run, resolving->doubt.id, &verdict, &became, error);
    if (!failed && became != (resolving->placed ? ORDER_PLACED : ORDER_RELEASED))
        failed = fail(error, SLUICE_E_BUSY, "run %" PRId64 " is still at work with it; wait for its end",
                      resolving->doubt.run);
    if (!failed)
        return ledger_commit(desk->ledger, error);
    ledger_rollback(desk->ledger);
    return failed;
}

int resolve_order(struct resolving *resolving, const char *what) {
    int result = find_order(resolving, what);
    if (!result)
        result = resolving->placed ? resolve_check_placed(resolving) : resolve_check_not_placed(resolving);
    return result ? result : decide(resolving);
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
            printf(resolving->repeats ? "%s isn't bought once more; the order before it stands, and a run "
                                        "orders it again when it is told to\n"
                                      : "%s isn't bought; a run that reads it orders it\n",
                   resolving->doubt.identifier);
        return 0;
    }
    json_open(&json, '{');
    put(&json, "key", key);
    put(&json, "state", resolving->placed ? "placed" : "released");
    put(&json, "identifier", resolving->doubt.identifier);
    put(&json, "service", resolving->doubt.service);
    put(&json, "order_id", resolving->placed);
    put(&json, "reason", resolving->reason);
    put(&json, "evidence", resolving->evidence);
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
    resolving->file = arguments_value(arguments, "file");
    resolving->unchecked = arguments_has(arguments, "unchecked");
    if (arguments->operand_count != 2)
        return fail(&program->error, SLUICE_E_USAGE,
                    "'ledger resolve' takes one KEY: of the ledger, or an identifier");
    if (not_placed == (resolving->placed != NULL))
        return fail(&program->error, SLUICE_E_USAGE,
                    "say what became of it: --placed ORDER_ID, or --not-placed --reason TEXT");
    if (resolving->placed && (!*resolving->placed || strlen(resolving->placed) > ORDER_ID_BYTES ||
                              order_id_is_made_up(text_of(resolving->placed))))
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
        result = resolve_order(&resolving, program->arguments.operands[1]);
    if (!result)
        result = print(&resolving);
    return desk_close(&resolving.desk, result);
}
