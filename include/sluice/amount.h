/* amount.h - amounts as providers write them: "$0.08", "0.08 USD", "1,234.50", "$ 150.00 USD"; and whole
 * numbers to reckon with. Not a part of the contract, and not in sluice.h: see text.h. */
#ifndef SLUICE_AMOUNT_H
#define SLUICE_AMOUNT_H

#include <stdio.h>

#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AMOUNT_TEXT = 32, CURRENCY_TEXT = 4 };

/* The amount as plain decimal text in `out`; null when the text holds none, or more than one. */
static inline sluice_text amount_read(sluice_text text, char out[AMOUNT_TEXT]);
/* The currency's code in `out`; null when the text names none ("$" alone is the sign of many). */
static inline sluice_text amount_currency(sluice_text text, char out[CURRENCY_TEXT]);

/* Millionths; text of amount_read's form with at most 6 decimals that count. */
static inline int64_t amount_micros(sluice_text text);
/* At least two decimals: 0.08, 150.00, 0.125. Returns `out`, terminated. */
static inline char *amount_format(int64_t micros, char out[AMOUNT_TEXT]);
/* What an API gives in the currency's smallest unit, as plain decimal text: "1234" with 2 decimals is 12.34,
 * "5" is 0.05. Null when it isn't a whole number, or one too large. */
static inline sluice_text amount_from_minor(sluice_text text, unsigned decimals, char out[AMOUNT_TEXT]);

/* ---- how ------------------------------------------------------------------------------------- */

/* "1,234,567.50": commas stand between groups of three, before the point only. "0,500" has a decimal comma.
 */
static inline bool amount_groups_are_right(sluice_text number) {
    uint64_t digits = 0;
    bool grouped = false;
    for (uint64_t i = 0; i <= number.len; i++) {
        char c = i < number.len ? number.ptr[i] : '.';
        if (text_is_digit(c)) {
            digits++;
        } else if (c == ',') {
            if (digits == 0 || digits > 3 || (grouped && digits != 3) || number.ptr[0] == '0')
                return false;
            grouped = true;
            digits = 0;
        } else {
            return digits > 0 && (!grouped || digits == 3);
        }
    }
    return false;
}

/* One '.' at most, digits on both sides of it, no comma behind it. */
static inline bool amount_is_number(sluice_text number) {
    const char *point = (const char *)memchr(number.ptr, '.', number.len);
    if (!amount_groups_are_right(number))
        return false;
    if (!point)
        return true;
    const char *end = number.ptr + number.len;
    for (const char *at = point + 1; at < end; at++)
        if (!text_is_digit(*at))
            return false;
    return point + 1 < end;
}

static inline bool amount_is_part(char c) {
    return text_is_digit(c) || c == '.' || c == ',';
}

static inline bool amount_is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The run of digits, points and commas at `at`, which a "Rs." may stand before. */
static inline sluice_text amount_run_at(sluice_text text, uint64_t at) {
    sluice_text run = {text.ptr + at, 0};
    while (at + run.len < text.len && amount_is_part(run.ptr[run.len]))
        run.len++;
    if (run.len && run.ptr[0] == '.' && at > 0 && amount_is_letter(text.ptr[at - 1])) {
        run.ptr++;
        run.len--;
    }
    return run;
}

static inline bool amount_has_digit(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (text_is_digit(text.ptr[i]))
            return true;
    return false;
}

/* A hyphen, or U+2212, which typography has for it. */
static inline bool amount_is_minus(sluice_text text, uint64_t at) {
    return text.ptr[at] == '-' || (text.len - at >= 3 && memcmp(text.ptr + at, "\xe2\x88\x92", 3) == 0);
}

/* The only number in the text. A minus anywhere before it, or right behind it as accountants write it, makes
 * it negative: "-$5.00", "5.00-". */
static inline sluice_text amount_find_number(sluice_text text, bool *negative) {
    sluice_text found = text_none();
    for (uint64_t i = 0; i < text.len; i++) {
        if (amount_is_minus(text, i) && (!found.ptr || text.ptr + i == found.ptr + found.len))
            *negative = true;
        if (!amount_is_part(text.ptr[i]))
            continue;
        sluice_text run = amount_run_at(text, i);
        if (amount_has_digit(run)) {
            if (found.ptr)
                return text_none();
            found = run;
        }
        i = (uint64_t)(run.ptr + run.len - text.ptr) - (run.len > 0);
    }
    return found;
}

static inline sluice_text amount_read(sluice_text text, char out[AMOUNT_TEXT]) {
    bool negative = false;
    sluice_text number = amount_find_number(text, &negative);
    uint64_t length = 0;
    if (!number.ptr || number.len > AMOUNT_TEXT - 2 || !amount_is_number(number))
        return text_none();
    if (negative)
        out[length++] = '-';
    for (uint64_t i = 0; i < number.len; i++)
        if (number.ptr[i] != ',')
            out[length++] = number.ptr[i];
    return text_view(out, length);
}

static inline sluice_text amount_currency(sluice_text text, char out[CURRENCY_TEXT]) {
    for (uint64_t i = 0; i < text.len; i++) {
        uint64_t start = i;
        while (i < text.len && amount_is_letter(text.ptr[i]))
            i++;
        if (i - start != 3)
            continue;
        for (uint64_t k = 0; k < 3; k++)
            out[k] = (char)(text.ptr[start + k] & ~0x20);
        return text_view(out, 3);
    }
    return text_none();
}

static inline int64_t amount_micros(sluice_text text) {
    int64_t micros = 0;
    int decimals = -1;
    for (uint64_t i = 0; i < text.len && decimals < 6; i++) {
        if (text.ptr[i] == '.')
            decimals = 0;
        if (!text_is_digit(text.ptr[i]) || micros > INT64_MAX / 10000000)
            continue;
        micros = micros * 10 + (text.ptr[i] - '0');
        decimals += decimals >= 0;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < 6; i++)
        micros *= 10;
    return text.len && text.ptr[0] == '-' ? -micros : micros;
}

static inline char *amount_format(int64_t micros, char out[AMOUNT_TEXT]) {
    const char *sign = micros < 0 ? "-" : "";
    uint64_t whole = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    int length = snprintf(out, AMOUNT_TEXT, "%s%llu.%06llu", sign, (unsigned long long)(whole / 1000000),
                          (unsigned long long)(whole % 1000000));
    while (out[length - 1] == '0' && out[length - 3] != '.')
        out[--length] = 0;
    return out;
}

static inline sluice_text amount_from_minor(sluice_text text, unsigned decimals, char out[AMOUNT_TEXT]) {
    bool negative = text.len && text.ptr[0] == '-';
    uint64_t digits = text.len - negative, length = 0;
    uint64_t whole = digits > decimals ? digits - decimals : 0;
    if (!digits || digits + decimals > AMOUNT_TEXT - 4)
        return text_none();
    for (uint64_t i = 0; i < digits; i++)
        if (!text_is_digit(text.ptr[negative + i]))
            return text_none();
    if (negative)
        out[length++] = '-';
    if (!whole)
        out[length++] = '0';
    for (uint64_t i = 0; i < whole; i++)
        out[length++] = text.ptr[negative + i];
    if (decimals)
        out[length++] = '.';
    for (uint64_t i = digits; i < decimals; i++)
        out[length++] = '0';
    for (uint64_t i = whole; i < digits; i++)
        out[length++] = text.ptr[negative + i];
    return text_view(out, length);
}

#ifdef __cplusplus
}
#endif
#endif
