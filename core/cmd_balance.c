#include <stdio.h>

#include "account.h"
#include "catalogue.h"
#include "command.h"
#include "json.h"
#include "provider.h"
#include "text.h"

static const struct flag flags[] = {
    {"file", 'f', "FILE", "take the provider's options from this pipeline", false},
    {"json", 0, NULL, "one JSON object on standard output", false},
    {0},
};

static void print_json(sluice_text account, const char *amount, const char *currency) {
    struct json json = {0};
    json_open(&json, '{');
    json_key(&json, "account");
    json_text(&json, account);
    json_key(&json, "balance");
    json_string(&json, amount);
    json_key(&json, "currency");
    json_string(&json, currency);
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
}

static int print(struct program *program, struct provider *provider, const struct balance *balance) {
    char amount[MONEY_TEXT];
    sluice_text account = account_name(&provider->arena, &provider->instance.self.endpoint);
    if (!balance->known)
        return fail(&program->error, SLUICE_E_UNAVAILABLE, "the provider's answer holds no balance");
    money_format(balance->amount, amount);
    if (arguments_has(&program->arguments, "json"))
        print_json(account, amount, balance->currency);
    else
        printf("%s%s%s  %.*s\n", amount, *balance->currency ? " " : "", balance->currency, TEXT_ARG(account));
    return 0;
}

static int run(struct program *program) {
    struct provider provider;
    struct balance balance;
    const char *name = program_operand(program, "PROVIDER");
    if (!name)
        return program->error.code;
    int result = provider_open(&provider, program, name, arguments_value(&program->arguments, "file"));
    if (!result)
        result = balance_fetch(&balance, &provider.client, &program->error);
    if (!result)
        result = print(program, &provider, &balance);
    provider_close(&provider);
    return result;
}

const struct command cmd_balance = {
    .name = "balance",
    .usage = "PROVIDER [-f FILE] [--json]",
    .summary = "show the credit of an account",
    .about = "Asks the provider for the credit left. The account comes from a pipeline file (-f), else from "
             "the environment.",
    .flags = flags,
    .run = run,
};
