#include "cmd_ledger_desk.h"

#include <stdio.h>

#include "account.h"
#include "cmd_ledger_site.h"
#include "log.h"

int desk_open(struct desk *desk, struct program *program, const char *verb) {
    struct ledger_site site;
    *desk = (struct desk){.program = program};
    int result = ledger_site_read(program, &site);
    return result ? result : desk_open_at(desk, program, &site, verb);
}

int desk_open_at(struct desk *desk, struct program *program, const struct ledger_site *site,
                 const char *verb) {
    char name[32];
    struct recovered recovered = {0};
    *desk = (struct desk){.program = program};
    snprintf(name, sizeof name, "ledger %s", verb); /* the name of no pipeline: it has a blank */
    const struct run_info info = {.pipeline = name};
    int failed = ledger_open_at(site, LEDGER_READ_ONLY, &desk->ledger, &program->error);
    if (failed) /* nothing is made where nothing is */
        return failed;
    ledger_close(desk->ledger);
    desk->ledger = NULL;
    failed = ledger_open_at(site, 0, &desk->ledger, &program->error);
    if (!failed)
        failed = ledger_run_begin(desk->ledger, &info, &desk->run, &program->error);
    if (!failed)
        failed = ledger_recover(desk->ledger, desk->run, &recovered, &program->error);
    if (!failed && recovered.in_doubt)
        log_line(SLUICE_LOG_WARN, name,
                 "an earlier run ended without a word; %llu of its orders are in doubt now",
                 (unsigned long long)recovered.in_doubt);
    return failed;
}

static int ask_catalogue(struct desk *desk) {
    struct program *program = desk->program;
    struct provider *provider = &desk->provider;
    if (!(provider->component.type->flags & SLUICE_SPENDS))
        return fail(&program->error, SLUICE_E_USAGE, "%s spends nothing, so nothing of it can be in doubt",
                    provider->component.place);
    desk->name = provider->instance.self.endpoint.provider;
    desk->account = account_name(&provider->arena, &provider->instance.self.endpoint);
    return catalogue_fetch(&desk->catalogue, &provider->client, &program->error);
}

int desk_open_provider(struct desk *desk, const char *plugin, const char *file) {
    desk->opened = true;
    int result = provider_open(&desk->provider, desk->program, plugin, file);
    return result ? result : ask_catalogue(desk);
}

int desk_open_component(struct desk *desk, const struct component *component, atomic_bool *stop) {
    desk->opened = true;
    int result = provider_open_component(&desk->provider, desk->program, component);
    desk->provider.client.stop = stop;
    return result ? result : ask_catalogue(desk);
}

void desk_close_provider(struct desk *desk) {
    if (desk->opened)
        provider_close(&desk->provider);
    catalogue_free(&desk->catalogue);
    desk->opened = false;
}

int desk_close(struct desk *desk, int result) {
    sluice_error ignored = ERROR_INIT;
    sluice_error *error = result < 0 ? &ignored : &desk->program->error;
    desk_close_provider(desk);
    if (desk->run) {
        int failed = ledger_run_end(desk->ledger, desk->run, result < 0 ? -result : result, error);
        result = result < 0 || !failed ? result : failed;
    }
    ledger_close(desk->ledger);
    return result;
}
