/* csv.c - the plugin: what it is called and what it holds. */
#include "sink.h"
#include "source.h"

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SOURCE,
        .flags = SLUICE_REREADS,
        .name = "csv",
        .summary = "A record for each row of a CSV file",
        .about =
            "Reads CSV as it comes: comma, semicolon, tab or pipe; LF, CRLF or CR; UTF-8 with or without a "
            "byte "
            "order mark, UTF-16 with one, Windows-1252. Headers match fields without case and separators "
            "('IMEI No.' is imei); one column without a header is a list of IMEIs. Any size, in flat memory.",
        .options = source_options,
        .option_count = sizeof source_options / sizeof *source_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct source_config),
        .open = source_open,
        .close = source_close,
        .source = &source_callbacks,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SINK,
        .name = "csv",
        .summary = "Records as rows of a CSV file",
        .about = "Replaces the file when the run is over, or appends to it: never a half row, and after a "
                 "crash no "
                 "order twice. format: gsm_fusion writes the provider's own export.",
        .options = csv_sink_options,
        .option_count = sizeof csv_sink_options / sizeof *csv_sink_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct sink_config),
        .open = csv_sink_open,
        .close = csv_sink_close,
        .sink = &csv_sink_callbacks,
    },
};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0,
    .name = "csv",
    .version = SLUICE_VERSION,
    .summary = "CSV files in and out",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
