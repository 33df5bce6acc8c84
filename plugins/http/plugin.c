/* plugin.c - what the plugin http consists of, as data. */
#include <sluice/plugin.h>

#include "action.h"
#include "sandbox.h"
#include "source.h"

#define REQUEST_OPTIONS \
    SLUICE_OPT_URL(struct settings, url, "url", SLUICE_REQUIRED, NULL, \
                   "the address of a call; names in {{ }} stand for values, percent-encoded", \
                   "https://api.example/v1/checks/{{order_id}}"), \
        SLUICE_OPT_CHOICE(struct settings, method, "method", 0, "auto", method_choices, \
                          "auto is POST with a body or a form, GET without"), \
        SLUICE_OPT_PAIRS(struct settings, headers, "headers", 0, \
                         "headers of the request; a secret one ends with {{api_key}}", \
                         "{Authorization: \"Bearer {{api_key}}\"}"), \
        SLUICE_OPT_PAIRS(struct settings, query, "query", 0, \
                         "parameters behind the address; one whose value is empty is left out", \
                         "{key: \"{{api_key}}\", imei: \"{{imei}}\"}"), \
        SLUICE_OPT_PAIRS(struct settings, form, "form", 0, "parameters of a form in the body, likewise", \
                         "{imei: \"{{imei}}\"}"), \
        SLUICE_OPT_TEXT(struct settings, body, "body", 0, NULL, \
                        "the body, JSON; a name in quotes is escaped, one without must be a number, true, " \
                        "false or null", \
                        "'{\"deviceId\": \"{{imei}}\", \"serviceId\": {{service_id}}}'"), \
        SLUICE_OPT_SECRET(struct settings, api_key, "api_key", 0, NULL, \
                          "what {{api_key}} stands for; keep it in the environment or in .env"), \
        SLUICE_OPT_TEXT(struct settings, username, "username", 0, NULL, \
                        "the account's user, for its name in the ledger and for `password`", "tester"), \
        SLUICE_OPT_SECRET( \
            struct settings, password, "password", 0, NULL, \
            "what {{password}} stands for; named nowhere, it is sent with the username as HTTP " \
            "Basic authentication"), \
        SLUICE_OPT_TEXT(struct settings, account, "account", 0, NULL, \
                        "the account's name in the ledger; not given: host and user", "main")

#define FIELDS_OPTION(help) \
    SLUICE_OPT_PAIRS(struct settings, fields, "fields", 0, help, \
                     "{result_code: /result, model: [/properties/model, /model]}")

static const sluice_option action_options[] = {
    REQUEST_OPTIONS,
    SLUICE_OPT_TEXT(struct settings, provider, "provider", 0, NULL,
                    "the provider's name in the ledger and in the store; needed where orders are placed or "
                    "asked about",
                    "imeicheck"),
    SLUICE_OPT_BOOL(struct settings, spends, "spends", 0, "false",
                    "each call is an order that costs money: the ledger stands in front of it"),
    SLUICE_OPT_TEXT(struct settings, service_id, "service_id", 0, NULL,
                    "the service to order, for records that name none themselves", "12"),
    SLUICE_OPT_TEXT(struct settings, order_id, "order_id", 0, NULL,
                    "pointer to the order's id in the reply; needed where it spends", "/id"),
    SLUICE_OPT_TEXT(struct settings, price, "price", 0, NULL,
                    "pointer to what was charged; not given: what the catalogue says", "/amount"),
    SLUICE_OPT_INT(struct settings, minor_units, "minor_units", 0, "0", 0, 6, "decimals",
                   "amounts in replies are whole numbers of the smallest unit: 2 for cents"),
    SLUICE_OPT_TEXT(struct settings, identifier, "identifier", 0, NULL,
                    "pointer to the identifier that the reply repeats; a reply for another one is a doubt",
                    "/deviceId"),
    SLUICE_OPT_TEXT(struct settings, status, "status", 0, NULL, "pointer to the order's status", "/status"),
    SLUICE_OPT_PAIRS(
        struct settings, statuses, "statuses", 0,
        "our statuses (Pending, In Process, Completed, Rejected), each with the provider's words "
        "for it",
        "{Completed: [successful], Rejected: [failed]}"),
    SLUICE_OPT_BOOL(struct settings, refunds, "refunds", 0, "false",
                    "the provider pays back what is rejected in the end"),
    FIELDS_OPTION(
        "fields of the record, each with the pointer that it is taken from, or several of which the "
        "first that points at something counts"),
    SLUICE_OPT_PAIRS(
        struct settings, verdicts, "verdicts", 0,
        "what replies mean: placed, rejected, duplicate, no_credit, auth, retry_later, each with "
        "rules like 422, 4xx /error, /status=error, /result^=Error A, /message*=balance; what "
        "fits none is in doubt",
        "{rejected: [\"422\"], auth: [\"401\"], no_credit: [\"402\"]}"),
    SLUICE_OPT_TEXTS(struct settings, message, "message", 0, NULL,
                     "pointers to the provider's own words in a refusal; not given: /message, /error and the "
                     "like",
                     "[/result]"),
    SLUICE_OPT_PAIRS(struct settings, prices, "prices", 0,
                     "prices of services, for a provider without a catalogue", "{\"12\": \"0.08\"}"),
    SLUICE_OPT_PAIRS(
        struct settings, services, "services", 0,
        "the catalogue: url, and pointers items, id, title, price, currency, category, time, next",
        "{url: /v1/services, id: /id, title: /title, price: /price}"),
    SLUICE_OPT_PAIRS(struct settings, balance, "balance", 0,
                     "the credit: url, and pointers amount, currency (or the currency itself)",
                     "{url: /v1/account, amount: /balance, currency: USD}"),
    SLUICE_OPT_PAIRS(
        struct settings, orders, "orders", 0,
        "the provider's list of orders, by which doubts are settled: url, pointers items, order_id, "
        "imei, service_id, service_name, created, client_ref, price, status, next, and complete: "
        "true where the list leaves none out",
        "{url: \"/v1/checks?page={{page}}\", items: /data, order_id: /id, imei: /deviceId}"),
    SLUICE_OPT_PAIRS(struct settings, order, "order", 0,
                     "one order by its id, for what a person says of a doubt: url, and pointers as in orders",
                     "{url: \"/v1/checks/{{order_id}}\", order_id: /id, imei: /deviceId}"),
};

static const sluice_option source_options[] = {
    REQUEST_OPTIONS,
    SLUICE_OPT_TEXT(struct settings, items, "items", 0, NULL,
                    "pointer to the list of records; not given: the reply is the list", "/data"),
    FIELDS_OPTION("fields of the records, each with the pointer, from the item, that it is taken from"),
    SLUICE_OPT_TEXT(struct settings, next, "next", 0, NULL,
                    "pointer to the address of the next page, or to what {{next}} stands for there",
                    "/links/next"),
    SLUICE_OPT_INT(struct settings, first_page, "first_page", 0, "1", 0, 1000000, "page",
                   "what {{page}} begins with; pages are read until one is empty"),
    SLUICE_OPT_INT(struct settings, max_pages, "max_pages", 0, "10000", 1, 1000000, "pages",
                   "more are an error"),
};

static const char *const apis[] = {"imeicheck", "sickw", NULL}; /* enum sandbox_api */

static const sluice_option sandbox_options[] = {
    SLUICE_OPT_CHOICE(struct sandbox_settings, api, "api", 0, "imeicheck", apis,
                      "whose manners it has: checks over REST, answered later; or GET, answered at once"),
    SLUICE_OPT_TEXT(struct sandbox_settings, api_key, "api_key", 0, "sandbox-key", "the key; no secret",
                    NULL),
    SLUICE_OPT_MONEY(struct sandbox_settings, credit, "credit", 0, "1000000.00", "the credit it starts with"),
    SLUICE_OPT_DURATION(struct sandbox_settings, complete_after, "complete_after", 0, "10s", 0, 0,
                        "how long a check takes in the manner of imeicheck; half of it is waiting"),
};

static const char *const action_reads[] = {"imei", "service_id", "order_id", "provider", "account", NULL};

static const sluice_component components[] = {
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_ACTION,
        .flags = SLUICE_MAY_SPEND | SLUICE_REFUNDS,
        .name = "http",
        .summary = "call a JSON API for every record: place an order, ask about it, or look something up",
        .about =
            "The API is described by the options: the request with {{names}} for the record's fields, JSON "
            "pointers into the reply, rules for what it means. With `spends: true` a record is an order of "
            "its "
            "`imei` for its `service_id`, or for the option's, and is paid once; a reply that fits no rule "
            "is in "
            "doubt. Without it, an address with {{order_id}} asks about the orders of its provider and "
            "account, "
            "others pass by; any other asks about every record.",
        .options = action_options,
        .option_count = sizeof action_options / sizeof *action_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct settings),
        .reads = action_reads,
        .open = action_open,
        .close = action_close,
        .exchanger = &action_exchanger,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SOURCE,
        .name = "http",
        .summary = "read records from a JSON API, page by page",
        .about =
            "A record an item of the list at `items`, with the fields of `fields`. One page is held at a "
            "time. The next one is named by `next` in the reply, or numbered by {{page}}.",
        .options = source_options,
        .option_count = sizeof source_options / sizeof *source_options,
        .option_stride = sizeof(sluice_option),
        .config_size = sizeof(struct settings),
        .open = source_open,
        .close = source_close,
        .source = &source_pages,
        .exchanger = &source_exchanger,
    },
    {
        .size = sizeof(sluice_component),
        .kind = SLUICE_SANDBOX,
        .name = "http",
        .summary = "a local JSON API that sells checks and charges nobody",
        .about =
            "Answers in the manner of imeicheck.net (POST /v1/checks, GET /v1/checks/ID, /v1/services, "
            "/v1/account; and GET /v1/checks, a list of its own) or of sickw.com (GET /api.php), keeps "
            "books, and makes the mistakes that real ones make when asked to: maintenance, auth, no-credit, "
            "duplicate, price-change, foreign-order, latin1, prolog-space, charge-always, list-late, "
            "list-depth.",
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
    .min_minor = 2,
    .name = "http",
    .version = SLUICE_VERSION,
    .summary = "any JSON API, described in the pipeline",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
