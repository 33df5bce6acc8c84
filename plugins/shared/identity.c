#include "identity.h"

#include <stdio.h>

#include "text.h"

enum { IDENTIFIER_MOST = 64, IMEI_DIGITS = 15, ZEROS_LOST_MOST = 4 };

static bool is_hex(char c) {
    return text_is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Nearly every cell: fifteen digits, nothing to do. */
static bool is_plain_imei(sluice_text cell) {
    if (cell.len != IMEI_DIGITS)
        return false;
    for (uint64_t i = 0; i < IMEI_DIGITS; i++)
        if (!text_is_digit(cell.ptr[i]))
            return false;
    return true;
}

static int32_t refuse(struct identifier *out, const char *code, const char *reason) {
    out->code = code;
    out->reason = reason;
    return 1;
}

/* Bytes of a separator of ASCII, or of two bytes in UTF-8: NEL, the soft hyphen, a mark of direction. */
static uint64_t short_separator(const unsigned char *s, uint64_t left) {
    if (s[0] < 0x80)
        return s[0] && strchr(" \t\r\n\v\f-./_:", s[0]) ? 1 : 0;
    bool other =
        left >= 2 && ((s[0] == 0xc2 && (s[1] == 0x85 || s[1] == 0xad)) || (s[0] == 0xd8 && s[1] == 0x9c));
    return other ? 2 : 0;
}

/* Characters that people, spreadsheets and address books put around and between digits: beyond ASCII, after
 * NFKC, spaces, dashes, and what isn't seen: no width, direction, variants, the byte order mark. Returns the
 * bytes it takes; 0: none. */
static uint64_t separator_at(sluice_text text, uint64_t at) {
    const unsigned char *s = (const unsigned char *)text.ptr + at;
    uint64_t left = text.len - at;
    if (left < 3 || s[0] < 0xe0)
        return short_separator(s, left);
    bool general = s[0] == 0xe2 && s[1] == 0x80 && (s[2] <= 0x95 || (s[2] >= 0xa8 && s[2] <= 0xaf));
    bool invisible = s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xaf;
    bool minus = s[0] == 0xe2 && s[1] == 0x88 && s[2] == 0x92;
    bool variant = s[0] == 0xef && s[1] == 0xb8 && s[2] <= 0x8f;
    bool mark = s[0] == 0xef && ((s[1] == 0xbb && s[2] == 0xbf) || (s[1] == 0xbf && s[2] == 0xbc));
    bool other =
        (s[0] == 0xe1 && s[1] == 0xa0 && s[2] == 0x8e) || (s[0] == 0xe3 && s[1] == 0x80 && s[2] == 0x80);
    if (general || invisible || minus || variant || mark || other)
        return 3;
    return left >= 4 && s[0] == 0xf3 && s[1] == 0xa0 ? 4 : 0; /* tags */
}

/* Without blanks, and what isn't seen, at either end. */
static sluice_text trim_all(sluice_text text) {
    uint64_t bytes;
    text = text_trim(text);
    while (text.len && (bytes = separator_at(text, 0)) > 1)
        text = text_trim((sluice_text){text.ptr + bytes, text.len - bytes});
    for (bytes = 2; bytes <= 4 && bytes <= text.len; bytes++)
        if (separator_at(text, text.len - bytes) == bytes) {
            text = text_trim((sluice_text){text.ptr, text.len - bytes});
            bytes = 1;
        }
    return text;
}

/* ="353979106673567", "353979106673567", '353979106673567 and '353979106673567', as spreadsheets and exports
 * keep text. */
static sluice_text without_quotes(sluice_text text) {
    bool formula = text.len >= 4 && memcmp(text.ptr, "=\"", 2) == 0;
    char last = text.len > 1 ? text.ptr[text.len - 1] : 0;
    if (formula && last == '"')
        return trim_all((sluice_text){text.ptr + 2, text.len - 3});
    if (last && (text.ptr[0] == '"' || text.ptr[0] == '\'') && last == text.ptr[0])
        return trim_all((sluice_text){text.ptr + 1, text.len - 2});
    if (text.len >= 1 && text.ptr[0] == '\'')
        return trim_all((sluice_text){text.ptr + 1, text.len - 1});
    return text;
}

/* 353979106673567.0: a number's decimals, not part of it. Nor are those of 4400000000016.0, an IMEI that was
 * kept as a number and has lost its first zeros. */
static sluice_text without_decimals(sluice_text text) {
    uint64_t digits = 0, zeros;
    while (digits < text.len && text_is_digit(text.ptr[digits]))
        digits++;
    if (digits < IMEI_DIGITS - ZEROS_LOST_MOST || digits + 1 >= text.len || text.ptr[digits] != '.')
        return text;
    for (zeros = digits + 1; zeros < text.len && text.ptr[zeros] == '0'; zeros++)
        ;
    return zeros == text.len ? (sluice_text){text.ptr, digits} : text;
}

/* 3.53979E+14 */
static bool has_lost_digits(sluice_text text) {
    uint64_t i = 0;
    while (i < text.len && (text_is_digit(text.ptr[i]) || text.ptr[i] == '.' || text.ptr[i] == ','))
        i++;
    return i > 0 && i + 2 < text.len && (text.ptr[i] | 0x20) == 'e' && text.ptr[i + 1] == '+' &&
           text_is_digit(text.ptr[i + 2]);
}

static bool has_forbidden(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ',' || (unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return true;
    return false;
}

/* Separators out; upper case when nothing but hex digits is left. Room for text.len bytes. */
static uint64_t squeeze(sluice_text text, char *out, bool *opaque) {
    uint64_t length = 0;
    *opaque = false;
    for (uint64_t i = 0, skip; i < text.len; i += skip ? skip : 1) {
        skip = separator_at(text, i);
        if (skip)
            continue;
        *opaque |= !is_hex(text.ptr[i]);
        out[length++] = text.ptr[i];
    }
    for (uint64_t i = 0; !*opaque && i < length; i++)
        if (is_letter(out[i]))
            out[i] = (char)(out[i] & ~0x20);
    return length;
}

int32_t identifier_read(const sluice_host *host, sluice_arena *arena, sluice_text cell,
                        struct identifier *out, sluice_error *error) {
    bool opaque;
    *out = (struct identifier){.key = cell, .wire = cell};
    if (is_plain_imei(cell))
        return 0;
    sluice_text text = text_trim(cell);
    if (!text.len)
        return refuse(out, "no_imei", "the row has no imei");
    int32_t failed = host->nfkc(arena, text, &text, error);
    if (failed)
        return failed == SLUICE_E_DATA ? refuse(out, "invalid_imei", "the imei isn't UTF-8 text") : failed;
    text = without_decimals(without_quotes(trim_all(text)));
    if (text.len > IDENTIFIER_MOST)
        return refuse(out, "invalid_imei", "the imei is longer than 64 bytes");
    if (has_lost_digits(text))
        return refuse(
            out, "lost_digits",
            "a spreadsheet made a number of the imei and cut its digits; format the column as text");
    if (has_forbidden(text))
        return refuse(out, "invalid_imei",
                      "the imei holds a comma or a control character; one row is one order");
    char *key = host->alloc(arena, IDENTIFIER_MOST);
    if (!key)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    out->key = (sluice_text){key, squeeze(text, key, &opaque)};
    out->wire = opaque ? text : out->key;
    return out->key.len ? 0 : refuse(out, "no_imei", "the row has no imei");
}

sluice_text service_read(sluice_text cell, char out[SERVICE_TEXT]) {
    sluice_text text = text_trim(cell);
    uint64_t digits = 0, rest;
    while (text.len && text.ptr[0] == '0') {
        text.ptr++;
        text.len--;
    }
    while (digits < text.len && text_is_digit(text.ptr[digits]))
        digits++;
    rest = digits;
    if (rest + 1 < text.len && text.ptr[rest] == '.')
        for (rest++; rest < text.len && text.ptr[rest] == '0';)
            rest++;
    if (!digits || digits >= SERVICE_TEXT || rest != text.len)
        return (sluice_text){NULL, 0};
    memcpy(out, text.ptr, digits);
    return (sluice_text){out, digits};
}
