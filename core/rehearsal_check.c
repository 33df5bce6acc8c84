/* Tested by tests/unit/test_rehearsal.c, and by tests/golden/test-unknown.yaml. */
#include "rehearsal_check.h"

#include "fault.h"
#include "registry.h"
#include "text.h"

/* Whose tests are looked at. */
struct checking {
    struct binder *binder;
    const struct pipeline *pipeline;
    const struct rehearsal *test;
};

/* ---- sandboxes -------------------------------------------------------------------------------------------
 */

static const sluice_component *sandbox_of(const struct component *component) {
    const struct plugin *plugin = component->plugin;
    for (size_t i = 0; plugin && i < plugin->component_count; i++)
        if (plugin->components[i].kind == SLUICE_SANDBOX)
            return &plugin->components[i];
    return NULL;
}

/* Of the source at 0, of the actions behind it. */
static const sluice_component *sandbox_at(const struct pipeline *pipeline, size_t at) {
    return sandbox_of(at ? &pipeline->actions.items[at - 1] : &pipeline->source);
}

static bool has_option(const sluice_component *type, sluice_text name) {
    for (uint32_t i = 0; i < type->option_count; i++)
        if (text_is(name, type->options[i].name))
            return true;
    return false;
}

static void check_option(const struct checking *in, sluice_text name) {
    bool known = false;
    for (size_t at = 0; at <= in->pipeline->actions.count; at++) {
        const sluice_component *sandbox = sandbox_at(in->pipeline, at);
        known = known || (sandbox && has_option(sandbox, name));
    }
    if (!known)
        bind_error(in->binder, in->test->at,
                   "the test '%s': no sandbox here has the option '%.*s'; see `sluice plugins show`",
                   in->test->name, TEXT_ARG(name));
}

/* Every sandbox is asked for it, so each must know it. */
static void check_fault(const struct checking *in, sluice_text text) {
    struct fault fault;
    size_t sandboxes = 0;
    const char *name = bind_string(in->binder, text);
    for (size_t at = 0; at <= in->pipeline->actions.count; at++) {
        const sluice_component *sandbox = sandbox_at(in->pipeline, at);
        sluice_error why = ERROR_INIT;
        sandboxes += sandbox != NULL;
        if (!sandbox || !fault_parse(name, sandbox->sandbox->faults, &fault, &why))
            continue;
        bind_error(in->binder, in->test->at, "the test '%s': %s", in->test->name, why.text);
        return;
    }
    if (!sandboxes)
        bind_error(in->binder, in->test->at,
                   "the test '%s': no plugin here has a sandbox for 'faults'; write 'replies'",
                   in->test->name);
}

/* ---- the ends --------------------------------------------------------------------------------------------
 */

static void check_sink(const struct checking *in, sluice_text name) {
    const struct components *sinks = &in->pipeline->sinks;
    bool known = false;
    for (size_t i = 0; i < sinks->count; i++)
        known = known || text_is(name, sinks->items[i].id) || text_is(name, sinks->items[i].name);
    if (!known)
        bind_error(in->binder, in->test->at,
                   "the test '%s': no sink has the id or the name '%.*s'; write one of them", in->test->name,
                   TEXT_ARG(name));
}

static void check_input(const struct checking *in, const struct rehearsal_step *step) {
    const struct component *source = &in->pipeline->source;
    if (!step->input && !step->text.ptr && !(source->type->exchanger && sandbox_of(source)))
        bind_error(in->binder, in->test->at,
                   "the test '%s' has no 'input', which stands in place of the source; write a list of "
                   "records, or []",
                   in->test->name);
}

static void check_step(const struct checking *in, const struct rehearsal_step *step) {
    check_input(in, step);
    for (uint64_t i = 0; i < step->options.count; i++)
        check_option(in, step->options.items[i].key);
    for (uint64_t i = 0; i < step->faults.count; i++)
        check_fault(in, step->faults.items[i]);
    for (size_t i = 0; i < step->expect.sink_count; i++)
        check_sink(in, step->expect.sinks[i].name);
}

void rehearsal_check(struct binder *binder, const struct pipeline *pipeline) {
    struct checking in = {.binder = binder, .pipeline = pipeline};
    for (size_t t = 0; t < pipeline->tests->count; t++) {
        in.test = &pipeline->tests->items[t];
        for (size_t i = 0; i < in.test->step_count; i++)
            check_step(&in, &in.test->steps[i]);
    }
}
