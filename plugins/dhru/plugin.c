/* plugin.c - what the plugin dhru consists of, as data. */
#include <sluice/plugin.h>

#include "check.h"
#include "place.h"
#include "sandbox.h"
#include "services.h"

#define ACCOUNT_OPTIONS \
    SLUICE_OPT_URL(struct settings, base_url, "base_url", SLUICE_REQUIRED, "${DHRU_BASE_URL}", \
                   "where the provider's site is", "https://provider.example"), \
        SLUICE_OPT_TEXT(struct settings, username, "username", SLUICE_REQUIRED, "${DHRU_USERNAME}", \
                        "the user that the API key belongs to", "tester"), \
        SLUICE_OPT_SECRET(struct settings, api_key, "api_key", SLUICE_REQUIRED, "${DHRU_API_KEY}", \
                          "the API access key; keep it in the environment or in .env"), \
        SLUICE_OPT_TEXT(struct settings, account, "account", 0, "${DHRU_ACCOUNT}", \
                        "the account's name in the ledger; not given: host and user", "main")

#define PARAMETERS_OPTION \
    SLUICE_OPT_CHOICE(struct settings, parameters, "parameters", 0, "xml", parameters_choices, \
                      "how a call for one order is written: xml, which most sites read, or json in base64")

static const char *const parameters_choices[] = {"xml", "json", NULL}; /* enum parameters_form */
static const char *const settle_choices[] = {"none", "balance", NULL}; /* enum settle */

static const sluice_option place_options[] = {
    ACCOUNT_OPTIONS,
    SLUICE_OPT_TEXT(struct settings, service_id, "service_id", 0, NULL,
                    "the service to order, for records that name none themselves", "1739"),
    PARAMETERS_OPTION,
    SLUICE_OPT_INT(
        struct settings, list, "list", 0, "1", 1, 100, "orders",
        "orders in one call (placeimeiorderbulk); more than 1 only where the site is known to answer "
        "for each"),
    SLUICE_OPT_PAIRS(struct settings, fields, "fields", 0,
                     "more parameters of the API, each with the column it is taken from", "{MEP: mep}"),
    SLUICE_OPT_PAIRS(struct settings, custom, "custom", 0,
                     "the service's own fields (CUSTOMFIELD), each with the column it is taken from",
                     "{Policy id: policy}"),
    SLUICE_OPT_TEXTS(
        struct settings, refusals, "refusals", 0, NULL,
        "how further error texts begin that this site is known to refuse an order with, uncharged: "
        "it is rejected then; without it such an order is in doubt",
        "[Missing required field]"),
    SLUICE_OPT_CHOICE(
        struct settings, settle, "settle", 0, "none", settle_choices,
        "the site lists no orders: what is in doubt is settled by a person; balance is refused, "
        "with the reason"),
};

static const sluice_option check_options[] = {
    ACCOUNT_OPTIONS,
    PARAMETERS_OPTION,
    SLUICE_OPT_INT(struct settings, list, "list", 0, "50", 1, 500, "order ids",
                   "orders in one call at most (getimeiorderbulk); 1 for a site that has no such call"),
};

static const sluice_option services_options[] = {ACCOUNT_OPTIONS};

static const char *const dialects[] = {"array", "string", "lower", "object", NULL}; /* enum dialect */
static const char *const reads_choices[] = {"both", "xml", "json", NULL};           /* enum sandbox_reads */

static const sluice_option sandbox_options[] = {
    SLUICE_OPT_TEXT(struct sandbox_settings, username, "username", 0, "tester", "the user it knows", NULL),
    SLUICE_OPT_TEXT(struct sandbox_settings, api_key, "api_key", 0, "sandbox-key",
                    "the user's key; no secret", NULL),
    SLUICE_OPT_MONEY(struct sandbox_settings, credit, "credit", 0, "1000000.00", "the credit it starts with"),
    SLUICE_OPT_DURATION(struct sandbox_settings, complete_after, "complete_after", 0, "10s", 0, 0,
                        "how long an order takes; half of it is new, then it is in process"),
    SLUICE_OPT_CHOICE(
        struct sandbox_settings, dialect, "dialect", 0, "array", dialects,
        "how it writes: ERROR as a list of MESSAGE and FULL_DESCRIPTION, as a text, with names in "
        "lower case and bulk replies in SUCCESS, or with objects for lists and messages"),
    SLUICE_OPT_CHOICE(struct sandbox_settings, parameters, "parameters", 0, "both", reads_choices,
                      "which form of parameters it reads in a call for one order"),
    SLUICE_OPT_BOOL(struct sandbox_settings, bulk, "bulk", 0, "true", "it has the bulk actions"),
    SLUICE_OPT_DURATION(struct sandbox_settings, catalogue_every, "catalogue_every", 0, "0s", 0, 0,
                        "it gives the catalogue only that often"),
};

static const char *const place_reads[] = {"imei", "service_id", NULL};
static const char *const check_reads[] = {"order_id", "provider", "account", "imei", NULL};

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_ACTION,
        .flags = SLUICE_SPENDS,
        .name = "place",
        .summary = "buy one order for every record (IMEI and service) at a Dhru Fusion site",
        .about =
            "Sends placeimeiorder, or placeimeiorderbulk with `list`. A record is an order of its `imei` for "
            "its `service_id`, or for the option's where it has none; the same order is never paid twice. "
            "The API has neither a reference of ours nor a list of orders: what a reply doesn't answer for "
            "is in doubt, and stays so until a person says what became of it (sluice ledger resolve).",
        .options = place_options,
        .option_count = sizeof place_options / sizeof *place_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct settings),
        .reads = place_reads,
        .adds = place_adds,
        .open = place_open,
        .close = place_close,
        .exchanger = &place_exchanger,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_ACTION,
        .flags = SLUICE_REFUNDS,
        .name = "check",
        .summary = "ask a Dhru Fusion site how orders are doing: status and result",
        .about =
            "Sends getimeiorderbulk, or getimeiorder for one order, for the orders of its own provider and "
            "account; others pass by. Where a site has no bulk call, it goes on order by order. The result "
            "text is kept as it came (result_code), without markup (result_code_display), and taken apart: "
            "carrier, simlock, model, fmi, imei2, and all other pairs in raw_response. An error is no "
            "rejection: the order stays as it is.",
        .options = check_options,
        .option_count = sizeof check_options / sizeof *check_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct settings),
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
        .summary = "list the services of a Dhru Fusion site with their prices",
        .about = "One record a service of imeiservicelist, known by its SERVICEID. `price` is plain decimal "
                 "text, empty where the site gives none; `fields` names what an order of the service must "
                 "carry (options `fields` and `custom` of place).",
        .options = services_options,
        .option_count = sizeof services_options / sizeof *services_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct settings),
        .adds = services_adds,
        .open = services_open,
        .close = services_close,
        .source = &services_source,
        .exchanger = &services_exchanger,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SANDBOX,
        .name = "dhru",
        .summary = "a local Dhru Fusion site that charges nobody",
        .about =
            "Answers placeimeiorder, getimeiorder, both in bulk, imeiservicelist and accountinfo as real "
            "sites do, in the dialect that is asked for, keeps books of its own, and makes the mistakes "
            "real sites make when asked to: maintenance, auth, no-credit, duplicate, duplicate-list, "
            "partial, price-change, foreign-order, charge-always, latin1, bare-amp, prolog-space, "
            "status-half, status-slow, status-strict.",
        .options = sandbox_options,
        .option_count = sizeof sandbox_options / sizeof *sandbox_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct sandbox_settings),
        .open = sandbox_open,
        .close = sandbox_close,
        .sandbox = &sandbox_server,
    },
};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0,
    .name = "dhru",
    .version = SLUICE_VERSION,
    .summary = "Dhru Fusion: IMEI services over the site's JSON API",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
