/* A SQLite file as a store: records into a table, and the rows of a table as records. */
#include <sluice/plugin.h>

#include "inspect.h"
#include "sink.h"
#include "source.h"

static const char path_help[] = "The database file.";
static const char table_help[] = "The table.";
static const char wait_help[] = "How long to wait for a database that another process has locked.";

static const sluice_option sink_options[] = {
    SLUICE_OPT_TEXT(struct sink_options, path, "path", 0, "imei_orders.db", path_help, "imei_orders.db"),
    SLUICE_OPT_TEXT(struct sink_options, table, "table", 0, "orders", table_help, NULL),
    SLUICE_OPT_TEXTS(
        struct sink_options, conflict, "conflict", 0, "order_id",
        "The fields that tell records apart: a record with the same values updates the row. With "
        "order_id the table keeps orders, with the columns and rules that go with them.",
        "imei"),
    SLUICE_OPT_DURATION(struct sink_options, lock_wait, "lock_wait", 0, "10s", 0, 600000, wait_help),
    SLUICE_OPT_BOOL(
        struct sink_options, history, "history", 0, "false",
        "Note each file that the records come from in the table import_history: its name, how many rows "
        "were new or changed something, and how many weren't."),
};

static const char *const orders[] = {"oldest", "newest", NULL};

static const sluice_option source_options[] = {
    SLUICE_OPT_TEXT(struct source_options, path, "path", 0, "imei_orders.db", path_help, "imei_orders.db"),
    SLUICE_OPT_TEXT(struct source_options, table, "table", 0, "orders", table_help, NULL),
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
    SLUICE_OPT_DURATION(struct source_options, lock_wait, "lock_wait", 0, "10s", 0, 600000, wait_help),
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
        .name = "sqlite",
        .summary = "The rows of a table in a SQLite file",
        .about = "Every column becomes a field. The file is opened read-only and read by its key, a batch at "
                 "a time: "
                 "nothing stays locked, and memory doesn't grow with the table.",
        .options = source_options,
        .option_count = sizeof source_options / sizeof *source_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct source_options),
        .open = source_open,
        .close = source_close,
        .source = &source_callbacks,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SINK,
        .name = "sqlite",
        .summary = "Keeps records in a table of a SQLite file",
        .about =
            "A record whose key is there already updates its row, so that writing it twice leaves one. With "
            "conflict: order_id, the default, the table keeps orders: it is made when missing, completed "
            "when an "
            "older system made it, and a known value is never erased. With another key any table will do.",
        .options = sink_options,
        .option_count = sizeof sink_options / sizeof *sink_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct sink_options),
        .open = sink_open,
        .close = sink_close,
        .sink = &sink_callbacks,
        .store = &store_callbacks,
    },
};

static const sluice_plugin plugin = {
    .size = sizeof(sluice_plugin),
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0,
    .name = "sqlite",
    .version = SLUICE_VERSION,
    .summary = "SQLite files as source and as store",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
