/* text.h - small helpers for views of text. Pure. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <string.h>

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

static inline bool text_is(sluice_text a, const char *s) {
    return text_equal(a, text_of(s));
}

static inline bool text_empty(sluice_text t) {
    return t.len == 0;
}

#endif
