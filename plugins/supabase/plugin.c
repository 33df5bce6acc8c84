/* A Supabase project, or any Postgres, as a store. */
#include "options.h"

static const char url_help[] = "The address of the database, or of its pooler (transaction mode will do); "
                               "given, it is used instead of url.";
static const char table_help[] = "The table; SCHEMA.TABLE where it isn't in the schema public.";

static const char project_help[] = "The address of the project; orders then go through its REST interface.";
static const char key_help[] =
    "The secret key (sb_secret_…) or the service_role key of the project; the anon key can't write.";

static const sluice_option sink_options[] = {
    SLUICE_OPT_URL(struct sink_options, url, "url", 0, "${SUPABASE_URL}", project_help,
                   "https://REF.supabase.co"),
    SLUICE_OPT_SECRET(struct sink_options, key, "key", 0, "${SUPABASE_KEY}", key_help),
    SLUICE_OPT_SECRET(struct sink_options, db_url, "db_url", 0, "${SUPABASE_DB_URL}", url_help),
    SLUICE_OPT_TEXT(struct sink_options, table, "table", 0, "orders", table_help, "public.orders"),
    SLUICE_OPT_TEXTS(
        struct sink_options, conflict, "conflict", 0, "order_id",
        "The fields that tell records apart: a record with the same values updates the row. With "
        "order_id the table keeps orders, with the columns and rules that go with them.",
        "imei"),
    SLUICE_OPT_BOOL(
        struct sink_options, history, "history", 0, "false",
        "Note each file that the records come from in the table import_history (over db_url): its name, how "
        "many rows were new or changed something, and how many weren't."),
    SLUICE_OPT_BOOL(struct sink_options, load, "load", 0, "false",
                    "Fill a table that is empty in one go (over db_url): it is locked until the sink "
                    "commits, and its indexes "
                    "are made then. All of the rows are kept, or, when one of them is refused, none. A table "
                    "that has rows is "
                    "written as always."),
};

static const char *const orders[] = {"oldest", "newest", NULL};

static const sluice_option source_options[] = {
    SLUICE_OPT_URL(struct source_options, url, "url", 0, "${SUPABASE_URL}", project_help,
                   "https://REF.supabase.co"),
    SLUICE_OPT_SECRET(struct source_options, key, "key", 0, "${SUPABASE_KEY}", key_help),
    SLUICE_OPT_SECRET(struct source_options, db_url, "db_url", 0, "${SUPABASE_DB_URL}", url_help),
    SLUICE_OPT_TEXT(struct source_options, table, "table", 0, "orders", table_help, "public.orders"),
    SLUICE_OPT_TEXTS(struct source_options, status, "status", 0, NULL,
                     "Only rows with one of these in the column status, in any letter case.",
                     "[Pending, In Process]"),
    SLUICE_OPT_TEXTS(struct source_options, imei, "imei", 0, NULL,
                     "Only rows with one of these in the column imei.", "001001001234563"),
    SLUICE_OPT_TEXT(
        struct source_options, since, "since", 0, NULL,
        "Only rows whose order_date (created_at where it is empty) is this time or later, in UTC.",
        "2026-11-22"),
    SLUICE_OPT_INT(struct source_options, limit, "limit", 0, "0", 0, 1000000000000, "rows",
                   "At most this many rows; 0: all."),
    SLUICE_OPT_CHOICE(struct source_options, order, "order", 0, "oldest", orders,
                      "Which rows come first, in the order in which they were stored."),
    SLUICE_OPT_TEXTS(struct source_options, order_id, "order_id", 0, NULL,
                     "Only rows with one of these in the column order_id.", NULL),
    SLUICE_OPT_TEXTS(
        struct source_options, service, "service", 0, NULL,
        "Only orders of these services: a service_id, or a whole service_name in any letter case.",
        "[1739, Apple Carrier Check]"),
    SLUICE_OPT_TEXT(
        struct source_options, text, "text", 0, NULL,
        "Only orders with this text somewhere in an id, a name, a status or a result, in any letter "
        "case.",
        "T-Mobile"),
    SLUICE_OPT_TEXTS(struct source_options, fields, "fields", 0, NULL,
                     "Only these columns become fields; without it all do.", "[order_id, imei, status]"),
    SLUICE_OPT_TEXT(struct source_options, until, "until", 0, NULL,
                    "Only rows whose order_date (created_at where it is empty) is before this time, in UTC.",
                    "2026-11-23"),
    SLUICE_OPT_TEXT(struct source_options, after, "after", 0, NULL,
                    "Only rows behind the one with this _key, in the order of `order`: the next page.",
                    "1000"),
    SLUICE_OPT_BOOL(struct source_options, keyed, "keyed", 0, "false",
                    "Adds the field _key, by which `after` goes on."),
};

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SOURCE,
        .name = "supabase",
        .summary = "The rows of a table in a Supabase project or another Postgres database",
        .about = "Every column becomes a field. Rows are read by the key, a batch at a time: nothing stays "
                 "locked, "
                 "and memory doesn't grow with the table.",
        .options = source_options,
        .option_count = sizeof source_options / sizeof *source_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct source_options),
        .open = store_source_open,
        .close = store_close,
        .source = &source_callbacks,
        .exchanger = &rest_source_callbacks,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SINK,
        .flags = SLUICE_BULK,
        .name = "supabase",
        .summary = "Keeps records in a table of a Supabase project or another Postgres database",
        .about =
            "A record whose key is there already updates its row, so that writing it twice leaves one. With "
            "conflict: order_id, the default, the table keeps orders, and a known value is never erased.",
        .options = sink_options,
        .option_count = sizeof sink_options / sizeof *sink_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct sink_options),
        .open = store_sink_open,
        .close = store_close,
        .sink = &sink_callbacks,
        .store = &store_callbacks,
        .exchanger = &rest_sink_callbacks,
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
