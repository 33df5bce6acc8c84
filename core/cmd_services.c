#include <stdio.h>
#include <string.h>

#include "catalogue.h"
#include "command.h"
#include "json.h"
#include "printable.h"
#include "provider.h"
#include "text.h"

static const struct flag flags[] = {
    {"file", 'f', "FILE", "take the provider's options from this pipeline", false},
    {"json", 0, NULL, "one JSON object on standard output", false},
    {0},
};

static const char *price_of(const struct service *service, char out[MONEY_TEXT]) {
    return service->price == MONEY_NONE ? "-" : money_format(service->price, out);
}

static void print_table(const struct catalogue *catalogue) {
    char price[MONEY_TEXT];
    printf("%-10s %10s  %-20s %s\n", "SERVICE", "PRICE", "TIME", "TITLE");
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct service *service = &catalogue->services[i];
        printf("%-10.*s %10s  ", TEXT_ARG(service->id), price_of(service, price));
        printable_pad(stdout, service->time, 20);
        printf(" ");
        printable_put(stdout, service->title);
        printf("\n");
    }
}

static void put(struct json *json, const char *key, sluice_text value) {
    json_key(json, key);
    json_text(json, value);
}

static void print_json(const struct catalogue *catalogue) {
    struct json json = {0};
    char price[MONEY_TEXT];
    json_open(&json, '{');
    json_key(&json, "services");
    json_open(&json, '[');
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct service *service = &catalogue->services[i];
        json_open(&json, '{');
        put(&json, "service_id", service->id);
        put(&json, "title", service->title);
        put(&json, "price",
            service->price == MONEY_NONE ? (sluice_text){NULL, 0}
                                         : text_of(money_format(service->price, price)));
        put(&json, "currency", service->currency);
        put(&json, "category", service->category);
        put(&json, "time", service->time);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
}

static int run(struct program *program) {
    struct provider provider;
    struct catalogue catalogue = {0};
    const char *name = program_operand(program, "PROVIDER");
    if (!name)
        return program->error.code;
    int result = provider_open(&provider, program, name, arguments_value(&program->arguments, "file"));
    if (!result)
        result = catalogue_fetch(&catalogue, &provider.client, &program->error);
    program_only_prints();
    if (!result && arguments_has(&program->arguments, "json"))
        print_json(&catalogue);
    else if (!result)
        print_table(&catalogue);
    catalogue_free(&catalogue);
    provider_close(&provider);
    return result;
}

const struct command cmd_services = {
    .name = "services",
    .usage = "PROVIDER [-f FILE] [--json]",
    .summary = "list a provider's services and prices",
    .about = "Asks the provider for its catalogue. The account comes from a pipeline file (-f), else from "
             "the environment: "
             "see `sluice plugins show PROVIDER`.\n\n"
             "It costs nothing.",
    .flags = flags,
    .run = run,
};
