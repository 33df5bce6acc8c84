#include "fault.h"

#include <string.h>

#include "suggest.h"
#include "text.h"
#include "value.h"

struct row {
    const char *name;
    enum fault_effect effect;
};

#define ROW(name, effect, help) {name, effect},
static const struct row table[] = {FAULTS(ROW)};
enum { ROWS = sizeof table / sizeof *table };

static bool is_flag(enum fault_effect effect) {
    return effect == FAULT_FLAG || effect == FAULT_FLAG_ASKED;
}

static const struct row *find_row(sluice_text name) {
    for (size_t i = 0; i < ROWS; i++)
        if (text_is(name, table[i].name))
            return &table[i];
    return NULL;
}

static const char *find_own(const char *const *own, sluice_text name) {
    for (; own && *own; own++)
        if (text_is(name, *own))
            return *own;
    return NULL;
}

static int unknown(sluice_text name, const char *const *own, sluice_error *error) {
    struct suggestion suggestion;
    suggest_begin(&suggestion, name);
    for (size_t i = 0; i < ROWS; i++)
        if (!own || !is_flag(table[i].effect))
            suggest_consider(&suggestion, table[i].name);
    for (; own && *own; own++)
        suggest_consider(&suggestion, *own);
    if (suggestion.best)
        return fail(error, SLUICE_E_USAGE, "there is no fault '%.*s' here; did you mean '%s'?",
                    TEXT_ARG(name), suggestion.best);
    return fail(error, SLUICE_E_USAGE, "there is no fault '%.*s' here; `sluice help sandbox` lists them",
                TEXT_ARG(name));
}

static int parse_when(const char *when, struct fault *out, sluice_error *error) {
    int64_t every = 1;
    if (strcmp(when, "first") == 0)
        out->first = true;
    else if (strncmp(when, "every:", 6) == 0) {
        if (!value_int(text_of(when + 6), &every, NULL) || every < 1)
            return fail(error, SLUICE_E_USAGE, "--fault %s: '%s' is no number of requests; write every:10",
                        out->name, when + 6);
    } else if (strcmp(when, "all") != 0)
        return fail(error, SLUICE_E_USAGE, "--fault %s: '%s' is not known; write first, every:10 or all",
                    out->name, when);
    out->every = (uint64_t)every;
    return 0;
}

int fault_parse(const char *text, const char *const *own, struct fault *out, sluice_error *error) {
    const char *equals = strchr(text, '=');
    sluice_text name = {text, equals ? (uint64_t)(equals - text) : strlen(text)};
    const struct row *row = find_row(name);
    const char *named = find_own(own, name);
    if (!named && (!row || (own && is_flag(row->effect))))
        return unknown(name, own, error);
    *out = (struct fault){.name = row ? row->name : named, .effect = row ? row->effect : FAULT_FLAG};
    return parse_when(equals ? equals + 1 : "all", out, error);
}

bool fault_strikes(struct fault *fault) {
    fault->seen++;
    bool strikes = fault->first ? fault->seen == 1 : fault->seen % fault->every == 0;
    fault->struck += strikes;
    return strikes;
}

bool fault_strikes_in(struct fault *fault, uint64_t turn) {
    if (fault->turn != turn) {
        fault->turn = turn;
        fault->answer = fault_strikes(fault);
    }
    return fault->answer;
}

bool fault_is_constant(const struct fault *fault) {
    return !fault->first && fault->every == 1;
}
