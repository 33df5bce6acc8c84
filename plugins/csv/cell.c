#include "cell.h"

#include <string.h>

#include <sluice/utf8.h>

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

bool cell_is_utf8(sluice_text cell) {
    const char *s = cell.ptr;
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
        unsigned length = utf8_sequence(s + i, n - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

sluice_text cell_from_1252(sluice_text cell, const sluice_host *host, sluice_arena *arena) {
    char *out = host->alloc(arena, cell.len * 3 + 1);
    uint64_t n = 0;
    if (!out)
        return (sluice_text){NULL, 0};
    for (uint64_t i = 0; i < cell.len; i++)
        n += utf8_put(out + n, utf8_from_1252((unsigned char)cell.ptr[i]));
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
