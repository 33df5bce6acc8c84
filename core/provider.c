#include "provider.h"

#include <string.h>

#include "bind.h"
#include "log.h"

/* Of a plugin's components the one that spends knows the account best; else any that talks to a service. */
static const sluice_component *choose(const struct plugin *plugin) {
    const sluice_component *best = NULL;
    for (size_t i = 0; i < plugin->component_count; i++) {
        const sluice_component *type = &plugin->components[i];
        if (!type->exchanger)
            continue;
        if (type->flags & SLUICE_SPENDS)
            return type;
        if (!best)
            best = type;
    }
    return best;
}

static void bind_environment(struct program *program, const sluice_component *type, const char *title,
                             sluice_arena *arena, void *config, struct diag *diag) {
    struct binder binder = {
        .mode = PIPELINE_RUN, .vars = *program_vars(program), .arena = arena, .diag = diag};
    struct owner owner = {.title = title,
                          .at = {.file = "the environment"},
                          .rows = type->options,
                          .row_count = type->option_count};
    bind_options(&binder, &owner, NULL, config);
}

static int from_environment(struct provider *provider, struct program *program, const struct plugin *plugin) {
    const sluice_component *type = choose(plugin);
    struct diag diag = {0};
    if (!type)
        return fail(&program->error, SLUICE_E_USAGE,
                    "plugin '%s' talks to no service; see 'sluice plugins list'", plugin->name);
    char *title = arena_printf(&provider->arena, "%s.%s", plugin->name, type->name);
    void *config = arena_zalloc(&provider->arena, type->config_size);
    if (!title || !config)
        return fail_memory(&program->error);
    bind_environment(program, type, title, &provider->arena, config, &diag);
    int result = diag.errors ? diag.exit_code : 0;
    if (result)
        program_report(program, &diag);
    diag_free(&diag);
    provider->component =
        (struct component){.type = type,
                           .plugin = plugin,
                           .name = title,
                           .place = title,
                           .id = title,
                           .config = config,
                           .limits = {.concurrency = 1, .connect_ms = 15000, .timeout_ms = 60000}};
    return result;
}

/* Without a plugin: the action that spends. */
static const struct component *find(const struct pipeline *pipeline, const struct plugin *plugin) {
    if (!plugin)
        return pipeline->spender >= 0 ? &pipeline->actions.items[pipeline->spender] : NULL;
    for (size_t i = 0; i < pipeline->actions.count; i++)
        if (pipeline->actions.items[i].plugin == plugin && pipeline->actions.items[i].type->exchanger)
            return &pipeline->actions.items[i];
    if (pipeline->source.plugin == plugin && pipeline->source.type->exchanger)
        return &pipeline->source;
    return NULL;
}

static int from_file(struct provider *provider, struct program *program, const struct plugin *plugin,
                     const char *file) {
    struct diag diag = {0};
    provider->pipeline =
        pipeline_load(file, PIPELINE_RUN, program_vars(program), program_registry(program), &diag);
    program_report(program, &diag);
    int result = provider->pipeline ? 0 : diag.exit_code;
    diag_free(&diag);
    if (result)
        return result;
    const struct component *component = find(provider->pipeline, plugin);
    if (!component && !plugin)
        return fail(&program->error, SLUICE_E_USAGE, "%s: no action of this pipeline spends", file);
    if (!component)
        return fail(&program->error, SLUICE_E_USAGE, "%s: uses no component of '%s' that talks to a service",
                    file, plugin->name);
    provider->component = *component;
    return 0;
}

bool provider_in_environment(struct program *program, const char *name) {
    sluice_error ignored = ERROR_INIT;
    sluice_arena arena = {0};
    struct diag diag = {0};
    const struct plugin *plugin = program_vars(program) && program_registry(program)
                                      ? registry_plugin(program_registry(program), name, &ignored)
                                      : NULL;
    const sluice_component *type = plugin ? choose(plugin) : NULL;
    void *config = type ? arena_zalloc(&arena, type->config_size) : NULL;
    if (config)
        bind_environment(program, type, name, &arena, config, &diag);
    bool bound = config && !diag.errors;
    diag_free(&diag);
    arena_free(&arena);
    return bound;
}

bool provider_in_file(struct program *program, const char *file) {
    struct diag diag = {0};
    struct pipeline *pipeline =
        program_vars(program) && program_registry(program)
            ? pipeline_load(file, PIPELINE_RUN, program_vars(program), program_registry(program), &diag)
            : NULL;
    bool usable = pipeline && pipeline->spender >= 0;
    pipeline_free(pipeline);
    diag_free(&diag);
    return usable;
}

static int open_parts(struct provider *provider, struct program *program) {
    const struct component *component = &provider->component;
    int result = instance_open(&provider->instance, component->type, component->config, component->place,
                               &provider->inputs, false, &program->error);
    provider->opened = !result;
    if (!result)
        result =
            client_open(&provider->client, &provider->instance, &component->limits, NULL, &program->error);
    provider->client_opened = !result;
    return result;
}

int provider_open_component(struct provider *provider, struct program *program,
                            const struct component *component) {
    *provider = (struct provider){.component = *component};
    return open_parts(provider, program);
}

int provider_open(struct provider *provider, struct program *program, const char *name, const char *file) {
    *provider = (struct provider){0};
    if (!program_vars(program) || !program_registry(program))
        return program->error.code;
    const struct plugin *plugin =
        name ? registry_plugin(program_registry(program), name, &program->error) : NULL;
    if (name && !plugin)
        return program->error.code;
    int result =
        file ? from_file(provider, program, plugin, file) : from_environment(provider, program, plugin);
    return result ? result : open_parts(provider, program);
}

void provider_close(struct provider *provider) {
    if (provider->client_opened)
        client_close(&provider->client);
    if (provider->opened)
        instance_close(&provider->instance);
    pipeline_free(provider->pipeline);
    arena_free(&provider->arena);
}
