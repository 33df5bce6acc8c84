/* text.h - small helpers for views of text. Pure. */
#ifndef GSM_FUSION_TEXT_H
#define GSM_FUSION_TEXT_H

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <sluice/base.h>

/* A literal as a view. */
#define TEXT(literal) ((sluice_text){(literal), sizeof(literal) - 1})
/* For printf: "%.*s", TEXT_ARG(t). */
#define TEXT_ARG(t) (int)(t).len, ((t).ptr ? (t).ptr : "")

static inline sluice_text text_of(const char *s) {
    return (sluice_text){s, s ? strlen(s) : 0};
}

static inline bool text_equal(sluice_text a, sluice_text b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Without regard to the case of ASCII letters. */
static inline bool text_same(sluice_text a, sluice_text b) {
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool text_starts(sluice_text text, sluice_text prefix) {
    return text.len >= prefix.len && text_same((sluice_text){text.ptr, prefix.len}, prefix);
}

static inline bool text_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool text_is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool text_is_blank(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (!text_is_space(text.ptr[i]))
            return false;
    return true;
}

static inline sluice_text text_trim(sluice_text text) {
    while (text.len && text_is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len && text_is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* At most `most` bytes of it, cut between characters: for messages. */
static inline sluice_text text_cut(sluice_text text, uint64_t most) {
    if (text.len <= most)
        return text;
    while (most && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    return (sluice_text){text.ptr, most};
}

/* The part of a comma list that `*list` begins with, trimmed; `*list` is left at the next one.
 * Null when nothing is left. */
static inline sluice_text text_next(sluice_text *list) {
    if (!list->ptr)
        return (sluice_text){NULL, 0};
    const char *comma = list->len ? memchr(list->ptr, ',', list->len) : NULL;
    sluice_text part = {list->ptr, comma ? (uint64_t)(comma - list->ptr) : list->len};
    *list = comma ? (sluice_text){comma + 1, list->len - part.len - 1} : (sluice_text){NULL, 0};
    return text_trim(part);
}

#endif
