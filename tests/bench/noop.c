/* noop.c - an action that does nothing: what is left is what the core needs to pass a batch through one. */
#include <sluice/plugin.h>

static int32_t open_noop(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    (void)host, (void)self, (void)config, (void)error;
    *instance = 0;
    return SLUICE_OK;
}

static void close_noop(void *instance) {
    (void)instance;
}

static int32_t process(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    (void)instance, (void)in, (void)out, (void)error;
    return SLUICE_OK;
}

static const sluice_action action = {.size = sizeof action, .process = process};

static const sluice_component component = {
    .size = sizeof component,
    .kind = SLUICE_ACTION,
    .name = "noop",
    .summary = "Nothing",
    .option_stride = sizeof(sluice_option),
    .open = open_noop,
    .close = close_noop,
    .action = &action,
};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .name = "noop",
    .version = SLUICE_VERSION,
    .summary = "For the benchmarks",
    .components = &component,
    .component_count = 1,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
