#include "services.h"

#include <stdlib.h>

#include "query.h"

static const struct query *const queries[] = {&query_page, &query_services, &query_balance, NULL};

int32_t services_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                      sluice_error *error) {
    struct provider *provider = malloc(sizeof *provider);
    if (!provider)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    int32_t failed = provider_open(provider, host, self, config, (sluice_text){NULL, 0}, error);
    if (failed)
        free(provider);
    else
        *instance = provider;
    return failed;
}

void services_close(void *instance) {
    free(instance);
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    return query_build(queries, instance, call, request, error);
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    return query_parse(queries, instance, call, reply, error);
}

const sluice_source services_source = {.size = sizeof services_source};

const sluice_exchanger services_exchanger = {
    .size = sizeof services_exchanger,
    .build = build,
    .parse = parse,
};
