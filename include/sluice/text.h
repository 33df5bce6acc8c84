/* text.h - small helpers for views of text. Not a part of the contract, and not in sluice.h: include it where
 * it saves writing them again. Everything is inline and links against nothing. */
#ifndef SLUICE_TEXT_H
#define SLUICE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A literal as a view. */
#define TEXT(literal) ((sluice_text){(literal), sizeof(literal) - 1})
/* For printf: "%.*s", TEXT_ARG(t). */
#define TEXT_ARG(t) (int)(t).len, ((t).ptr ? (t).ptr : "")

static inline sluice_text text_view(const char *ptr, uint64_t len) {
    sluice_text text = {ptr, len};
    return text;
}

/* Null. */
static inline sluice_text text_none(void) {
    return text_view(NULL, 0);
}

static inline sluice_text text_of(const char *s) {
    return text_view(s, s ? strlen(s) : 0);
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

static inline bool text_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A letter of ASCII in lower case; another byte as it is. */
static inline char text_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Without regard to the case of ASCII letters. */
static inline bool text_same(sluice_text a, sluice_text b) {
    uint64_t i = 0;
    while (a.len == b.len && i < a.len && text_lower(a.ptr[i]) == text_lower(b.ptr[i]))
        i++;
    return a.len == b.len && i == a.len;
}

static inline bool text_starts(sluice_text text, sluice_text prefix) {
    return text.len >= prefix.len && text_same(text_view(text.ptr, prefix.len), prefix);
}

/* As isspace() in the C locale. */
static inline bool text_is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
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

static inline bool text_is_blank(sluice_text text) {
    return text_trim(text).len == 0;
}

/* The part of a comma list that `*list` begins with, trimmed; `*list` is left at the next one.
 * Null when nothing is left. */
static inline sluice_text text_next(sluice_text *list) {
    if (!list->ptr)
        return text_none();
    const char *comma = list->len ? (const char *)memchr(list->ptr, ',', list->len) : NULL;
    sluice_text part = text_view(list->ptr, comma ? (uint64_t)(comma - list->ptr) : list->len);
    *list = comma ? text_view(comma + 1, list->len - part.len - 1) : text_none();
    return text_trim(part);
}

/* A whole number of digits alone; -1: it isn't one, or is too large. */
static inline int64_t text_number(sluice_text text) {
    int64_t number = 0;
    for (uint64_t i = 0; i < text.len; i++) {
        if (!text_is_digit(text.ptr[i]) || number > (INT64_MAX - 9) / 10)
            return -1;
        number = number * 10 + (text.ptr[i] - '0');
    }
    return text.len ? number : -1;
}

/* At most `most` bytes of it, cut between characters: for messages. */
static inline sluice_text text_cut(sluice_text text, uint64_t most) {
    while (text.len > most && most && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    if (text.len > most)
        text.len = most;
    return text;
}

/* FNV-1a, from TEXT_HASH or what is hashed already. Its low bits are weak: take high ones, or fold them in.
 */
#define TEXT_HASH UINT64_C(14695981039346656037)

static inline uint64_t text_hash_more(uint64_t hash, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
    return hash;
}

/* For tables of a power of two. */
static inline uint64_t text_hash(sluice_text text) {
    uint64_t hash = text_hash_more(TEXT_HASH, text);
    return hash ^ hash >> 32;
}

#ifdef __cplusplus
}
#endif
#endif
