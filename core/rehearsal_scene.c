#include "rehearsal_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "text.h"
#include "value.h"

/* What a secret is where the sandbox knows of none: nobody's. */
#define NO_SECRET "no-secret-of-anybody"

/* ---- nobody's account ---------------------------------------------------------------------------- */

/* The variable that a default is taken from: "${GSM_FUSION_API_KEY}". */
static sluice_text variable_of(const sluice_option *row) {
    const char *start = row->fallback ? strstr(row->fallback, "${") : NULL;
    sluice_text name = text_of(start ? start + 2 : "");
    name.len = vars_name_length(name);
    return name;
}

/* What the sandbox knows under that name, such as user and key; null: nothing. */
static sluice_text known(const struct rehearsal_sandbox *sandbox, const sluice_option *row) {
    sluice_text value = {NULL, 0};
    for (uint32_t i = 0; sandbox && i < sandbox->type->option_count; i++) {
        const sluice_option *own = &sandbox->type->options[i];
        if (own->type == SLUICE_TYPE_TEXT && strcmp(own->name, row->name) == 0)
            memcpy(&value, (const char *)sandbox->config + own->offset, sizeof value);
    }
    return value;
}

/* A plugin's name has underscores, and a host's has none. */
static sluice_text address_of(struct rehearsal_scene *scene, const struct plugin *plugin) {
    char *address = arena_printf(&scene->provider.arena, "https://%s.test", plugin->name);
    for (char *c = address; c && *c; c++)
        if (*c == '_')
            *c = '-';
    return text_of(address);
}

/* For one of a provider's options: an address that nobody has (RFC 2606), or what the sandbox knows. */
static sluice_text stand_in_value(struct rehearsal_scene *scene, const struct component *component,
                                  const sluice_option *row) {
    const struct rehearsal_sandbox *sandbox = rehearsal_sandbox_of(&scene->provider, component);
    if (row->type == SLUICE_TYPE_URL)
        return address_of(scene, component->plugin);
    if (row->type == SLUICE_TYPE_TEXT || row->type == SLUICE_TYPE_SECRET)
        return known(sandbox, row);
    return (sluice_text){NULL, 0};
}

static int add_variables(struct rehearsal_scene *scene, const struct component *component,
                         sluice_error *error) {
    int failed = 0;
    for (uint32_t i = 0; !failed && i < component->type->option_count; i++) {
        const sluice_option *row = &component->type->options[i];
        sluice_text name = variable_of(row), value = stand_in_value(scene, component, row);
        if (!value.ptr && row->flags & SLUICE_REQUIRED)
            value = row->type == SLUICE_TYPE_SECRET ? TEXT(NO_SECRET) : TEXT("tester");
        if (name.len && value.ptr)
            failed = vars_add(&scene->vars, &scene->vars.own, name, value, error); /* the file's go before */
    }
    return failed;
}

static int add_variables_of(struct rehearsal_scene *scene, const struct components *list,
                            sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; !failed && i < list->count; i++)
        failed = add_variables(scene, &list->items[i], error);
    return failed;
}

static int read_variables(struct rehearsal_scene *scene, const struct rehearsal_setting *settings,
                          sluice_error *error) {
    const struct pipeline *lint = settings->lint;
    int failed = 0;
    scene->vars.secret = NO_SECRET;
    for (uint64_t i = 0; !failed && i < settings->test->vars.count; i++) {
        const sluice_pair *var = &settings->test->vars.items[i];
        if (var->values.count == 1)
            failed = vars_add(&scene->vars, &scene->vars.set, var->key, var->values.items[0], error);
    }
    if (!failed)
        failed = add_variables(scene, &lint->source, error);
    if (!failed)
        failed = add_variables_of(scene, &lint->actions, error);
    if (!failed) /* they are replaced, but the file must be whole */
        failed = add_variables_of(scene, &lint->sinks, error);
    return failed ? failed : add_variables_of(scene, &lint->rejects, error);
}

/* The address that nobody has, with the path that the file gives. A site's base has none: there the sandbox
 * is. */
static sluice_text move_address(struct rehearsal_scene *scene, const struct component *component,
                                const sluice_option *row, sluice_text address) {
    sluice_text own;
    memcpy(&own, (const char *)component->config + row->offset, sizeof own);
    const char *host = own.len ? memmem(own.ptr, own.len, "://", 3) : NULL;
    const char *end = own.ptr + own.len, *path = host ? host + 3 : end;
    while (path < end && !strchr("/?#", *path))
        path++;
    if (strcmp(row->name, "base_url") == 0)
        return address;
    return text_of(
        arena_printf(&scene->provider.arena, "%.*s%.*s", TEXT_ARG(address), (int)(end - path), path));
}

/* Whatever the file says: the sandbox's address and credentials. */
static int set_account(struct rehearsal_scene *scene, struct component *component, sluice_error *error) {
    bool sandboxed = rehearsal_sandbox_of(&scene->provider, component) != NULL;
    component->limits.rate = (sluice_rate){0}; /* nobody is spared by waiting */
    for (uint32_t i = 0; component->type->exchanger && i < component->type->option_count; i++) {
        const sluice_option *row = &component->type->options[i];
        sluice_text value = stand_in_value(scene, component, row);
        if (value.ptr && row->type == SLUICE_TYPE_URL)
            value = move_address(scene, component, row, value);
        if (value.ptr && (sandboxed || row->type == SLUICE_TYPE_URL) &&
            !value_store(row, value, component->config, &scene->pipeline->arena, error))
            return fail_within(error, "%s", component->place);
    }
    return 0;
}

/* ---- the ends -------------------------------------------------------------------------------------- */

static sluice_text *path_option(const struct component *component) {
    for (uint32_t i = 0; i < component->type->option_count; i++) {
        const sluice_option *row = &component->type->options[i];
        if (row->type == SLUICE_TYPE_TEXT && strcmp(row->name, "path") == 0)
            return (void *)((char *)component->config + row->offset);
    }
    return NULL;
}

static int write_input(const char *name, sluice_text text, sluice_error *error) {
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len;
    if (fd >= 0)
        close(fd);
    return written ? 0 : fail(error, SLUICE_E_CANTCREAT, "%s: %s", name, strerror(errno));
}

/* The file's own name, so that messages and _file read as in a true run. */
static int replace_file(struct rehearsal_scene *scene, struct component *source, sluice_error *error) {
    sluice_text *path = path_option(source);
    if (!path)
        return fail(error, SLUICE_E_CONFIG,
                    "'input' is a text, and %s reads no file; write a list of records", source->name);
    const char *slash = path->len ? memrchr(path->ptr, '/', path->len) : NULL;
    sluice_text name =
        slash ? (sluice_text){slash + 1, path->len - (uint64_t)(slash + 1 - path->ptr)} : *path;
    if (!name.len || text_is(name, "-") || text_is(name, "..") || text_is(name, "."))
        name = TEXT("input");
    name = arena_copy(&scene->pipeline->arena, name);
    if (!name.ptr)
        return fail_memory(error);
    *path = name;
    return write_input(name.ptr, scene->step->text, error);
}

static int set_source(struct rehearsal_scene *scene, sluice_error *error) {
    struct component *source = &scene->pipeline->source;
    if (scene->step->text.ptr)
        return replace_file(scene, source, error);
    if (scene->step->input)
        return given_rows_replace(&scene->given, scene->step->input, source, error);
    if (source->type->exchanger && rehearsal_sandbox_of(&scene->provider, source))
        return 0;
    return fail(error, SLUICE_E_CONFIG,
                "the test has no 'input', which stands in place of %s; write a list of "
                "records, or [] for none",
                source->place);
}

bool rehearsal_scene_path(sluice_text name, char *out, size_t room) {
    int length = snprintf(out, room, "written/%.*s", TEXT_ARG(name));
    for (char *c = out + sizeof "written/" - 1; *c; c++)
        if (*c == '/')
            *c = '_';
    return length > 0 && (size_t)length < room;
}

/* The sink writes a file that the test asks for: it stays, and writes elsewhere. */
static bool stays(const struct rehearsal_scene *scene, struct component *sink, sluice_error *error,
                  int *failed) {
    sluice_text *path = path_option(sink);
    char own[512];
    const sluice_pairs *files = &scene->step->expect.files;
    for (uint64_t i = 0; path && i < files->count; i++) {
        if (!text_equal(files->items[i].key, *path))
            continue;
        sluice_text copy = {NULL, 0};
        if (rehearsal_scene_path(*path, own, sizeof own))
            copy = arena_copy(&scene->pipeline->arena, text_of(own));
        if (!copy.ptr || (mkdir("written", 0700) && errno != EEXIST))
            *failed = fail(error, SLUICE_E_CANTCREAT, "%.*s: the test can't make it", TEXT_ARG(*path));
        *path = copy;
        return true;
    }
    return false;
}

static int set_sinks(struct rehearsal_scene *scene, sluice_error *error) {
    struct pipeline *pipeline = scene->pipeline;
    int failed = 0;
    scene->sinks = calloc(pipeline->sinks.count + 1, sizeof *scene->sinks);
    if (!scene->sinks)
        return fail_memory(error);
    for (size_t i = 0; !failed && i < pipeline->sinks.count; i++) {
        struct component *sink = &pipeline->sinks.items[i];
        if (!stays(scene, sink, error, &failed))
            kept_rows_replace(&scene->sinks[i], sink);
        else if (sink->type->exchanger)
            failed = fail(error, SLUICE_E_CONFIG, "'files': %s writes no file of this machine", sink->place);
    }
    return failed;
}

static void set_rejects(struct rehearsal_scene *scene) {
    static const sluice_component none = {.size = sizeof none, .kind = SLUICE_SINK, .name = "on_reject"};
    scene->reject_sink = (struct component){
        .type = &none, .name = "on_reject", .place = "on_reject", .id = "on_reject", .complete = true};
    kept_rows_replace(&scene->rejects, &scene->reject_sink);
    scene->pipeline->rejects = (struct components){&scene->reject_sink, 1};
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static int set_accounts(struct rehearsal_scene *scene, sluice_error *error) {
    struct pipeline *pipeline = scene->pipeline;
    int failed = set_account(scene, &pipeline->source, error);
    for (size_t i = 0; !failed && i < pipeline->actions.count; i++)
        failed = set_account(scene, &pipeline->actions.items[i], error);
    return failed;
}

int rehearsal_scene_open(struct rehearsal_scene *scene, const struct rehearsal_setting *settings,
                         const struct rehearsal_step *step, struct diag *diag, sluice_error *error) {
    *scene = (struct rehearsal_scene){.step = step};
    int failed = rehearsal_provider_find(&scene->provider, settings->lint, step, error);
    if (!failed)
        failed = read_variables(scene, settings, error);
    if (failed)
        return failed;
    scene->pipeline = pipeline_load(settings->file, PIPELINE_RUN, &scene->vars, settings->registry, diag);
    if (!scene->pipeline)
        return fail(error, SLUICE_E_CONFIG,
                    "the pipeline can't be run; variables come from 'vars' of the test and of "
                    "the file, never from the environment or .env");
    scene->provider.pipeline = scene->pipeline;
    scene->pipeline->ledger = (struct ledger_rules){0};
    failed = set_accounts(scene, error);
    if (!failed)
        failed = set_source(scene, error);
    if (!failed)
        failed = set_sinks(scene, error);
    if (!failed) {
        set_rejects(scene);
        failed = rehearsal_provider_open(&scene->provider, settings->dir, error);
    }
    return failed;
}

void rehearsal_scene_close(struct rehearsal_scene *scene) {
    for (size_t i = 0; scene->sinks && i < scene->pipeline->sinks.count; i++)
        if (scene->sinks[i].id)
            kept_rows_free(&scene->sinks[i]);
    free(scene->sinks);
    if (scene->rejects.id)
        kept_rows_free(&scene->rejects);
    given_rows_free(&scene->given);
    rehearsal_provider_close(&scene->provider);
    pipeline_free(scene->pipeline);
    vars_free(&scene->vars);
}
