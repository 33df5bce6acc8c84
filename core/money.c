#include "money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

enum { DECIMALS = 6, UNIT = 1000000 };
#define WHOLE_MOST 9000000000000 /* so that an amount fits 63 bits of millionths */

/* Digits with ',' between groups of three. Returns the end, or NULL. */
static const char *read_whole(const char *at, const char *end, int64_t *out) {
    int64_t value = 0;
    int group = 0; /* digits since the last ',' */
    bool grouped = false, any = false;
    for (; at < end; at++) {
        if (*at == ',') {
            if (!any || group > 3 || (grouped && group != 3))
                return NULL;
            grouped = true;
            group = 0;
        } else if (text_is_digit(*at)) {
            value = value * 10 + (*at - '0');
            if (value > WHOLE_MOST)
                return NULL;
            group++;
            any = true;
        } else {
            break;
        }
    }
    if (grouped && group != 3)
        return NULL;
    *out = value;
    return any ? at : NULL;
}

static const char *read_decimals(const char *at, const char *end, int64_t *out) {
    int64_t value = 0;
    int count = 0;
    for (; at < end && text_is_digit(*at); at++, count++) {
        if (count < DECIMALS)
            value = value * 10 + (*at - '0');
        else if (*at != '0')
            return NULL;
    }
    if (!count)
        return NULL;
    for (; count < DECIMALS; count++)
        value *= 10;
    *out = value;
    return at;
}

/* The amount at the start of [at, end); returns what follows it, or NULL. */
static const char *read_amount(const char *at, const char *end, money *out) {
    int64_t whole = 0, decimals = 0;
    bool negative = false;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    if (at < end && *at == '.') /* ".5" */
        at = read_decimals(at + 1, end, &decimals);
    else if ((at = read_whole(at, end, &whole)) && at < end && *at == '.')
        at = read_decimals(at + 1, end, &decimals);
    if (!at)
        return NULL;
    *out = whole * UNIT + decimals;
    if (negative)
        *out = -*out;
    return at;
}

bool money_parse_strict(sluice_text text, money *out) {
    const char *end = text.ptr + text.len;
    return text.len && !memchr(text.ptr, ',', text.len) && read_amount(text.ptr, end, out) == end;
}

/* What may stand around an amount: spaces, letters, currency signs (bytes beyond ASCII). */
static bool is_around(char c) {
    return c == ' ' || c == '\t' || c == '$' || c == '\n' || c == '\r' || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

bool money_parse(sluice_text text, money *out) {
    const char *at = text.ptr, *end = text.ptr + text.len;
    while (at < end && is_around(*at))
        at++;
    if (at == end || !(at = read_amount(at, end, out)))
        return false;
    while (at < end && is_around(*at))
        at++;
    return at == end;
}

char *money_format(money amount, char out[MONEY_TEXT]) {
    uint64_t size = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    int length = snprintf(out, MONEY_TEXT, "%s%" PRIu64 ".%06" PRIu64, amount < 0 ? "-" : "", size / UNIT,
                          size % UNIT);
    while (out[length - 1] == '0' && out[length - 3] != '.')
        out[--length] = 0;
    return out;
}

money money_add(money a, money b) {
    money sum;
    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? INT64_MIN + 1 : INT64_MAX;
    return sum;
}
