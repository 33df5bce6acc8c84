#include "cell.h"

#include <string.h>

/* ="00123": what makes a spreadsheet keep the digits. A quote further inside makes it a formula. */
static void strip_formula(sluice_text *cell) {
    const char *s = cell->ptr;
    uint64_t n = cell->len;
    if (n < 3 || s[0] != '=' || s[1] != '"' || s[n - 1] != '"' || memchr(s + 2, '"', n - 3))
        return;
    *cell = (sluice_text){s + 2, n - 3};
}

/* The usual case: one quote at each end and none between. */
static bool unquote_simple(sluice_text *cell) {
    const char *s = cell->ptr;
    uint64_t n = cell->len;
    if (n < 2 || s[n - 1] != '"' || memchr(s + 1, '"', n - 2))
        return false;
    *cell = (sluice_text){s + 1, n - 2};
    return true;
}

static bool unquote_general(sluice_text *cell) {
    char *text = (char *)cell->ptr; /* the reader's own memory, not yet given away */
    uint64_t n = cell->len, out = 0, i = 1;
    while (i < n && !(text[i] == '"' && (i + 1 == n || text[i + 1] != '"'))) {
        i += text[i] == '"';
        text[out++] = text[i++];
    }
    uint64_t quoted = out;
    i++;
    bool torn = i < n && (memchr(text, '\n', quoted) || memchr(text, '\r', quoted));
    if (i < n) {
        memmove(text + out, text + i, n - i);
        out += n - i;
    }
    cell->len = out;
    return !torn;
}

bool cell_unquote(sluice_text *cell) {
    bool whole = true;
    if (cell->len && cell->ptr[0] == '"' && !unquote_simple(cell))
        whole = unquote_general(cell);
    strip_formula(cell);
    return whole;
}

/* Bytes of the sequence that begins at s; 0: none. */
static uint64_t sequence(const unsigned char *s, uint64_t n) {
    unsigned char low = 0x80, high = 0xbf;
    uint64_t length;
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (s[0] == 0xe0)
        low = 0xa0; /* no overlong forms */
    else if (s[0] == 0xed)
        high = 0x9f; /* no surrogates */
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (n < length || s[1] < low || s[1] > high)
        return 0;
    for (uint64_t i = 2; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

bool cell_is_utf8(sluice_text cell) {
    const unsigned char *s = (const unsigned char *)cell.ptr;
    uint64_t n = cell.len;
    for (uint64_t i = 0; i < n;) {
        uint64_t eight;
        if (n - i >= sizeof eight) {
            memcpy(&eight, s + i, sizeof eight);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                i += sizeof eight;
                continue;
            }
        }
        uint64_t length = sequence(s + i, n - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

/* 0x80 … 0x9f; the five that Windows-1252 leaves open are the control characters of Latin-1. */
static const uint16_t high_1252[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

sluice_text cell_from_1252(sluice_text cell, const sluice_host *host, sluice_arena *arena) {
    char *out = host->alloc(arena, cell.len * 3 + 1);
    uint64_t n = 0;
    if (!out)
        return (sluice_text){NULL, 0};
    for (uint64_t i = 0; i < cell.len; i++) {
        unsigned char byte = (unsigned char)cell.ptr[i];
        uint32_t c = byte >= 0x80 && byte < 0xa0 ? high_1252[byte - 0x80] : byte;
        if (c < 0x80) {
            out[n++] = (char)c;
        } else if (c < 0x800) {
            out[n++] = (char)(0xc0 | c >> 6);
            out[n++] = (char)(0x80 | (c & 0x3f));
        } else {
            out[n++] = (char)(0xe0 | c >> 12);
            out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
            out[n++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return (sluice_text){out, n};
}

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

sluice_text cell_trim(sluice_text cell) {
    while (cell.len && is_space(cell.ptr[0])) {
        cell.ptr++;
        cell.len--;
    }
    while (cell.len && is_space(cell.ptr[cell.len - 1]))
        cell.len--;
    return cell;
}
