#include "sections.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cron.h"
#include "lease.h"
#include "secret.h"
#include "text.h"

#define ROWS(rows) rows, sizeof(rows) / sizeof *(rows)

/* The map of a section; NULL when it isn't there or, which is said, isn't a map. */
static const struct yaml_node *section_map(struct binder *binder, const struct yaml_node *node,
                                           const char *example) {
    if (!node || node->refused || yaml_is_null(node) || node->kind == YAML_MAP)
        return node && node->kind == YAML_MAP ? node : NULL;
    bind_error(binder, node->at, "'%.*s' is a map, not %s; write %s", TEXT_ARG(node->key->text),
               yaml_kind_name(node), example);
    return NULL;
}

/* Where a complaint about one of a section's options points. */
static struct mark place_of(const struct yaml_node *map, const char *name) {
    const struct yaml_node *node = map ? yaml_get(map, name) : NULL;
    return node ? node->at : map ? map->at : (struct mark){0};
}

/* NULL for nothing and for ''. */
static const char *string_or_null(sluice_text text) {
    return text.len ? text.ptr : NULL;
}

/* ---- vars ------------------------------------------------------------------------------------- */

static void add_var(struct binder *binder, const struct yaml_node *node) {
    char what[100];
    sluice_text name = node->key->text, value;
    struct var *var = bind_array(binder, 1, sizeof *var);
    snprintf(what, sizeof what, "variable '%.*s'", (int)(name.len < 60 ? name.len : 60), name.ptr);
    if (vars_name_length(name) != name.len || name.len == 0) {
        bind_error(binder, node->key->at,
                   "%s: a variable's name has letters, digits and '_', and no digit first", what);
        return;
    }
    if (vars_secret_name(name) && node->kind == YAML_SCALAR && node->text.len &&
        !memchr(node->text.ptr, '$', node->text.len))
        diag_add(binder->diag, DIAG_WARNING, node->at,
                 "%s: a secret stands in this file; put it into .env or the environment", what);
    if (yaml_is_null(node) || bind_text(binder, node, what, &value) != BOUND_VALUE || !var)
        return; /* `NAME:` declares a variable that has to come from elsewhere */
    *var = (struct var){
        .next = binder->vars.own, .name = bind_string(binder, name), .value = bind_string(binder, value)};
    binder->vars.own = var;
}

void section_vars(struct binder *binder, const struct yaml_node *node) {
    const struct yaml_node *map = section_map(binder, node, "NAME: value below it");
    for (const struct yaml_node *child = map ? map->first : NULL; child; child = child->next)
        add_var(binder, child);
}

/* ---- time zones ------------------------------------------------------------------------------- */

/* "UTC", or a name that the system's time zones have. */
static const char *check_timezone(struct binder *binder, struct mark at, sluice_text name) {
    char path[200];
    bool clean = name.len < 100;
    for (uint64_t i = 0; clean && i < name.len; i++)
        clean = isalnum((unsigned char)name.ptr[i]) || (i > 0 && strchr("/_+-", name.ptr[i]));
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", clean ? (int)name.len : 0, clean ? name.ptr : "");
    if (!name.ptr)
        return "UTC"; /* it depends on a variable that isn't set */
    if (text_is(name, "UTC") || (clean && name.len && access(path, R_OK) == 0))
        return name.ptr;
    bind_error(binder, at, "there is no time zone '%.*s'; write UTC, or a name such as Europe/Berlin",
               (int)(name.len < 60 ? name.len : 60), name.ptr);
    return "UTC";
}

/* ---- trigger ---------------------------------------------------------------------------------- */

static const char *const overlaps[] = {"skip", NULL};

struct trigger_options {
    int64_t every, jitter, overlap;
    sluice_text cron, timezone;
};

static const sluice_option trigger_rows[] = {
    SLUICE_OPT_DURATION(struct trigger_options, every, "every", 0, NULL, 1000, 31536000000,
                        "run again after this time"),
    SLUICE_OPT_TEXT(struct trigger_options, cron, "cron", 0, NULL,
                    "run at these times: minute hour day month weekday", "0 6 * * *"),
    SLUICE_OPT_TEXT(struct trigger_options, timezone, "timezone", 0, "UTC", "the time zone of 'cron'",
                    "Europe/Berlin"),
    SLUICE_OPT_DURATION(struct trigger_options, jitter, "jitter", 0, "0", 0, 86400000,
                        "wait for up to this time, at random"),
    SLUICE_OPT_CHOICE(struct trigger_options, overlap, "overlap", 0, "skip", overlaps,
                      "when the last run isn't over yet"),
};

/* Five fields that make sense, and come some day. */
static void check_cron(struct binder *binder, struct mark at, sluice_text text) {
    struct cron cron;
    sluice_error error = ERROR_INIT;
    if (cron_parse(text, &cron, &error))
        bind_error(binder, at, "%s", error.text);
    else if (cron_next(&cron, NULL, 0) == INT64_MAX)
        bind_error(binder, at, "'cron': this time never comes; write \"0 6 * * *\"");
}

void section_trigger(struct binder *binder, const struct yaml_node *node, struct trigger *out) {
    const struct yaml_node *map = section_map(binder, node, "{every: 5m}");
    struct owner owner = {"'trigger'", place_of(map, ""), ROWS(trigger_rows), NULL};
    struct trigger_options options = {0};
    *out = (struct trigger){.timezone = "UTC"};
    if (!map)
        return;
    bind_options(binder, &owner, map, &options);
    if (!yaml_get(map, "every") && !yaml_get(map, "cron"))
        bind_error(binder, map->at,
                   "'trigger' needs 'every' or 'cron'; write {every: 5m} or {cron: \"0 6 * * *\"}");
    if (yaml_get(map, "every") && yaml_get(map, "cron"))
        bind_error(binder, yaml_get(map, "cron")->key->at,
                   "'trigger' has 'every' and 'cron'; keep one of them");
    if (yaml_get(map, "timezone") && yaml_get(map, "every"))
        diag_add(binder->diag, DIAG_WARNING, yaml_get(map, "timezone")->key->at,
                 "'timezone' is for 'cron'; with 'every' it changes nothing");
    if (options.cron.len)
        check_cron(binder, place_of(map, "cron"), options.cron);
    *out = (struct trigger){.every_ms = options.every,
                            .jitter_ms = options.jitter,
                            .cron = string_or_null(options.cron),
                            .timezone = check_timezone(binder, place_of(map, "timezone"), options.timezone)};
}

/* ---- spend ------------------------------------------------------------------------------------ */

struct spend_options {
    sluice_text max_price, max_run, max_day, reserve, price, currency, timezone;
    uint8_t confirm;
    int64_t repeat_after, max_in_doubt, settle_after;
};

static const sluice_option spend_rows[] = {
    SLUICE_OPT_MONEY(struct spend_options, max_price, "max_price", 0, NULL,
                     "one order costs this much at most"),
    SLUICE_OPT_MONEY(struct spend_options, max_run, "max_run", 0, NULL, "one run spends this much at most"),
    SLUICE_OPT_MONEY(struct spend_options, max_day, "max_day", 0, NULL,
                     "one day's runs on an account spend this much at most"),
    SLUICE_OPT_MONEY(struct spend_options, reserve, "reserve", 0, NULL, "leave this much on the account"),
    SLUICE_OPT_MONEY(struct spend_options, price, "price", 0, NULL,
                     "the price of an order whose service has none"),
    SLUICE_OPT_TEXT(struct spend_options, currency, "currency", 0, NULL, "the currency of these amounts",
                    "USD"),
    SLUICE_OPT_TEXT(struct spend_options, timezone, "timezone", 0, "UTC", "where a day begins",
                    "Europe/Berlin"),
    SLUICE_OPT_BOOL(struct spend_options, confirm, "confirm", 0, "true", "ask before money is spent"),
    SLUICE_OPT_DURATION(struct spend_options, repeat_after, "repeat_after", 0, "0", 0, 315360000000,
                        "order the same again when this much time has passed; 0: never"),
    SLUICE_OPT_INT(struct spend_options, max_in_doubt, "max_in_doubt", 0, "20", 1, 1000000, "orders",
                   "stop at this many orders in doubt"),
    SLUICE_OPT_DURATION(struct spend_options, settle_after, "settle_after", 0, "10m", 0, 86400000,
                        "how old an order in doubt must be before it can be found absent"),
};

static money amount(struct binder *binder, const struct yaml_node *map, const char *name, sluice_text text) {
    money out;
    if (!text.ptr || !money_parse_strict(text, &out))
        return MONEY_NONE;
    if (out < 0)
        bind_error(binder, place_of(map, name),
                   "option '%s': an amount can't be less than nothing; write 0.50", name);
    return out;
}

/* ISO 4217, and the longer codes of what else accounts are kept in. */
static void check_currency(struct binder *binder, const struct yaml_node *map, sluice_text code) {
    bool good = code.len >= 3 && code.len <= 5;
    for (uint64_t i = 0; good && i < code.len; i++)
        good = code.ptr[i] >= 'A' && code.ptr[i] <= 'Z';
    if (code.len && !good)
        bind_error(binder, place_of(map, "currency"),
                   "'%.*s' is no currency; write its code in capitals, such as USD",
                   (int)(code.len < 60 ? code.len : 60), code.ptr);
}

void section_spend(struct binder *binder, const struct yaml_node *node, struct spend_rules *out) {
    const struct yaml_node *map = section_map(binder, node, "{max_price: 0.50, max_run: 50.00}");
    struct owner owner = {"'spend'", place_of(map, ""), ROWS(spend_rows), NULL};
    struct spend_options options = {0};
    bind_options(binder, &owner, map, &options);
    check_currency(binder, map, options.currency);
    *out = (struct spend_rules){
        .max_price = amount(binder, map, "max_price", options.max_price),
        .max_run = amount(binder, map, "max_run", options.max_run),
        .max_day = amount(binder, map, "max_day", options.max_day),
        .reserve = amount(binder, map, "reserve", options.reserve),
        .price = amount(binder, map, "price", options.price),
        .currency = string_or_null(options.currency),
        .timezone = check_timezone(binder, place_of(map, "timezone"), options.timezone),
        .confirm = options.confirm != 0,
        .repeat_after_ms = options.repeat_after,
        .max_in_doubt = options.max_in_doubt,
        .settle_after_ms = options.settle_after,
    };
}

/* ---- state ------------------------------------------------------------------------------------ */

struct state_options {
    sluice_text ledger;
    int64_t lease;
};

static const sluice_option state_rows[] = {
    SLUICE_OPT_TEXT(struct state_options, ledger, "ledger", 0, NULL, "a Postgres database for the ledger",
                    "\"${LEDGER_URL}\""),
    SLUICE_OPT_DURATION(struct state_options, lease, "lease", 0, "30s", LEASE_LEAST_MS, 3600000,
                        "there: after so long without a word a run counts as dead"),
};

/* A password in the URI is never shown again. */
static void keep_password(struct binder *binder, const struct yaml_node *node, sluice_text uri) {
    const char *authority = memmem(uri.ptr, uri.len, "://", 3);
    if (!authority)
        return;
    authority += 3;
    const char *at = memchr(authority, '@', strcspn(authority, "/?#"));
    const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    if (!colon)
        return;
    secret_keep((sluice_text){colon + 1, (uint64_t)(at - colon) - 1});
    if (!memmem(node->text.ptr, node->text.len, "${", 2))
        diag_add(binder->diag, DIAG_WARNING, node->at,
                 "'ledger': a password stands in this file; put the address into "
                 ".env or the environment and write \"${LEDGER_URL}\"");
}

void section_state(struct binder *binder, const struct yaml_node *node, struct ledger_rules *out) {
    const struct yaml_node *map = section_map(binder, node, "{ledger: \"${LEDGER_URL}\"}");
    struct owner owner = {"'state'", place_of(map, ""), ROWS(state_rows), NULL};
    struct state_options options = {0};
    *out = (struct ledger_rules){0};
    if (!map)
        return;
    bind_options(binder, &owner, map, &options);
    if (!options.ledger.len)
        return;
    *out = (struct ledger_rules){options.ledger.ptr, options.lease};
    keep_password(binder, yaml_get(map, "ledger"), options.ledger);
    if (strncmp(out->uri, "postgres://", 11) != 0 && strncmp(out->uri, "postgresql://", 13) != 0)
        bind_error(binder, place_of(map, "ledger"),
                   "'ledger' is no address of a Postgres database; write postgresql://…, or remove it: "
                   "the ledger is a file in the state directory then");
}

const struct section sections[] = {
    {"trigger", ROWS(trigger_rows)}, {"spend", ROWS(spend_rows)}, {"state", ROWS(state_rows)}, {0}};
