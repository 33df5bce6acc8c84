/* fuzz_yaml.c - any bytes as a pipeline file: read, checked against the plugins, and complained about. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "pipeline.h"
#include "secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct registry *registry;
static struct vars vars;
static FILE *nowhere;

/* All plugins are loaded once, so that an unknown name needs no process to look at them. */
static void set_up(void) {
    const char *const *names;
    sluice_error error = ERROR_INIT;
    registry = registry_new(getenv("SLUICE_PLUGIN_PATH"));
    nowhere = fopen("/dev/null", "w");
    if (!registry || !nowhere || vars_set(&vars, "A=value", &error) != 0)
        abort();
    for (size_t i = 0, count = registry_names(registry, &names); i < count; i++)
        if (!registry_plugin(registry, names[i], &error)) {
            fprintf(stderr, "%s\n", error.text);
            abort();
        }
    if (!registry_plugin(registry, "csv", &error)) {
        fprintf(stderr, "%s; name the built plugins in SLUICE_PLUGIN_PATH\n", error.text);
        abort();
    }
}

static void load(sluice_text text, enum pipeline_mode mode) {
    struct diag diag = {0};
    struct pipeline *pipeline = pipeline_parse("fuzz.yaml", text, mode, &vars, registry, &diag);
    if (!pipeline != (diag.errors > 0) || (diag.errors > 0) != (diag.exit_code > 0))
        abort(); /* a pipeline, or an error that says why not */
    diag_print(&diag, nowhere, &(struct diag_look){.color = true});
    pipeline_free(pipeline);
    diag_free(&diag);
    secret_forget_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sluice_text text = {(const char *)data, size};
    if (!registry)
        set_up();
    load(text, PIPELINE_RUN);
    load(text, PIPELINE_LINT);
    return 0;
}
