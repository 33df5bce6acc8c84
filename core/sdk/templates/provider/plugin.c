/* plugin.c - what the plugin @name@ consists of, as data: its components, their options, their words. */
#include "components.h"
#include "provider.h"

/* ${…} is looked up in the environment and in .env: so no key has to stand in a pipeline. */
#define ACCOUNT_OPTIONS \
    SLUICE_OPT_URL(struct settings, base_url, "base_url", SLUICE_REQUIRED, "${@NAME@_BASE_URL}", \
                   "where the provider's API is", "https://api.provider.example"), \
        SLUICE_OPT_TEXT(struct settings, username, "username", SLUICE_REQUIRED, "${@NAME@_USERNAME}", \
                        "the account's name at the provider", "tester"), \
        SLUICE_OPT_SECRET(struct settings, api_key, "api_key", SLUICE_REQUIRED, "${@NAME@_API_KEY}", \
                          "the API key; keep it in the environment or in .env"), \
        SLUICE_OPT_TEXT(struct settings, account, "account", 0, "${@NAME@_ACCOUNT}", \
                        "the account's name in the ledger; not given: host and username", "main")

static const sluice_option place_options[] = {
    ACCOUNT_OPTIONS,
    SLUICE_OPT_TEXT(struct settings, service_id, "service_id", 0, NULL,
                    "the service to order, for records that name none themselves", "17"),
};

static const sluice_option account_options[] = {ACCOUNT_OPTIONS};

static const sluice_option sandbox_options[] = {
    SLUICE_OPT_TEXT(struct sandbox_settings, api_key, "api_key", 0, "sandbox-key",
                    "the key it knows; no secret", NULL),
    SLUICE_OPT_MONEY(struct sandbox_settings, credit, "credit", 0, "1000.00", "the credit it starts with"),
    SLUICE_OPT_DURATION(struct sandbox_settings, complete_after, "complete_after", 0, "10s", 0, 0,
                        "how long an order takes"),
};

static const char *const place_reads[] = {"imei", "service_id", NULL};
static const char *const check_reads[] = {"order_id", "provider", "account", NULL};

#define OPTIONS(rows, config) \
    .options = rows, .option_count = sizeof rows / sizeof *rows, .option_stride = sizeof(sluice_option), \
    .config_size = sizeof(config)

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_ACTION,
        .flags = SLUICE_SPENDS, /* its calls cost money: the ledger stands in front of them */
        .name = "place",
        .summary = "buy one order for every record at @name@",
        .about =
            "A record is an order of its `imei` for its `service_id`, or for the option's where it has none.",
        OPTIONS(place_options, struct settings),
        .reads = place_reads,
        .adds = place_adds,
        .open = place_open,
        .close = place_close,
        .exchanger = &place_exchanger,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_ACTION,
        .flags = SLUICE_REFUNDS, /* a rejected order is paid back */
        .name = "check",
        .summary = "ask @name@ how orders are doing: status and result",
        OPTIONS(account_options, struct settings),
        .reads = check_reads,
        .adds = check_adds,
        .open = check_open,
        .close = check_close,
        .exchanger = &check_exchanger,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SOURCE,
        .name = "services",
        .summary = "list the services of @name@ with their prices",
        OPTIONS(account_options, struct settings),
        .adds = services_adds,
        .open = services_open,
        .close = services_close,
        .source = &services_source,
        .exchanger = &services_exchanger,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SANDBOX,
        .name = "@name@",
        .summary = "a local @name@ that charges nobody",
        OPTIONS(sandbox_options, struct sandbox_settings),
        .open = sandbox_open,
        .close = sandbox_close,
        .sandbox = &sandbox_server,
    },
};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 2, /* call->arena came with it */
    .name = "@name@",
    .version = "0.1",
    .summary = "orders at @name@",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
