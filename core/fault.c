#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "suggest.h"
#include "text.h"
#include "value.h"

struct row {
    const char *name;
    enum fault_effect effect;
    enum fault_unit unit;
    const char *value; /* with its colon; "": none */
};

#define ROW(name, effect, unit, value, help) {name, effect, unit, value},
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

static void list_own(const char *const *own, char *out, size_t room) {
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; own && own[i] && used < room; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", i ? ", " : "", own[i]);
}

static int unknown(sluice_text name, const char *const *own, sluice_error *error) {
    struct suggestion suggestion;
    char names[400];
    bool knows_few = own != NULL;
    list_own(own, names, sizeof names);
    suggest_begin(&suggestion, name);
    for (size_t i = 0; i < ROWS; i++)
        if (!own || !is_flag(table[i].effect))
            suggest_consider(&suggestion, table[i].name);
    for (; own && *own; own++)
        suggest_consider(&suggestion, *own);
    if (suggestion.best)
        return fail(error, SLUICE_E_USAGE, "there is no fault '%.*s' here; did you mean '%s'?",
                    TEXT_ARG(name), suggestion.best);
    return fail(error, SLUICE_E_USAGE, "there is no fault '%.*s' here; `sluice help sandbox` lists them%s%s",
                TEXT_ARG(name), knows_few ? "; of those below `taken` this one knows " : "",
                knows_few && !*names ? "none" : names);
}

static int parse_when(sluice_text when, struct fault *out, sluice_error *error) {
    const sluice_text every = TEXT("every:");
    bool counted = when.len > every.len && memcmp(when.ptr, every.ptr, every.len) == 0;
    int64_t number = 1;
    if (text_is(when, "first"))
        out->first = true;
    else if (counted) {
        sluice_text digits = {when.ptr + every.len, when.len - every.len};
        if (!value_int(digits, &number, NULL) || number < 1)
            return fail(error, SLUICE_E_USAGE, "--fault %s: '%.*s' is no number of requests; write every:10",
                        out->name, TEXT_ARG(digits));
    } else if (!text_is(when, "all"))
        return fail(error, SLUICE_E_USAGE, "--fault %s: '%.*s' is not known; write first, every:10 or all",
                    out->name, TEXT_ARG(when));
    out->every = (uint64_t)number;
    return 0;
}

/* A duration; where it is the offset of a zone, with a sign. */
static bool parse_time(sluice_text text, bool is_signed, int64_t *out) {
    enum { MOST_MS = 366 * 24 * 3600 };
    bool minus = is_signed && text.len && *text.ptr == '-';
    if (minus || (is_signed && text.len && *text.ptr == '+'))
        text = (sluice_text){text.ptr + 1, text.len - 1};
    if (!value_duration(text, out, NULL) || *out < 0 || *out > MOST_MS * INT64_C(1000))
        return false;
    *out = minus ? -*out : *out;
    return true;
}

static bool parse_number(sluice_text text, int64_t least, int64_t most, int64_t *out) {
    return value_int(text, out, NULL) && *out >= least && *out <= most;
}

static bool parse_unit(sluice_text text, enum fault_unit unit, int64_t *out) {
    switch (unit) {
    case FAULT_NO_VALUE:
        return false;
    case FAULT_TIME:
        return parse_time(text, false, out);
    case FAULT_ZONE:
        return parse_time(text, true, out);
    case FAULT_STATUS:
        return parse_number(text, 400, 599, out);
    case FAULT_PERCENT:
        return parse_number(text, -100, 10000, out);
    case FAULT_NUMBER:
        return parse_number(text, 0, 1000000000, out);
    }
    return false;
}

static int parse_value(sluice_text text, const struct row *row, struct fault *out, sluice_error *error) {
    static const char *const examples[] = {"", ":2s", ":+3h or :-5h", ":503", ":25 or :-10", ":10"};
    enum fault_unit unit = row ? row->unit : FAULT_NUMBER; /* of a component's own: as it likes */
    if (!text.ptr && row && *row->value)
        text = text_of(row->value + 1);
    if (!text.ptr || parse_unit(text, unit, &out->value))
        return 0;
    if (unit == FAULT_NO_VALUE)
        return fail(error, SLUICE_E_USAGE, "--fault %s takes no value; write it without ':%.*s'", out->name,
                    TEXT_ARG(text));
    return fail(error, SLUICE_E_USAGE, "--fault %s: '%.*s' is not possible; write %s%s", out->name,
                TEXT_ARG(text), out->name, examples[unit]);
}

static int parse_calls(sluice_text text, struct fault *out, sluice_error *error) {
    out->calls = FAULT_PAID;
    if (!text.ptr)
        return 0;
    if (is_flag(out->effect) || out->effect == FAULT_TAKEN || out->effect == FAULT_RESENT)
        return fail(error, SLUICE_E_USAGE, "--fault %s doesn't let the calls be chosen; leave '@%.*s' out",
                    out->name, TEXT_ARG(text));
    if (text_is(text, "free"))
        out->calls = FAULT_FREE;
    else if (text_is(text, "any"))
        out->calls = FAULT_ANY;
    else if (!text_is(text, "paid"))
        return fail(error, SLUICE_E_USAGE, "--fault %s: '@%.*s' is not known; write @paid, @free or @any",
                    out->name, TEXT_ARG(text));
    return 0;
}

/* Cut `text` at the first `mark`; what is behind it, or null. */
static sluice_text split(sluice_text *text, char mark) {
    const char *at = text->len ? memchr(text->ptr, mark, text->len) : NULL;
    if (!at)
        return (sluice_text){NULL, 0};
    sluice_text rest = {at + 1, text->len - (uint64_t)(at + 1 - text->ptr)};
    text->len = (uint64_t)(at - text->ptr);
    return rest;
}

int fault_parse(const char *text, const char *const *own, struct fault *out, sluice_error *error) {
    sluice_text name = text_of(text);
    sluice_text when = split(&name, '='), calls = split(&name, '@'), value = split(&name, ':');
    const struct row *row = find_row(name);
    const char *named = find_own(own, name);
    if (!named && (!row || (own && is_flag(row->effect))))
        return unknown(name, own, error);
    *out = (struct fault){.name = row ? row->name : named, .effect = row ? row->effect : FAULT_FLAG};
    int failed = parse_value(value, row, out, error);
    if (!failed)
        failed = parse_calls(calls, out, error);
    return failed ? failed : parse_when(when.ptr ? when : TEXT("all"), out, error);
}

bool fault_concerns(const struct fault *fault, bool paid) {
    return fault->calls & (paid ? FAULT_PAID : FAULT_FREE);
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
