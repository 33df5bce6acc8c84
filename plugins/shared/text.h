/* text.h - small helpers for views of text. Pure. */
#ifndef SHARED_TEXT_H
#define SHARED_TEXT_H

#include <strings.h>

#include <sluice/text.h>

/* Without regard to the case of ASCII letters. */
static inline bool text_same(sluice_text a, sluice_text b) {
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool text_starts(sluice_text text, sluice_text prefix) {
    return text.len >= prefix.len && text_same((sluice_text){text.ptr, prefix.len}, prefix);
}

static inline bool text_is_blank(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (!text_is_space(text.ptr[i]))
            return false;
    return true;
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
