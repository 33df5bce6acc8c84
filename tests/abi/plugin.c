/* A plugin that uses every option macro and fills every kind of component, to be compiled as C and C++. */
#include <sluice/sluice.h>

typedef struct config {
    sluice_text text, money, url;
    uint8_t boolean;
    int64_t integer, duration, bytes, choice;
    sluice_rate rate;
    sluice_texts texts;
    sluice_pairs pairs;
    sluice_secret secret;
} config;

#ifdef WRONG_MEMBER
#define INTEGER boolean
#else
#define INTEGER integer
#endif

static const char *const choices[] = {"one", "two", 0};

static const sluice_option options[] = {
    SLUICE_OPT_TEXT(config, text, "text", SLUICE_REQUIRED, 0, "Text.", "0123"),
    SLUICE_OPT_BOOL(config, boolean, "bool", SLUICE_LIVE, "false", "A switch."),
    SLUICE_OPT_INT(config, INTEGER, "int", 0, "1", 0, 9, "rows", "A number."),
    SLUICE_OPT_DURATION(config, duration, "duration", 0, "5s", 0, 60000, "A time."),
    SLUICE_OPT_SIZE(config, bytes, "size", 0, "1MiB", 0, 1 << 30, "A size."),
    SLUICE_OPT_MONEY(config, money, "money", 0, "0.08", "An amount."),
    SLUICE_OPT_RATE(config, rate, "rate", 0, "none", "A rate."),
    SLUICE_OPT_CHOICE(config, choice, "choice", 0, "one", choices, "A choice."),
    SLUICE_OPT_TEXTS(config, texts, "texts", 0, 0, "Texts.", "[a, b]"),
    SLUICE_OPT_PAIRS(config, pairs, "pairs", 0, "Pairs.", "{a: b}"),
    SLUICE_OPT_SECRET(config, secret, "secret", 0, "${KEY}", "A secret."),
    SLUICE_OPT_URL(config, url, "url", 0, 0, "An address.", "https://example.org"),
};

static int32_t open_it(const sluice_host *host, sluice_self *self, const void *settings, void **instance,
                       sluice_error *error) {
    (void)self, (void)settings;
    *instance = 0;
    return host->abi_minor ? 0 : host->fail(error, SLUICE_E_PLUGIN, "a core of another time");
}

static void close_it(void *instance) {
    (void)instance;
}

static int32_t process(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    (void)instance, (void)out, (void)error;
    return sluice_find_column(in, "imei", 4) < 0 && sluice_selected(in, 0) ? SLUICE_E_DATA : SLUICE_OK;
}

static const sluice_action action = {sizeof(sluice_action), 0, process};

static const sluice_component components[] = {
    {sizeof(sluice_component),
     SLUICE_ACTION,
     0,
     sizeof options / sizeof options[0],
     "example",
     "Does nothing.",
     0,
     options,
     sizeof(sluice_option),
     sizeof(config),
     0,
     0,
     open_it,
     close_it,
     0,
     &action,
     0,
     0,
     0,
     0},
};

static const sluice_plugin plugin = {
    sizeof(sluice_plugin),   SLUICE_ABI_MINOR, 0, "example", "1.0", "An example.", components, 1,
    sizeof(sluice_component)};

SLUICE_PLUGIN(plugin)
