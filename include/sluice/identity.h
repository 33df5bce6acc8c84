/* identity.h - the normal form of what is ordered: one order, one key, however a cell was written. Not a part
 * of the contract, and not in sluice.h: see text.h.
 *
 * A provider of IMEI services uses this in its `identity`: so an IMEI that was ordered through one file isn't
 * paid again because another one writes it with dashes. */
#ifndef SLUICE_IDENTITY_H
#define SLUICE_IDENTITY_H

#include "host.h"
#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Texts live in the cell or in the arena. */
struct identifier {
    sluice_text key;  /* the ledger's: no separators, hex in upper case */
    sluice_text wire; /* what is sent: the key, or an opaque identifier as it was written */
    const char *code; /* when it can't be ordered: why */
    const char *reason;
};

/* 0: read; 1: it can't be ordered, code and reason say why; negative: a failure. */
static inline int32_t identifier_read(const sluice_host *host, sluice_arena *arena, sluice_text cell,
                                      struct identifier *out, sluice_error *error);

enum { SERVICE_TEXT = 20 };
/* `01739` and `1739.0` are 1739. Null: no service id. */
static inline sluice_text service_read(sluice_text cell, char out[SERVICE_TEXT]);

/* ---- how ------------------------------------------------------------------------------------- */

enum { IDENTIFIER_MOST = 64, IDENTIFIER_IMEI = 15, IDENTIFIER_ZEROS = 4 };

static inline bool identifier_is_hex(char c) {
    return text_is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static inline bool identifier_is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Nearly every cell: fifteen digits, nothing to do. */
static inline bool identifier_is_plain_imei(sluice_text cell) {
    if (cell.len != IDENTIFIER_IMEI)
        return false;
    for (uint64_t i = 0; i < IDENTIFIER_IMEI; i++)
        if (!text_is_digit(cell.ptr[i]))
            return false;
    return true;
}

static inline int32_t identifier_refuse(struct identifier *out, const char *code, const char *reason) {
    out->code = code;
    out->reason = reason;
    return 1;
}

/* Bytes of a separator of ASCII, or of two bytes in UTF-8: NEL, the soft hyphen, a mark of direction. */
static inline uint64_t identifier_short_separator(const unsigned char *s, uint64_t left) {
    if (s[0] < 0x80)
        return s[0] && strchr(" \t\r\n\v\f-./_:", s[0]) ? 1 : 0;
    bool other =
        left >= 2 && ((s[0] == 0xc2 && (s[1] == 0x85 || s[1] == 0xad)) || (s[0] == 0xd8 && s[1] == 0x9c));
    return other ? 2 : 0;
}

/* Characters that people, spreadsheets and address books put around and between digits: beyond ASCII, after
 * NFKC, spaces, dashes, and what isn't seen: no width, direction, variants, the byte order mark. Returns the
 * bytes it takes; 0: none. */
static inline uint64_t identifier_separator_at(sluice_text text, uint64_t at) {
    const unsigned char *s = (const unsigned char *)text.ptr + at;
    uint64_t left = text.len - at;
    if (left < 3 || s[0] < 0xe0)
        return identifier_short_separator(s, left);
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
static inline sluice_text identifier_trim_all(sluice_text text) {
    uint64_t bytes;
    text = text_trim(text);
    while (text.len && (bytes = identifier_separator_at(text, 0)) > 1)
        text = text_trim(text_view(text.ptr + bytes, text.len - bytes));
    for (bytes = 2; bytes <= 4 && bytes <= text.len; bytes++)
        if (identifier_separator_at(text, text.len - bytes) == bytes) {
            text = text_trim(text_view(text.ptr, text.len - bytes));
            bytes = 1;
        }
    return text;
}

/* ="353979106673567", "353979106673567", '353979106673567 and '353979106673567', as spreadsheets and exports
 * keep text. */
static inline sluice_text identifier_without_quotes(sluice_text text) {
    bool formula = text.len >= 4 && memcmp(text.ptr, "=\"", 2) == 0;
    char last = text.len > 1 ? text.ptr[text.len - 1] : 0;
    if (formula && last == '"')
        return identifier_trim_all(text_view(text.ptr + 2, text.len - 3));
    if (last && (text.ptr[0] == '"' || text.ptr[0] == '\'') && last == text.ptr[0])
        return identifier_trim_all(text_view(text.ptr + 1, text.len - 2));
    if (text.len >= 1 && text.ptr[0] == '\'')
        return identifier_trim_all(text_view(text.ptr + 1, text.len - 1));
    return text;
}

/* 353979106673567.0: a number's decimals, not part of it. Nor are those of 4400000000016.0, an IMEI that was
 * kept as a number and has lost its first zeros. */
static inline sluice_text identifier_without_decimals(sluice_text text) {
    uint64_t digits = 0, zeros;
    while (digits < text.len && text_is_digit(text.ptr[digits]))
        digits++;
    if (digits < IDENTIFIER_IMEI - IDENTIFIER_ZEROS || digits + 1 >= text.len || text.ptr[digits] != '.')
        return text;
    for (zeros = digits + 1; zeros < text.len && text.ptr[zeros] == '0'; zeros++)
        ;
    return zeros == text.len ? text_view(text.ptr, digits) : text;
}

/* 3.53979E+14 */
static inline bool identifier_has_lost_digits(sluice_text text) {
    uint64_t i = 0;
    while (i < text.len && (text_is_digit(text.ptr[i]) || text.ptr[i] == '.' || text.ptr[i] == ','))
        i++;
    return i > 0 && i + 2 < text.len && (text.ptr[i] | 0x20) == 'e' && text.ptr[i + 1] == '+' &&
           text_is_digit(text.ptr[i + 2]);
}

static inline bool identifier_has_forbidden(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ',' || (unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return true;
    return false;
}

/* Separators out; upper case when nothing but hex digits is left. Room for text.len bytes. */
static inline uint64_t identifier_squeeze(sluice_text text, char *out, bool *opaque) {
    uint64_t length = 0;
    *opaque = false;
    for (uint64_t i = 0, skip; i < text.len; i += skip ? skip : 1) {
        skip = identifier_separator_at(text, i);
        if (skip)
            continue;
        *opaque |= !identifier_is_hex(text.ptr[i]);
        out[length++] = text.ptr[i];
    }
    for (uint64_t i = 0; !*opaque && i < length; i++)
        if (identifier_is_letter(out[i]))
            out[i] = (char)(out[i] & ~0x20);
    return length;
}

static inline int32_t identifier_read(const sluice_host *host, sluice_arena *arena, sluice_text cell,
                                      struct identifier *out, sluice_error *error) {
    bool opaque;
    memset(out, 0, sizeof *out);
    out->key = out->wire = cell;
    if (identifier_is_plain_imei(cell))
        return 0;
    sluice_text text = text_trim(cell);
    if (!text.len)
        return identifier_refuse(out, "no_imei", "the row has no imei");
    int32_t failed = host->nfkc(arena, text, &text, error);
    if (failed)
        return failed == SLUICE_E_DATA ? identifier_refuse(out, "invalid_imei", "the imei isn't UTF-8 text")
                                       : failed;
    text = identifier_without_decimals(identifier_without_quotes(identifier_trim_all(text)));
    if (text.len > IDENTIFIER_MOST)
        return identifier_refuse(out, "invalid_imei", "the imei is longer than 64 bytes");
    if (identifier_has_lost_digits(text))
        return identifier_refuse(
            out, "lost_digits",
            "a spreadsheet made a number of the imei and cut its digits; format the column as text");
    if (identifier_has_forbidden(text))
        return identifier_refuse(out, "invalid_imei",
                                 "the imei holds a comma or a control character; one row is one order");
    char *key = (char *)host->alloc(arena, IDENTIFIER_MOST);
    if (!key)
        return (host->fail)(error, SLUICE_E_IO, "out of memory"); /* cmocka has a macro of that name */
    out->key = text_view(key, identifier_squeeze(text, key, &opaque));
    out->wire = opaque ? text : out->key;
    return out->key.len ? 0 : identifier_refuse(out, "no_imei", "the row has no imei");
}

static inline sluice_text service_read(sluice_text cell, char out[SERVICE_TEXT]) {
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
        return text_none();
    memcpy(out, text.ptr, digits);
    return text_view(out, digits);
}

#ifdef __cplusplus
}
#endif
#endif
