/* A Supabase project, or any Postgres, as a store. */
#include "options.h"

static const sluice_option sink_options[] = {
    SLUICE_OPT_SECRET(struct sink_options, db_url, "db_url", 0, "${SUPABASE_DB_URL}",
                      "The address of the database, or of its pooler; transaction mode will do."),
    SLUICE_OPT_TEXT(struct sink_options, table, "table", 0, "orders", "The table.", "public.orders"),
    SLUICE_OPT_TEXTS(
        struct sink_options, conflict, "conflict", 0, "order_id",
        "The fields that tell records apart: a record with the same values updates the row. With "
        "order_id the table keeps orders, with the columns and rules that go with them.",
        "imei"),
};

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SINK,
        .name = "supabase",
        .summary = "Keeps records in a table of a Supabase project or another Postgres database",
        .about =
            "A record whose key is there already updates its row, so that writing it twice leaves one. With "
            "conflict: order_id, the default, the table keeps orders, and a known value is never erased.",
        .options = sink_options,
        .option_count = sizeof sink_options / sizeof *sink_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct sink_options),
        .open = sink_open,
        .close = sink_close,
        .sink = &sink_callbacks,
    },
};

static const sluice_plugin plugin = {
    .size = sizeof(sluice_plugin),
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0,
    .name = "supabase",
    .version = SLUICE_VERSION,
    .summary = "Supabase, and Postgres, as a store",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
