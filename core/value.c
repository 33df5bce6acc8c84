#include "value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "money.h"
#include "secret.h"
#include "suggest.h"
#include "text.h"

enum { QUOTED = 60 }; /* bytes of a wrong value that a message repeats */

/* A unit of time or size and what it stands for. */
struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {
    {"", 1},       {"B", 1},         {"kB", 1000},        {"KB", 1000}, {"MB", 1000000}, {"GB", 1000000000},
    {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {NULL, 0}};
static const struct unit periods[] = {{"s", 1000},    {"sec", 1000},   {"m", 60000}, {"min", 60000},
                                      {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

/* What may be shown of a wrong value: its beginning. */
static sluice_text shown(sluice_text text) {
    return text_cut(text, QUOTED);
}

bool value_wrong(sluice_error *why, sluice_text text, const char *remedy) {
    sluice_text part = shown(text);
    fail(why, SLUICE_E_CONFIG, "'%.*s%s' %s", TEXT_ARG(part), part.len < text.len ? "…" : "", remedy);
    return false;
}

static bool no_memory(sluice_error *why) {
    fail_memory(why);
    return false;
}

/* Leading digits of `text`: how many, or -1 when there are none or too many for an int64_t. */
static int digits(sluice_text text, int64_t *out) {
    uint64_t n = 0;
    *out = 0;
    for (; n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9'; n++)
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, text.ptr[n] - '0', out))
            return -1;
    return n > 0 ? (int)n : -1;
}

/* "15s": digits, then one of the units, nothing else. */
static bool measure(sluice_text text, const struct unit *units, int64_t *out) {
    int64_t number;
    int n = digits(text, &number);
    if (n < 0)
        return false;
    sluice_text name = {text.ptr + n, text.len - (uint64_t)n};
    for (const struct unit *unit = units; unit->name; unit++)
        if (text_is(name, unit->name))
            return !__builtin_mul_overflow(number, unit->factor, out);
    return false;
}

bool value_bool(sluice_text text, uint8_t *out, sluice_error *why) {
    if (!text_is(text, "true") && !text_is(text, "false"))
        return value_wrong(why, text, "is neither true nor false; write one of the two");
    *out = text_is(text, "true");
    return true;
}

bool value_int(sluice_text text, int64_t *out, sluice_error *why) {
    bool minus = text.len > 1 && text.ptr[0] == '-';
    int n = digits(minus ? (sluice_text){text.ptr + 1, text.len - 1} : text, out);
    if (n < 0 || (uint64_t)n + minus != text.len)
        return value_wrong(why, text, "is no whole number; write decimal digits, as in 20");
    if (minus)
        *out = -*out;
    return true;
}

bool value_duration(sluice_text text, int64_t *milliseconds, sluice_error *why) {
    if (text_is(text, "0")) {
        *milliseconds = 0;
        return true;
    }
    return measure(text, durations, milliseconds) ||
           value_wrong(why, text, "is no duration; write 250ms, 15s, 5m, 2h or 30d");
}

bool value_size(sluice_text text, int64_t *bytes, sluice_error *why) {
    return measure(text, sizes, bytes) ||
           value_wrong(why, text, "is no size; write 512, 64KiB, 2MiB or 10MB");
}

bool value_rate(sluice_text text, sluice_rate *out, sluice_error *why) {
    int64_t count;
    if (text_is(text, "none")) {
        *out = (sluice_rate){0, 0};
        return true;
    }
    int n = digits(text, &count);
    if (n > 0 && count > 0 && (uint64_t)n < text.len && text.ptr[n] == '/') {
        sluice_text name = {text.ptr + n + 1, text.len - (uint64_t)n - 1};
        for (const struct unit *unit = periods; unit->name; unit++)
            if (text_is(name, unit->name)) {
                *out = (sluice_rate){count, unit->factor};
                return true;
            }
    }
    return value_wrong(why, text, "is no rate; write 60/min, 5/s, 1000/h, or none for no limit");
}

/* A number as a user would write it for this row: 15s, 2MiB, 30. */
static const char *written(const sluice_option *row, int64_t number, char out[32]) {
    static const struct unit plain = {"", 1};
    const struct unit *best = &plain;
    const struct unit *units = row->type == SLUICE_TYPE_DURATION ? durations : sizes;
    if (row->type == SLUICE_TYPE_DURATION && number != 0)
        best = &durations[0];
    for (const struct unit *unit = units; row->type != SLUICE_TYPE_INT && number != 0 && unit->name; unit++)
        if (number % unit->factor == 0 && unit->factor > best->factor)
            best = unit;
    snprintf(out, 32, "%" PRId64 "%s", number / best->factor, best->name);
    return out;
}

static bool in_range(const sluice_option *row, sluice_text text, int64_t number, sluice_error *why) {
    char low[32], high[32];
    sluice_text part = shown(text);
    if ((row->min == 0 && row->max == 0) || (number >= row->min && number <= row->max))
        return true;
    fail(why, SLUICE_E_CONFIG, "'%.*s' is out of range; write %s to %s", TEXT_ARG(part),
         written(row, row->min, low), written(row, row->max, high));
    return false;
}

static bool store_number(const sluice_option *row, sluice_text text, void *member, sluice_error *why) {
    int64_t number;
    bool good = row->type == SLUICE_TYPE_INT        ? value_int(text, &number, why)
                : row->type == SLUICE_TYPE_DURATION ? value_duration(text, &number, why)
                                                    : value_size(text, &number, why);
    if (!good || !in_range(row, text, number, why))
        return false;
    memcpy(member, &number, sizeof number);
    return true;
}

/* ',' in quotes, luhn without; a tab as \\t. */
static int choice_name(const char *choice, char *out, size_t room) {
    bool word = isalnum((unsigned char)choice[0]);
    if (strcmp(choice, "\t") == 0)
        return snprintf(out, room, "\"\\t\"");
    return snprintf(out, room, word ? "%s" : "'%s'", choice);
}

void value_list_choices(const sluice_option *row, char *out, size_t room) {
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; row->choices && row->choices[i] && used < room; i++) {
        const char *between = i == 0 ? "" : row->choices[i + 1] ? ", " : " or ";
        used += (size_t)snprintf(out + used, room - used, "%s", between);
        if (used < room)
            used += (size_t)choice_name(row->choices[i], out + used, room - used);
    }
}

static bool store_choice(const sluice_option *row, sluice_text text, void *member, sluice_error *why) {
    char choices[400];
    size_t count = 0;
    for (; row->choices && row->choices[count]; count++) {
        if (!text_is(text, row->choices[count]))
            continue;
        memcpy(member, &(int64_t){(int64_t)count}, sizeof(int64_t));
        return true;
    }
    sluice_text part = shown(text);
    const char *close = count ? suggest(text, row->choices, count) : NULL;
    if (count)
        value_list_choices(row, choices, sizeof choices);
    if (close)
        fail(why, SLUICE_E_CONFIG, "'%.*s' is not one of %s; did you mean '%s'?", TEXT_ARG(part), choices,
             close);
    else
        fail(why, SLUICE_E_CONFIG, "'%.*s' is not a choice here; write %s", TEXT_ARG(part),
             count ? choices : "");
    return false;
}

static bool store_text(sluice_text text, void *member, sluice_arena *arena, sluice_error *why) {
    sluice_text copy = arena_copy(arena, text);
    if (text.ptr && !copy.ptr)
        return no_memory(why);
    memcpy(member, &copy, sizeof copy);
    return true;
}

static bool store_texts(sluice_text text, void *member, sluice_arena *arena, sluice_error *why) {
    sluice_text *item = arena_zalloc(arena, sizeof *item);
    if (!item)
        return no_memory(why);
    if (!store_text(text, item, arena, why))
        return false;
    memcpy(member, &(sluice_texts){item, 1}, sizeof(sluice_texts));
    return true;
}

static bool store_secret(sluice_text text, void *member, sluice_error *why) {
    sluice_secret secret = text_empty(text) ? (sluice_secret){0, 0} : secret_keep(text);
    if (!text_empty(text) && secret.handle == 0)
        return no_memory(why);
    memcpy(member, &secret, sizeof secret);
    return true;
}

static bool store_money(sluice_text text, void *member, sluice_arena *arena, sluice_error *why) {
    money amount;
    if (!money_parse_strict(text, &amount))
        return value_wrong(
            why, text,
            "is no amount; write a decimal number such as 0.50, at most 6 decimals and no sign "
            "of a currency");
    return store_text(text, member, arena, why);
}

static bool store_rate(sluice_text text, void *member, sluice_error *why) {
    sluice_rate rate;
    if (!value_rate(text, &rate, why))
        return false;
    memcpy(member, &rate, sizeof rate);
    return true;
}

bool value_store(const sluice_option *row, sluice_text text, void *config, sluice_arena *arena,
                 sluice_error *why) {
    void *member = (char *)config + row->offset;
    switch (row->type) {
    case SLUICE_TYPE_TEXT:
        return store_text(text, member, arena, why);
    case SLUICE_TYPE_BOOL:
        return value_bool(text, member, why);
    case SLUICE_TYPE_INT:
    case SLUICE_TYPE_DURATION:
    case SLUICE_TYPE_SIZE:
        return store_number(row, text, member, why);
    case SLUICE_TYPE_MONEY:
        return store_money(text, member, arena, why);
    case SLUICE_TYPE_RATE:
        return store_rate(text, member, why);
    case SLUICE_TYPE_CHOICE:
        return store_choice(row, text, member, why);
    case SLUICE_TYPE_TEXTS:
        return store_texts(text, member, arena, why);
    case SLUICE_TYPE_SECRET:
        return store_secret(text, member, why);
    case SLUICE_TYPE_URL:
        return value_url(text, why) && store_text(text, member, arena, why);
    case SLUICE_TYPE_PAIRS:
        return value_wrong(why, text, "is no map; write {key: value}");
    default:
        fail(why, SLUICE_E_PLUGIN, "option '%s' has a type (%u) that this version doesn't know", row->name,
             row->type);
        return false;
    }
}
