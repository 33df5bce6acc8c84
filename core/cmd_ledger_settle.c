#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmd_ledger_desk.h"
#include "json.h"
#include "log.h"
#include "printable.h"
#include "run.h"
#include "settler.h"
#include "text.h"

enum { IN_DOUBT = 11 };

/* An account that has orders in doubt; its texts are in the program's arena. */
struct account {
    struct account *next;
    const char *provider, *name;
    int exit_code; /* of the attempt to settle it */
    const char *why;
};

struct settling {
    struct desk desk;
    struct account *accounts, **last;
    bool out_of_memory;
    struct json *json; /* NULL: text */
    uint64_t kinds[SETTLE_ABSENT + 1], held;
    uint64_t later; /* of those that stay, those that a later list may decide on … */
    int64_t later_ms;
    bool title;
};

static const char *const kind_names[] = {[SETTLE_STAYS] = "in_doubt",
                                         [SETTLE_PLACED] = "placed",
                                         [SETTLE_EXISTS] = "exists",
                                         [SETTLE_ABSENT] = "released"};

/* ---- what is printed ---------------------------------------------------------------------- */

static void put(struct json *json, const char *key, sluice_text value) {
    json_key(json, key);
    json_text(json, value);
}

static void tell_json(struct json *json, const struct settler_news *news) {
    char key[33];
    order_key_text(&news->key, key);
    json_open(json, '{');
    put(json, "key", text_of(key));
    put(json, "state", text_of(kind_names[news->kind]));
    put(json, "identifier", news->identifier);
    put(json, "service", news->service);
    put(json, "order_id", news->order_id);
    put(json, news->kind == SETTLE_STAYS ? "reason" : "evidence", news->text);
    json_close(json, '}');
}

static void cell(sluice_text text, unsigned width) {
    printable_pad(stdout, text.len ? text : TEXT("-"), width);
    printf("  ");
}

static void tell(void *user, const struct settler_news *news) {
    struct settling *settling = user;
    if (settling->json) {
        tell_json(settling->json, news);
        return;
    }
    if (!settling->title)
        printf("%-8s  %-16s  %-8s  %-12s  %s\n", "STATE", "IDENTIFIER", "SERVICE", "ORDER", "WHY");
    settling->title = true;
    cell(text_of(kind_names[news->kind]), 8);
    cell(news->identifier, 16);
    cell(news->service, 8);
    cell(news->order_id, 12);
    printable_put(stdout, news->text);
    printf("\n");
}

static void put_number(struct json *json, const char *key, uint64_t value) {
    json_key(json, key);
    json_number(json, (int64_t)value);
}

static void put_failed(struct json *json, const struct account *accounts) {
    json_key(json, "failed");
    json_open(json, '[');
    for (const struct account *account = accounts; account; account = account->next) {
        if (!account->exit_code)
            continue;
        json_open(json, '{');
        put(json, "provider", text_of(account->provider));
        put(json, "account", text_of(account->name));
        put_number(json, "exit", (uint64_t)account->exit_code);
        put(json, "reason", text_of(account->why));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static int print_sums(struct settling *settling) {
    const uint64_t *kinds = settling->kinds;
    struct program *program = settling->desk.program;
    uint64_t stays = kinds[SETTLE_STAYS] + settling->held;
    char later[CLOCK_TEXT];
    if (settling->json) {
        json_close(settling->json, ']');
        put_number(settling->json, "placed", kinds[SETTLE_PLACED]);
        put_number(settling->json, "exists", kinds[SETTLE_EXISTS]);
        put_number(settling->json, "released", kinds[SETTLE_ABSENT]);
        put_number(settling->json, "in_doubt", stays);
        json_key(settling->json, "ask_again_after");
        json_string(settling->json, settling->later ? clock_format(settling->later_ms, later) : NULL);
        put_failed(settling->json, settling->accounts);
        json_close(settling->json, '}');
        if (settling->json->failed)
            return fail_memory(&program->error);
        printf("%s\n", settling->json->text);
    } else if (!program->quiet) {
        fprintf(stderr,
                "%" PRIu64 " placed, %" PRIu64 " bought before, %" PRIu64 " not bought, %" PRIu64
                " still in doubt%s\n",
                kinds[SETTLE_PLACED], kinds[SETTLE_EXISTS], kinds[SETTLE_ABSENT], stays,
                kinds[SETTLE_PLACED] ? "; what is placed goes to its sinks with the next run of its pipeline"
                                     : "");
        if (settling->held)
            fprintf(stderr, "%" PRIu64 " of these belong to runs that are still at work\n", settling->held);
        if (settling->later)
            fprintf(stderr, "%" PRIu64 " of these may be decided when this is run again after %s UTC\n",
                    settling->later, clock_format(settling->later_ms, later));
        if (kinds[SETTLE_STAYS])
            fprintf(
                stderr,
                "look for them at the provider, and say what you find: 'sluice ledger resolve KEY --placed "
                "ORDER_ID', or '--not-placed --reason TEXT'\n");
    }
    return stays ? IN_DOUBT : 0;
}

/* ---- what is settled ---------------------------------------------------------------------- */

static int add_account(void *user, const char *provider, const char *name) {
    struct settling *settling = user;
    sluice_arena *arena = &settling->desk.program->arena;
    struct account *account = arena_zalloc(arena, sizeof *account);
    if (account) {
        account->provider = arena_string(arena, provider);
        account->name = arena_string(arena, name);
    }
    settling->out_of_memory = !account || !account->provider || !account->name;
    if (settling->out_of_memory)
        return 1; /* stop */
    *settling->last = account;
    settling->last = &account->next;
    return 0;
}

/* Orders in doubt that are left although nothing is known to speak against settling them. */
static int count_held(struct settling *settling, uint64_t stays, sluice_error *error) {
    struct desk *desk = &settling->desk;
    int64_t account;
    uint64_t left = 0;
    int failed = ledger_account(desk->ledger, desk->name, desk->account, false, &account, error);
    if (!failed)
        failed = ledger_count_doubts(desk->ledger, account, &left, error);
    settling->held += left > stays ? left - stays : 0;
    return failed;
}

static int settle(struct settling *settling) {
    struct desk *desk = &settling->desk;
    sluice_error *error = &desk->program->error;
    const struct provider *provider = &desk->provider;
    const struct pipeline *pipeline = provider->pipeline;
    struct settler settler = {
        .ledger = desk->ledger,
        .client = &desk->provider.client,
        .catalogue = &desk->catalogue,
        .place = provider->component.place,
        .provider = desk->name,
        .account = desk->account,
        .run = desk->run,
        .rules = {provider->component.limits.timeout_ms,
                  pipeline ? pipeline->spend.settle_after_ms : SETTLE_AFTER_MS},
        .told = tell,
        .user = settling,
    };
    if (!provider->instance.self.endpoint.settles)
        return fail(
            error, SLUICE_E_UNAVAILABLE,
            "%s: this provider has no list of orders to settle by; ask it yourself, then 'sluice ledger "
            "resolve'",
            provider->component.place);
    int failed = settler_run(&settler, error);
    for (size_t i = 0; !failed && i <= SETTLE_ABSENT; i++)
        settling->kinds[i] += settler.kinds[i];
    settling->later += settler.later;
    if (settler.later_ms > settling->later_ms)
        settling->later_ms = settler.later_ms;
    return failed ? failed : count_held(settling, settler.kinds[SETTLE_STAYS], error);
}

static int settle_account(struct settling *settling, const struct account *account) {
    struct desk *desk = &settling->desk;
    int result = desk_open_provider(desk, account->provider, NULL);
    if (!result && !text_is(desk->account, account->name))
        result =
            fail(&desk->program->error, SLUICE_E_CONFIG,
                 "orders of the account '%s' are in doubt, and the environment is that of '%.*s': give the "
                 "pipeline with -f FILE",
                 account->name, TEXT_ARG(desk->account));
    if (!result)
        result = settle(settling);
    desk_close_provider(desk);
    return result;
}

/* One account that can't be asked for doesn't keep the others waiting. */
static void note_failure(struct settling *settling, struct account *account, int result) {
    struct program *program = settling->desk.program;
    account->exit_code = result < 0 ? -result : result;
    account->why = result < 0 ? arena_string(&program->arena, program->error.text) : NULL;
    log_line(SLUICE_LOG_ERROR, "ledger settle", "%s, account '%s': %s", account->provider, account->name,
             result < 0 ? program->error.text : "it can't be asked for");
    program->error = (sluice_error)ERROR_INIT;
}

/* The worst of what became of each; or a failure. */
static int settle_each(struct settling *settling) {
    struct desk *desk = &settling->desk;
    sluice_error *error = &desk->program->error;
    int worst = 0;
    int failed = ledger_doubtful_accounts(desk->ledger, add_account, settling, error);
    if (!failed && settling->out_of_memory)
        failed = fail_memory(error);
    if (failed)
        return failed;
    for (struct account *account = settling->accounts; account; account = account->next) {
        int result = settle_account(settling, account);
        if (!result)
            continue;
        note_failure(settling, account, result);
        worst = run_worse(worst, account->exit_code);
    }
    return worst;
}

static int settle_file(struct settling *settling, const char *file) {
    struct desk *desk = &settling->desk;
    sluice_arena *arena = &desk->program->arena;
    int result = desk_open_provider(desk, NULL, file);
    bool open = !result;
    result = result ? result : settle(settling);
    if (!result)
        return 0;
    add_account(settling, open ? arena_copy(arena, desk->name).ptr : file,
                open ? arena_copy(arena, desk->account).ptr : "?");
    if (settling->out_of_memory)
        return fail_memory(&desk->program->error);
    note_failure(settling, settling->accounts, result);
    return settling->accounts->exit_code;
}

/* What one account could be asked for is said, whatever became of another. */
static int settle_and_say(struct settling *settling) {
    const char *file = arguments_value(&settling->desk.program->arguments, "file");
    int worst = file ? settle_file(settling, file) : settle_each(settling);
    int result = worst < 0 ? worst : print_sums(settling);
    return result < 0 ? result : run_worse(worst, result);
}

int cmd_ledger_settle(struct program *program) {
    struct settling settling = {0};
    struct json json = {0};
    settling.last = &settling.accounts;
    if (program->arguments.operand_count != 1)
        return fail(&program->error, SLUICE_E_USAGE,
                    "'ledger settle' takes no operand; 'ledger resolve' takes KEY");
    if (arguments_has(&program->arguments, "json"))
        settling.json = &json;
    json_open(&json, '{');
    json_key(&json, "orders");
    json_open(&json, '[');
    int result = desk_open(&settling.desk, program, "settle");
    if (!result)
        result = settle_and_say(&settling);
    json_free(&json);
    return desk_close(&settling.desk, result);
}
