/* `store check` and `store init`: what a store says of itself, told. What a table must have, and how it is
 * made, only its plugin knows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "cmd_store.h"
#include "finding.h"
#include "json.h"
#include "log.h"
#include "printable.h"
#include "store.h"
#include "text.h"

struct schema {
    struct program *program;
    struct store store;
    struct instance instance;
    bool opened;
};

static int open_at(struct schema *schema, const char *name, const char *file) {
    struct program *program = schema->program;
    int result = name ? store_bind_named(&schema->store, program, SLUICE_SINK, name, NULL, 0)
                      : store_bind(&schema->store, program, SLUICE_SINK, file, NULL, 0);
    const struct component *component = &schema->store.part.component;
    if (!result)
        result = instance_open(&schema->instance, component->type, component->config, component->place,
                               &schema->store.part.inputs, false, &program->error);
    schema->opened = !result;
    if (!result && !component->type->store)
        result = fail(&program->error, SLUICE_E_USAGE, "%s has no tables that could be checked or made",
                      component->plugin->name);
    return result;
}

static int open_schema(struct schema *schema, const char *name) {
    return open_at(schema, name, arguments_value(&schema->program->arguments, "file"));
}

static void close_schema(struct schema *schema) {
    if (schema->opened)
        instance_close(&schema->instance);
    store_free(&schema->store);
}

static const char *name_of(const struct schema *schema) {
    const struct instance *instance = &schema->instance;
    return instance->self.keeps.len ? instance->self.keeps.ptr : schema->store.part.component.plugin->name;
}

/* ---- looking ------------------------------------------------------------------------------ */

static int check_by_calls(struct schema *schema, sluice_error *error) {
    struct client client;
    struct call_results results = {0};
    int failed = client_open(&client, &schema->instance, &schema->store.part.component.limits, NULL, error);
    if (!failed)
        failed = client_run(&client, SLUICE_OP_CHECK_STORE, &results, error);
    client_close(&client);
    return failed;
}

static int check(struct schema *schema, struct findings *findings) {
    struct instance *instance = &schema->instance;
    sluice_error *error = &schema->program->error;
    const sluice_store *store = schema->store.part.component.type->store;
    int failed = 0;
    instance->self.findings = findings;
    if (instance->self.has_endpoint)
        failed = check_by_calls(schema, error);
    else if (store->check && (failed = store->check(instance->handle, error)))
        failed = fail_callback(error, failed, "check");
    instance->self.findings = NULL;
    if (!failed && findings->failed)
        failed = fail_memory(error);
    return failed;
}

int store_look(struct program *program, const char *file, struct findings *out, char *name, size_t room) {
    struct schema schema = {.program = program};
    int result = open_at(&schema, NULL, file);
    if (!result)
        snprintf(name, room, "%s", name_of(&schema));
    if (!result)
        result = check(&schema, out);
    close_schema(&schema);
    return result;
}

/* ---- telling ------------------------------------------------------------------------------ */

#define BY_INIT "run 'sluice store init'"

static void print_finding(const sluice_finding *finding) {
    printable_put(stdout, finding->what);
    printf(": ");
    printable_put(stdout, finding->text);
    if (finding->remedy.len) {
        printf("\n    ");
        printable_put(stdout, finding->remedy);
    }
    printf("\n");
}

static void print_findings(const char *store, const struct findings *findings) {
    bool by_init = false;
    for (size_t i = 0; i < findings->count; i++) {
        print_finding(&findings->items[i]);
        by_init = by_init || !findings->items[i].remedy.len;
    }
    if (findings->count)
        printf("%s: %zu to look at%s\n", store, findings->count,
               by_init ? "; 'sluice store init' adds what is missing" : "");
    else
        printf("%s: everything is there\n", store);
}

static void print_json(const char *store, const char *list, const struct findings *findings) {
    struct json json = {0};
    json_open(&json, '{');
    json_key(&json, "store");
    json_string(&json, store);
    json_key(&json, list);
    json_open(&json, '[');
    for (size_t i = 0; i < findings->count; i++) {
        const sluice_finding *finding = &findings->items[i];
        json_open(&json, '{');
        json_key(&json, "code");
        json_text(&json, finding->code);
        json_key(&json, "what");
        json_text(&json, finding->what);
        json_key(&json, "text");
        json_text(&json, finding->text);
        json_key(&json, "remedy");
        json_text(&json, finding->remedy.len ? finding->remedy : TEXT(BY_INIT));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
}

int store_check(struct program *program, const char *name) {
    struct schema schema = {.program = program};
    struct findings findings = {0};
    int result = open_schema(&schema, name);
    if (!result)
        result = check(&schema, &findings);
    if (!result && arguments_has(&program->arguments, "json"))
        print_json(name_of(&schema), "findings", &findings);
    else if (!result)
        print_findings(name_of(&schema), &findings);
    if (!result && findings.count)
        result = 1;
    findings_free(&findings);
    close_schema(&schema);
    return result;
}

/* ---- making ------------------------------------------------------------------------------- */

static int print_script(struct schema *schema) {
    sluice_error *error = &schema->program->error;
    const sluice_store *store = schema->store.part.component.type->store;
    sluice_text script = {0};
    if (!store->script)
        return fail(error, SLUICE_E_USAGE, "%s makes its tables without a script", name_of(schema));
    int failed = store->script(schema->instance.handle, &script, error);
    if (failed)
        return fail_callback(error, failed, "script");
    fwrite(script.ptr, 1, script.len, stdout);
    log_line(
        SLUICE_LOG_INFO, NULL,
        "nothing was changed: these statements are to be run in the database; for Supabase, paste them into "
        "the SQL editor of the dashboard");
    return 0;
}

/* What the first look found and the second didn't. */
static void tell_fixed(struct schema *schema, const struct findings *before, const struct findings *after) {
    struct findings fixed = {0};
    for (size_t i = 0; i < before->count; i++)
        if (!findings_have(after, &before->items[i]))
            findings_add(&fixed, &before->items[i]);
    if (arguments_has(&schema->program->arguments, "json"))
        print_json(name_of(schema), "fixed", &fixed);
    else {
        for (size_t i = 0; i < fixed.count; i++)
            printf("fixed: %.*s: %.*s\n", TEXT_ARG(fixed.items[i].what), TEXT_ARG(fixed.items[i].text));
        printf(fixed.count ? "%s is ready\n" : "%s was ready, nothing was changed\n", name_of(schema));
    }
    findings_free(&fixed);
    if (after->count)
        log_line(SLUICE_LOG_WARN, NULL,
                 "%zu more to look at, which init doesn't change; run 'sluice store check'", after->count);
}

static int make(struct schema *schema) {
    sluice_error *error = &schema->program->error;
    const sluice_store *store = schema->store.part.component.type->store;
    struct findings before = {0}, after = {0};
    if (schema->instance.self.has_endpoint || !store->init)
        return fail(
            error, SLUICE_E_CONFIG,
            "tables can't be made with this key, over HTTP; 'sluice store init --print' shows the SQL "
            "to run in the dashboard, or set SUPABASE_DB_URL");
    int failed = check(schema, &before);
    if (!failed && before.count && (failed = store->init(schema->instance.handle, error)))
        failed = fail_callback(error, failed, "init");
    if (!failed && before.count)
        failed = check(schema, &after);
    if (!failed)
        tell_fixed(schema, &before, &after);
    findings_free(&before);
    findings_free(&after);
    return failed;
}

int store_init(struct program *program, const char *name) {
    struct schema schema = {.program = program};
    int result = open_schema(&schema, name);
    if (!result)
        result = arguments_has(&program->arguments, "print") ? print_script(&schema) : make(&schema);
    close_schema(&schema);
    return result;
}
