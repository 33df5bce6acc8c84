/* plugin.c - what the plugin gsm_fusion consists of, as data. */
#include <sluice/plugin.h>

#include "check.h"
#include "import.h"
#include "place.h"
#include "sandbox.h"
#include "services.h"

#define ACCOUNT_OPTIONS \
    SLUICE_OPT_URL(struct settings, base_url, "base_url", SLUICE_REQUIRED, "${GSM_FUSION_BASE_URL}", \
                   "where the provider's site is", "https://provider.example"), \
        SLUICE_OPT_TEXT(struct settings, username, "username", SLUICE_REQUIRED, "${GSM_FUSION_USERNAME}", \
                        "the user that the API key belongs to", "tester"), \
        SLUICE_OPT_SECRET(struct settings, api_key, "api_key", SLUICE_REQUIRED, "${GSM_FUSION_API_KEY}", \
                          "the API key; keep it in the environment or in .env"), \
        SLUICE_OPT_TEXT(struct settings, account, "account", 0, "${GSM_FUSION_ACCOUNT}", \
                        "the account's name in the ledger; not given: host and user", "main")

static const char *const settle_choices[] = {"recent", "complete", "none", NULL}; /* enum settle */

static const sluice_option place_options[] = {
    ACCOUNT_OPTIONS,
    SLUICE_OPT_TEXT(struct settings, service_id, "service_id", 0, NULL,
                    "the service to order, for records that name none themselves", "1739"),
    SLUICE_OPT_INT(struct settings, list, "list", 0, "1", 1, 100, "IMEIs",
                   "IMEIs in one call; more than 1 only where the provider is known to answer for each"),
    SLUICE_OPT_PAIRS(struct settings, fields, "fields", 0,
                     "more parameters of the API, each with the column it is taken from",
                     "{PolicyID: policy}"),
    SLUICE_OPT_CHOICE(
        struct settings, settle, "settle", 0, "recent", settle_choices,
        "the site's own list of orders (getimeis), by which orders in doubt are settled: of recent "
        "orders, complete since the oldest one in it, or not to be had"),
};

static const sluice_option check_options[] = {
    ACCOUNT_OPTIONS,
    SLUICE_OPT_INT(struct settings, list, "list", 0, "100", 1, 1000, "order ids",
                   "order ids in one call at most; fewer where the provider needs too long for so many"),
};

static const sluice_option import_options[] = {
    SLUICE_OPT_TEXT(struct import_settings, account, "account", 0, "${GSM_FUSION_ACCOUNT}",
                    "the account that the orders were placed with; not given: they count as anybody's",
                    "main"),
};

static const sluice_option services_options[] = {ACCOUNT_OPTIONS};

static const sluice_option sandbox_options[] = {
    SLUICE_OPT_TEXT(struct sandbox_settings, username, "username", 0, "tester", "the user it knows", NULL),
    SLUICE_OPT_TEXT(struct sandbox_settings, api_key, "api_key", 0, "sandbox-key",
                    "the user's key; no secret", NULL),
    SLUICE_OPT_MONEY(struct sandbox_settings, credit, "credit", 0, "1000000.00", "the credit it starts with"),
    SLUICE_OPT_DURATION(struct sandbox_settings, complete_after, "complete_after", 0, "10s", 0, 0,
                        "how long an order takes; half of it is Pending, then it is In Process"),
};

static const char *const place_reads[] = {"imei", "service_id", NULL};
static const char *const check_reads[] = {"order_id", "provider", "account", "imei", NULL};

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_ACTION,
        .flags = SLUICE_SPENDS | SLUICE_STREAMS,
        .name = "place",
        .summary = "buy one order for every record (IMEI and service) at a GSM Fusion site",
        .about = "Sends placeorder. A record is an order of its `imei` for its `service_id`, or for the "
                 "option's where it has none; the same order is never paid twice. The reply is matched IMEI "
                 "by IMEI: what it doesn't answer for is in doubt, and kept in the ledger until that is "
                 "settled.",
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
        .flags = SLUICE_STREAMS | SLUICE_REFUNDS,
        .name = "check",
        .summary = "ask a GSM Fusion site how orders are doing: status and result",
        .about =
            "Sends getimeis for the orders of its own provider and account; others pass by. The result "
            "text is kept as it came (result_code), without markup (result_code_display), and taken apart: "
            "carrier, simlock, model, fmi, imei2, and all other pairs in raw_response. An order that the "
            "reply leaves out, doesn't know or answers for with another IMEI stays as it is.",
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
        .kind = SLUICE_ACTION,
        .name = "import",
        .summary = "make orders of the rows of a GSM Fusion site's own export",
        .about =
            "Reads the columns SERVICE, IMEI NO., CREDITS, STATUS, CODE, … of an export, which is also what "
            "the csv sink writes with format: gsm_fusion. The result in CODE is taken apart as check does "
            "it. "
            "An order without an order id, and the export has none, gets one made up of its service, IMEI "
            "and "
            "date (import-…): the same row is the same order.",
        .options = import_options,
        .option_count = sizeof import_options / sizeof *import_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct import_settings),
        .reads = import_reads,
        .adds = import_adds,
        .open = import_open,
        .close = import_close,
        .action = &import_action,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SOURCE,
        .flags = SLUICE_STREAMS,
        .name = "services",
        .summary = "list the services of a GSM Fusion site with their prices",
        .about = "One record a service of imeiservices. `price` is plain decimal text, empty where the "
                 "site gives none; `fields` names the parameters that an order of the service may or must "
                 "carry (option `fields` of place).",
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
        .name = "gsm_fusion",
        .summary = "a local GSM Fusion site that charges nobody",
        .about = "Answers placeorder, getimeis, imeiservices and accountinfo as the real API does, keeps "
                 "books of its own, and makes the mistakes real sites make when asked to: maintenance, "
                 "auth, no-credit, duplicate, duplicate-list, partial, price-change, foreign-order, "
                 "charge-always, timezone, latin1, bare-amp, prolog-space.",
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
    .name = "gsm_fusion",
    .version = SLUICE_VERSION,
    .summary = "GSM Fusion: IMEI services over the site's XML API",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
