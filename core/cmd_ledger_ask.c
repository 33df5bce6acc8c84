/* What a person says of an order is compared with what the provider says, where that can be asked. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd_ledger_resolve.h"
#include "log.h"
#include "order_list.h"
#include "settle.h"
#include "text.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* ---- whom to ask --------------------------------------------------------------------------- */

static bool is_ours(const struct resolving *resolving) {
    const struct desk *desk = &resolving->desk;
    return text_is(desk->account, resolving->account) && text_is(desk->name, resolving->provider);
}

/* A list of orders, or the one order that a person has found. */
static bool can_answer(const struct resolving *resolving) {
    const sluice_endpoint *endpoint = &resolving->desk.provider.instance.self.endpoint;
    return endpoint->settles || (resolving->placed && endpoint->finds);
}

/* *why stays NULL when the provider of the order's account is open, and can be asked. */
static int open_one(struct resolving *resolving, const char *plugin, const char *file, const char **why) {
    struct desk *desk = &resolving->desk;
    int result = desk_open_provider(desk, plugin, file);
    if (result)
        return result;
    *why = !is_ours(resolving)      ? "the environment is that of another account"
           : !can_answer(resolving) ? "it lists no orders"
                                    : NULL;
    if (file && !is_ours(resolving))
        return fail(&desk->program->error, SLUICE_E_CONFIG,
                    "%s orders on the account '%.*s', this order is of '%s'", file, TEXT_ARG(desk->account),
                    resolving->account);
    return 0;
}

static int open_at_hand(struct resolving *resolving, const char **why) {
    struct desk *desk = &resolving->desk;
    int result = desk_open_component(desk, resolving->asks, resolving->stop);
    *why = result                   ? NULL
           : !is_ours(resolving)    ? "it is an order of another account"
           : !can_answer(resolving) ? "the provider lists no orders"
                                    : NULL;
    return result;
}

/* The pipeline that sent it may be gone, or say something else by now. */
static int open_remembered(struct resolving *resolving, const char **why) {
    struct desk *desk = &resolving->desk;
    const char *file = resolving->pipeline_file, *reason = NULL;
    if (!file || !provider_in_file(desk->program, file))
        return 0;
    desk_close_provider(desk);
    int result = open_one(resolving, NULL, file, &reason);
    if (result != SLUICE_E_CONFIG) {
        *why = reason;
        return result;
    }
    desk->program->error = (sluice_error)ERROR_INIT;
    return 0;
}

static int open_provider(struct resolving *resolving, const char **why) {
    struct program *program = resolving->desk.program;
    const char *file = resolving->file;
    int result = 0;
    *why = "neither -f FILE nor the environment says how to ask";
    if (resolving->unchecked) {
        *why = resolving->asks ? "the word was taken for it" : "--unchecked was given";
        return 0;
    }
    if (resolving->asks)
        return open_at_hand(resolving, why);
    if (file)
        return open_one(resolving, NULL, file, why);
    if (provider_in_environment(program, resolving->provider))
        result = open_one(resolving, resolving->provider, NULL, why);
    return result || !*why ? result : open_remembered(resolving, why);
}

/* ---- it was bought ------------------------------------------------------------------------- */

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
    if (!order->identifier.len)
        return fail(
            error, SLUICE_E_DATA,
            "the provider has order %s and doesn't say what for; add --unchecked if you know that it is "
            "for %s",
            resolving->placed, doubt->identifier);
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
             TEXT_ARG(words->title.len ? words->title : words->status));
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

int resolve_check_placed(struct resolving *resolving) {
    const char *why;
    int result = check_free(resolving);
    if (!result)
        result = open_provider(resolving, &why);
    if (result)
        return result;
    if (!why)
        return ask(resolving);
    leave_unchecked(resolving, why);
    return 0;
}

/* ---- it wasn't ----------------------------------------------------------------------------- */

static struct settle_doubt question_of(const struct resolving *resolving, char reference[ORDER_REFERENCE]) {
    const struct doubt *doubt = &resolving->doubt;
    order_reference(&doubt->key, doubt->id, reference);
    return (struct settle_doubt){.service = text_of(doubt->service),
                                 .identifier = text_of(doubt->identifier),
                                 .reference = text_of(reference),
                                 .sent_ms = doubt->sent_ms,
                                 .duplicate = doubt->code && strcmp(doubt->code, "duplicate") == 0};
}

static int judge(struct resolving *resolving, const struct order_list *list) {
    static const struct settle_rules rules = {0, 0};
    char reference[ORDER_REFERENCE];
    struct settle_doubt question = question_of(resolving, reference);
    struct settlement answer;
    settle_decide(&question, &list->list, &rules, &answer);
    if (answer.order && resolving->asks) /* nobody types a command there */
        return fail(&resolving->desk.program->error, SLUICE_E_DATA, "%s: %s%s%.*s%s",
                    resolving->doubt.identifier, answer.text, answer.order->order_id.len ? " (order " : "",
                    TEXT_ARG(answer.order->order_id), answer.order->order_id.len ? ")" : "");
    if (answer.order && !answer.order->order_id.len)
        return fail(&resolving->desk.program->error, SLUICE_E_DATA,
                    "%s: %s; add --unchecked if you know that it isn't", resolving->doubt.identifier,
                    answer.text);
    if (answer.order)
        return fail(
            &resolving->desk.program->error, SLUICE_E_DATA,
            "%s: %s; type 'sluice ledger resolve %s --placed %.*s', or add --unchecked if you know that "
            "it isn't this one",
            resolving->doubt.identifier, answer.text, resolving->doubt.identifier,
            TEXT_ARG(answer.order->order_id));
    snprintf(resolving->evidence, sizeof resolving->evidence,
             "checked: %s; of %" PRIu64 " orders that the provider lists none may be it", answer.text,
             list->listed);
    return 0;
}

static int look_for(struct resolving *resolving) {
    struct desk *desk = &resolving->desk;
    sluice_error *error = &desk->program->error;
    int64_t sent_ms = resolving->doubt.sent_ms;
    struct order_list list = {
        .client = &desk->provider.client, .ledger = desk->ledger, .catalogue = &desk->catalogue};
    int failed = ledger_account(desk->ledger, text_of(resolving->provider), text_of(resolving->account),
                                false, &list.account, error);
    if (!failed)
        failed = order_list_fetch(&list, sent_ms > DAY_MS ? sent_ms - DAY_MS : 0, error);
    if (!failed)
        failed = judge(resolving, &list);
    order_list_free(&list);
    return failed;
}

int resolve_check_not_placed(struct resolving *resolving) {
    struct program *program = resolving->desk.program;
    sluice_error *error = &program->error;
    const char *why = NULL;
    int result = open_provider(resolving, &why);
    if (!result && !why)
        result = look_for(resolving);
    if (result == SLUICE_E_UNAVAILABLE || result == SLUICE_E_AUTH)
        return fail(error, result, "whether the provider has the order can't be asked now (%.600s)%s",
                    arena_string(&program->arena, error->text),
                    resolving->asks ? "" : "; --unchecked takes your word for it");
    if (result || !why)
        return result;
    if (!resolving->unchecked && resolving->asks)
        return fail(error, SLUICE_E_USAGE, "whether the provider has the order can't be asked: %s", why);
    if (!resolving->unchecked)
        return fail(
            error, SLUICE_E_USAGE,
            "whether the provider has the order can't be asked: %s; if you know that it wasn't bought, "
            "add --unchecked",
            why);
    snprintf(resolving->evidence, sizeof resolving->evidence, "not checked with the provider: %s", why);
    return 0;
}
