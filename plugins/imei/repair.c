#include "repair.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

enum { IMEI_DIGITS = 15, SHOWN = 40 };

/* ---- the check digit ---------------------------------------------------------------------- */

/* Eight characters at once. Each byte of the result is its digit, or *bad gets a bit. */
static inline uint64_t digits_of(const char *text, uint64_t *bad) {
    uint64_t word;
    memcpy(&word, text, sizeof word);
    word = le64toh(word) ^ UINT64_C(0x3030303030303030);
    *bad |= (word | (word + UINT64_C(0x0606060606060606))) & UINT64_C(0xf0f0f0f0f0f0f0f0);
    return word;
}

/* The Luhn sum, byte by byte: each second digit counts double, less 9 when that has two digits. */
static inline uint64_t luhn_bytes(uint64_t digits, uint64_t doubled) {
    uint64_t twice = digits & doubled;
    uint64_t over =
        (twice + UINT64_C(0x7b7b7b7b7b7b7b7b)) >> 7 & UINT64_C(0x0101010101010101); /* 5 and more */
    return digits + twice - over * 9;
}

bool repair_is_imei(sluice_text value) {
    if (value.len != IMEI_DIGITS)
        return false;
    uint64_t bad = 0;
    uint64_t first = digits_of(value.ptr, &bad);           /* digits 1 … 8 */
    uint64_t second = digits_of(value.ptr + 7, &bad) >> 8; /* digits 9 … 15 */
    if (bad)
        return false;
    const uint64_t even = UINT64_C(0xff00ff00ff00ff00);
    uint64_t sum = luhn_bytes(first, even) + luhn_bytes(second, even);
    return (sum * UINT64_C(0x0101010101010101) >> 56) % 10 == 0;
}

char repair_check_digit(const char *digits) {
    unsigned sum = 0;
    for (unsigned i = 0; i < IMEI_DIGITS - 1; i++) {
        unsigned digit = (unsigned)(digits[i] - '0') << (i & 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

/* ---- what is around the number ------------------------------------------------------------ */

/* Bytes of a character that isn't seen: zero width, direction, soft hyphen, byte order mark. 0: none. */
static size_t invisible(const char *s, size_t n) {
    const unsigned char *b = (const unsigned char *)s;
    if (n >= 2 && b[0] == 0xc2 && b[1] == 0xad)
        return 2;
    if (n >= 3 && b[0] == 0xe2 && b[1] == 0x80 &&
        ((b[2] >= 0x8b && b[2] <= 0x8f) || (b[2] >= 0xaa && b[2] <= 0xae)))
        return 3;
    if (n >= 3 && b[0] == 0xe2 && b[1] == 0x81 && b[2] >= 0xa0 && b[2] <= 0xaf)
        return 3;
    return n >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf ? 3 : 0;
}

/* Bytes of a space of any width or a tab or line end. NFKC makes most of them U+0020. 0: none. */
static size_t space(const char *s, size_t n) {
    const unsigned char *b = (const unsigned char *)s;
    if (n && strchr(" \t\r\n\v\f", *s) && *s)
        return 1;
    if (n >= 2 && b[0] == 0xc2 && (b[1] == 0xa0 || b[1] == 0x85))
        return 2;
    if (n >= 3 && b[0] == 0xe2 && b[1] == 0x80 &&
        (b[2] <= 0x8a || b[2] == 0xa8 || b[2] == 0xa9 || b[2] == 0xaf))
        return 3;
    return n >= 3 && b[0] == 0xe3 && b[1] == 0x80 && b[2] == 0x80 ? 3 : 0;
}

/* Bytes of a hyphen, a dash or a minus. 0: none. */
static size_t dash(const char *s, size_t n) {
    const unsigned char *b = (const unsigned char *)s;
    if (n && *s == '-')
        return 1;
    if (n >= 3 && b[0] == 0xe2 && b[1] == 0x80 && b[2] >= 0x90 && b[2] <= 0x95)
        return 3;
    return n >= 3 && b[0] == 0xe2 && b[1] == 0x88 && b[2] == 0x92 ? 3 : 0;
}

/* Bytes of a character that is cut off at either end. */
static size_t outside(const char *s, size_t n) {
    size_t bytes = space(s, n);
    return bytes ? bytes : invisible(s, n);
}

static sluice_text trim(sluice_text value) {
    size_t bytes;
    while ((bytes = outside(value.ptr, value.len))) {
        value.ptr += bytes;
        value.len -= bytes;
    }
    for (size_t back = 1; back <= 3 && back <= value.len;) {
        if (outside(value.ptr + value.len - back, back) == back) {
            value.len -= back;
            back = 1;
        } else {
            back++;
        }
    }
    return value;
}

static bool wrapped_in(sluice_text value, const char *begin, const char *end) {
    size_t b = strlen(begin), e = strlen(end);
    return value.len >= b + e && memcmp(value.ptr, begin, b) == 0 &&
           memcmp(value.ptr + value.len - e, end, e) == 0;
}

/* What spreadsheets and exports put around a number so that it stays text: ="…", '…, "…". */
static sluice_text unwrap(sluice_text value) {
    value = trim(value);
    if (wrapped_in(value, "=\"", "\""))
        value = (sluice_text){value.ptr + 2, value.len - 3};
    else if (wrapped_in(value, "\"", "\"") && value.len > 1)
        value = (sluice_text){value.ptr + 1, value.len - 2};
    value = trim(value);
    if (wrapped_in(value, "'", "")) {
        value.ptr++;
        value.len--;
        if (value.len && value.ptr[value.len - 1] == '\'')
            value.len--;
    }
    return trim(value);
}

/* ---- numbers as spreadsheets write them --------------------------------------------------- */

struct number {
    char digits[REPAIR_ROOM];
    size_t count;    /* of the digits before a decimal mark */
    size_t decimals; /* behind it, in scientific notation */
    unsigned power;
    bool zeros; /* nothing but 0 behind it */
    bool other; /* something that has no place in a number */
};

/* 3.53979E+14, 3,53979E+14, 3E14. */
static bool read_scientific(sluice_text value, struct number *number) {
    size_t i = 0;
    *number = (struct number){0};
    while (i < value.len && text_is_digit(value.ptr[i]) && number->count < 16)
        number->digits[number->count++] = value.ptr[i++];
    if (i + 1 < value.len && (value.ptr[i] == '.' || value.ptr[i] == ',')) {
        i++;
        while (i < value.len && text_is_digit(value.ptr[i]) && number->decimals < 32)
            number->digits[number->count + number->decimals++] = value.ptr[i++];
    }
    if (!number->count || i == value.len || (value.ptr[i] != 'E' && value.ptr[i] != 'e'))
        return false;
    i++;
    bool sign = i < value.len && value.ptr[i] == '+';
    i += sign;
    size_t begin = i;
    while (i < value.len && text_is_digit(value.ptr[i]) && i - begin < 3)
        number->power = number->power * 10 + (unsigned)(value.ptr[i++] - '0');
    /* 12E12 may be a serial number; with a sign or a decimal mark it is a number. */
    return i > begin && i == value.len && (sign || number->decimals);
}

/* Bytes of what people put between the digits of an IMEI; a dot or a comma isn't among it. 0: none. */
static size_t separator(const char *s, size_t n) {
    size_t bytes = outside(s, n);
    return bytes ? bytes : dash(s, n);
}

/* Digits with spaces, dashes and dots between them. A single dot or comma is a decimal mark when at
 * least 14 digits stand before it and only zeros behind it: 353979106673567.0. Several dots separate. */
static void read_plain(sluice_text value, struct number *number) {
    size_t marks = 0, before = 0;
    bool comma = false;
    *number = (struct number){.zeros = true};
    for (size_t i = 0, bytes; i < value.len && !number->other; i += bytes) {
        char c = value.ptr[i];
        bytes = 1;
        if (text_is_digit(c)) {
            if (number->count < REPAIR_ROOM)
                number->digits[number->count++] = c;
            number->zeros &= !marks || c == '0';
        } else if (c == '.' || c == ',') {
            comma |= c == ',';
            before = number->count;
            marks++;
        } else if (!(bytes = separator(value.ptr + i, value.len - i))) {
            number->other = true;
        }
    }
    if (marks == 1 && number->zeros && before >= IMEI_DIGITS - 1)
        number->count = before;
    else if (comma)
        number->other = true;
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static enum repair_verdict refuse(struct repair *repair, const char *code, const char *format,
                                  sluice_text value) {
    sluice_text shown = text_cut(value, SHOWN);
    repair->code = code;
    snprintf(repair->reason, sizeof repair->reason, format, TEXT_ARG(shown));
    return REPAIR_REFUSED;
}

static enum repair_verdict accept(struct repair *repair, sluice_text value, sluice_text out) {
    repair->out = out;
    return out.len == value.len && memcmp(out.ptr, value.ptr, out.len) == 0 ? REPAIR_SAME : REPAIR_CHANGED;
}

static enum repair_verdict refuse_count(struct repair *repair, const struct number *number,
                                        sluice_text value) {
    if (number->count == 14)
        return refuse(repair, "no_check_digit",
                      "'%.*s' has 14 digits: the check digit is missing; complete: [14] adds it", value);
    if (number->count == 16)
        return refuse(
            repair, "imeisv",
            "'%.*s' has 16 digits: an IMEISV ends in a software version; complete: [16] makes it an IMEI",
            value);
    if (number->count < 14)
        return refuse(repair, "too_short", "'%.*s' has fewer than 15 digits", value);
    return refuse(repair, "too_long", "'%.*s' has more than 16 digits: are there two IMEIs in the cell?",
                  value);
}

static enum repair_verdict judge_digits(const struct number *number, sluice_text value,
                                        const struct repair_rules *rules, struct repair *repair) {
    sluice_text out = {repair->room, IMEI_DIGITS};
    bool completed =
        (number->count == 14 && rules->complete_14) || (number->count == 16 && rules->complete_16);
    if (number->count != IMEI_DIGITS && !completed)
        return refuse_count(repair, number, value);
    memcpy(repair->room, number->digits, IMEI_DIGITS);
    char expected = repair_check_digit(number->digits);
    if (completed)
        repair->room[14] = expected;
    if (rules->check == REPAIR_LUHN && repair->room[14] != expected) {
        char format[160];
        snprintf(format, sizeof format,
                 "the check digit of '%%.*s' should be %c: a digit is wrong; check: digits lets it pass",
                 expected);
        return refuse(repair, "check_digit", format, value);
    }
    return accept(repair, value, out);
}

/* All 15 digits may be there: 3.53979106673567E+14. */
static enum repair_verdict judge_scientific(const struct number *number, sluice_text value,
                                            const struct repair_rules *rules, struct repair *repair) {
    struct number whole = *number;
    whole.count += whole.decimals;
    if (number->count == 1 && number->decimals == number->power && whole.count == IMEI_DIGITS)
        return judge_digits(&whole, value, rules, repair);
    return refuse(
        repair, "lost_digits",
        "'%.*s' lost digits in a spreadsheet; set the column's format to text there and export it again",
        value);
}

/* With check: any the inside of the value is nobody's business, unless it is an IMEI. */
static enum repair_verdict judge_any(sluice_text inner, const struct number *number, sluice_text value,
                                     const struct repair_rules *rules, struct repair *repair) {
    bool is_imei =
        !number->other && (number->count == IMEI_DIGITS || (number->count == 14 && rules->complete_14) ||
                           (number->count == 16 && rules->complete_16));
    return is_imei ? judge_digits(number, value, rules, repair) : accept(repair, value, inner);
}

enum repair_verdict repair_value(sluice_text value, const struct repair_rules *rules, struct repair *repair) {
    struct number number;
    sluice_text inner = value.len ? unwrap(value) : value;
    *repair = (struct repair){0};
    if (!inner.len)
        return refuse(repair, "empty", "there is no identifier in this row%.*s", (sluice_text){"", 0});
    if (read_scientific(inner, &number))
        return judge_scientific(&number, value, rules, repair);
    read_plain(inner, &number);
    if (rules->check == REPAIR_ANY)
        return judge_any(inner, &number, value, rules, repair);
    if (number.other)
        return refuse(
            repair, "not_a_number",
            "'%.*s' isn't a number; for a MEID, a serial number or another identifier set check: any", value);
    return judge_digits(&number, value, rules, repair);
}
