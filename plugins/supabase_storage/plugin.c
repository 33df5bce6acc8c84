/* An export as an object in a Supabase project's storage. */
#include "sink.h"

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SINK,
        .flags = SLUICE_UPLOADS,
        .name = "supabase_storage",
        .summary = "A CSV file as an object in a bucket of a Supabase project",
        .about =
            "The object is made, or replaced, when the run is over, and its address is told: one that is "
            "signed for an hour, or the public one.",
        .options = storage_options,
        .option_count = sizeof storage_options / sizeof *storage_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct storage_config),
        .open = storage_open,
        .close = storage_close,
        .sink = &storage_callbacks,
        .exchanger = &storage_exchanger,
    },
};

static const sluice_plugin plugin = {
    .size = sizeof(sluice_plugin),
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0,
    .name = "supabase_storage",
    .version = SLUICE_VERSION,
    .summary = "Files in Supabase's object storage",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
