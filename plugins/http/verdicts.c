#include "verdicts.h"

#include <stdlib.h>

#include <sluice/text.h>

const char *const class_names[] = {"auth",     "no_credit", "retry_later", "duplicate",
                                   "rejected", "placed",    NULL};

enum { SERVER_ERROR = 500, REQUEST_TIMEOUT = 408 };

static int32_t wrong_rule(const sluice_host *host, const char *name, sluice_text text, const char *wrong,
                          sluice_error *error) {
    return host->fail(error, SLUICE_E_CONFIG, "'verdicts': %s: '%.*s' %s", name,
                      TEXT_ARG(text_cut(text, 100)), wrong);
}

/* A status of 500 and more comes from whatever stands between here and there, after the charge or before it,
 * and so does 408; a range of statuses has some of them in it. */
static const char *check_rule(const struct rule *rule, enum class class, bool spends) {
    bool alone = spends && class != CLASS_PLACED && rule->test == RULE_STATUS;
    if (alone && (rule->most >= SERVER_ERROR || rule->least == REQUEST_TIMEOUT))
        return "says nothing but a status that may come after the charge; write the provider's own words, as "
               "in "
               "503 /error=maintenance";
    if (alone && rule->least != rule->most)
        return "names a range of statuses, of which some may come after the charge; write each, or add the "
               "provider's own words, as in 4xx /code=invalid_imei";
    if (!spends && class != CLASS_AUTH && class != CLASS_RETRY_LATER)
        return "is a verdict on an order; an action that doesn't spend has 'auth' and 'retry_later' only";
    return NULL;
}

static int32_t read_class(struct rules *out, enum class class, const sluice_host *host, bool spends,
                          sluice_texts texts, sluice_error *error) {
    out->items = calloc(texts.count + 1, sizeof *out->items);
    if (!out->items)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint64_t i = 0; i < texts.count; i++) {
        const char *wrong = rule_read(&out->items[out->count], texts.items[i]);
        if (!wrong)
            wrong = check_rule(&out->items[out->count], class, spends);
        if (wrong)
            return wrong_rule(host, class_names[class], texts.items[i], wrong, error);
        out->count++;
    }
    return SLUICE_OK;
}

int32_t verdicts_read(struct verdicts *out, const sluice_host *host, const struct settings *settings,
                      sluice_error *error) {
    for (uint64_t i = 0; i < settings->verdicts.count; i++) {
        const sluice_pair *pair = &settings->verdicts.items[i];
        uint32_t class = 0;
        while (class < CLASSES && !text_is(pair->key, class_names[class]))
            class ++;
        if (class == CLASSES)
            return host->fail(
                error, SLUICE_E_CONFIG,
                "'verdicts' has no '%.*s'; it has placed, rejected, duplicate, no_credit, auth, "
                "retry_later",
                TEXT_ARG(text_cut(pair->key, 64)));
        if (out->classes[class].items)
            continue;
        int32_t failed =
            read_class(&out->classes[class], (enum class) class, host, settings->spends, pair->values, error);
        if (failed)
            return failed;
    }
    return SLUICE_OK;
}

void verdicts_free(struct verdicts *verdicts) {
    for (uint32_t class = 0; class < CLASSES; class ++)
        free(verdicts->classes[class].items);
}

static bool fits(const struct rules *rules, struct reply *reply, int32_t status) {
    for (uint32_t i = 0; i < rules->count; i++)
        if (rule_fits(&rules->items[i], reply, status))
            return true;
    return false;
}

enum class verdicts_refusal(const struct verdicts *verdicts, struct reply *reply, int32_t status) {
    for (uint32_t class = 0; class < CLASS_PLACED;
         class ++) if (fits(&verdicts->classes[class], reply, status)) return (enum class) class;
    return CLASSES;
}

bool verdicts_placed(const struct verdicts *verdicts, struct reply *reply, int32_t status) {
    const struct rules *rules = &verdicts->classes[CLASS_PLACED];
    return rules->count ? fits(rules, reply, status) : status >= 200 && status < 300;
}
