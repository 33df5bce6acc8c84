/* plugin.c - the plugin: what it is called and what it holds. */
#include "form.h"

static const sluice_component components[] = {{
    .size = sizeof(sluice_component),
    .kind = SLUICE_SOURCE,
    .flags = SLUICE_PUSH,
    .name = "form",
    .summary = "A web form: orders, uploads, progress, search, the ledger",
    .about = "Serves pages for people and JSON for scripts while `sluice serve` runs. What is sent is on "
             "disk before "
             "it is acknowledged, and a form that is sent twice is one job. It listens on this machine alone "
             "unless there is a password, and TLS or a proxy that does it.",
    .options = form_options,
    .option_count = FORM_OPTIONS,
    .option_stride = sizeof(sluice_option),
    .config_size = sizeof(struct form_options),
    .open = form_open,
    .close = form_close,
    .source = &form_callbacks,
}};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = SLUICE_ABI_MINOR,
    .name = "form",
    .version = SLUICE_VERSION,
    .summary = "A web form",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
