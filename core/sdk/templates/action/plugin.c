/* plugin.c - the action @name@: marks the records that have a value in a field, and refuses the others.
 *
 * Put what your action does in place of mark() and process(); the rest stays. */
#include <stdlib.h>

#include <sluice/plugin.h>
#include <sluice/text.h>

/* The options, as the core fills them in. */
struct settings {
    sluice_text field;
    sluice_text mark;
};

struct action {
    const sluice_host *host;
    const struct settings *settings;
};

static const sluice_option options[] = {
    SLUICE_OPT_TEXT(struct settings, field, "field", 0, "imei", "the field that must have a value", "name"),
    SLUICE_OPT_TEXT(struct settings, mark, "mark", 0, "seen", "what is written into the field @name@", "yes"),
};

/* No network, no file, no thread: `sluice lint` calls it, too. */
static int32_t action_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                           sluice_error *error) {
    struct action *action = malloc(sizeof *action);
    (void)self;
    if (!action)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    *action = (struct action){.host = host, .settings = config}; /* config lives until close */
    *instance = action;
    return SLUICE_OK;
}

static void action_close(void *instance) {
    free(instance);
}

/* A column has a cell for each row of the batch; only the selected ones are still part of it. */
static int32_t mark(const struct action *action, const sluice_batch *in, sluice_changes *out,
                    sluice_error *error) {
    sluice_text *cells = action->host->alloc(out->arena, in->row_count * sizeof *cells);
    if (!cells)
        return action->host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint32_t row = 0; row < in->row_count; row++)
        cells[row] = action->settings->mark;
    return action->host->set_column(out, "@name@", cells, error);
}

static int32_t process(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    const struct action *action = instance;
    sluice_text field = action->settings->field;
    int32_t column = sluice_find_column(in, field.ptr, field.len);
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = sluice_selected(in, i);
        if (column < 0 || text_is_blank(in->cells[column][row]))
            action->host->reject(out, row, "no_value", TEXT("the field is empty"));
    }
    return mark(action, in, out, error);
}

static const sluice_action callbacks = {.size = sizeof callbacks, .process = process};
static const char *const adds[] = {"@name@", NULL};

static const sluice_component components[] = {{
    .size = sizeof(sluice_component),
    .kind = SLUICE_ACTION,
    .name = "@name@", /* as the plugin: it is written `@name@:` in a pipeline, without a dot */
    .summary = "mark the records that have a value in a field, refuse the others",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .option_stride = sizeof(sluice_option),
    .config_size = sizeof(struct settings),
    .adds = adds,
    .open = action_open,
    .close = action_close,
    .action = &callbacks,
}};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0, /* the oldest contract it can work with */
    .name = "@name@",
    .version = "0.1",
    .summary = "marks records",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
