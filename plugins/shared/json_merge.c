#include "json_merge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 200 };

/* ---- reading: each function returns what is behind, or NULL when it isn't JSON --------------- */

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static const char *skip_digits(const char *at, const char *end) {
    const char *from = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > from ? at : NULL;
}

static const char *skip_number(const char *at, const char *end) {
    at = skip_digits(at + (*at == '-'), end);
    if (at && at < end && *at == '.')
        at = skip_digits(at + 1, end);
    if (at && at < end && (*at | 0x20) == 'e') {
        at++;
        at = skip_digits(at + (at < end && (*at == '+' || *at == '-')), end);
    }
    return at;
}

static bool is_hex(const char *at) {
    for (int i = 0; i < 4; i++)
        if (!(at[i] >= '0' && at[i] <= '9') && !((at[i] | 0x20) >= 'a' && (at[i] | 0x20) <= 'f'))
            return false;
    return true;
}

static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        at++;
        if (at == end || !memchr("\"\\/bfnrtu", *at, 9) || (*at == 'u' && (end - at < 5 || !is_hex(at + 1))))
            return NULL;
    }
    return at < end ? at + 1 : NULL;
}

static const char *skip_word(const char *at, const char *end) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(end - at) >= length && memcmp(at, words[i], length) == 0)
            return at + length;
    }
    return NULL;
}

static const char *skip_value(const char *at, const char *end, int depth);

/* A key and its colon. */
static const char *skip_key(const char *at, const char *end) {
    at = at < end && *at == '"' ? skip_string(at, end) : NULL;
    at = at ? skip_space(at, end) : NULL;
    return at && at < end && *at == ':' ? skip_space(at + 1, end) : NULL;
}

static const char *skip_list(const char *at, const char *end, int depth) {
    char close = *at == '{' ? '}' : ']';
    at = skip_space(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    while (at && at < end) {
        at = close == '}' ? skip_key(at, end) : at;
        at = at ? skip_value(at, end, depth + 1) : NULL;
        at = at ? skip_space(at, end) : NULL;
        if (!at || at == end || (*at != ',' && *at != close))
            return NULL;
        if (*at == close)
            return at + 1;
        at = skip_space(at + 1, end);
    }
    return NULL;
}

static const char *skip_value(const char *at, const char *end, int depth) {
    if (at == end || depth > DEEPEST)
        return NULL;
    switch (*at) {
    case '{':
    case '[':
        return skip_list(at, end, depth);
    case '"':
        return skip_string(at, end);
    case 't':
    case 'f':
    case 'n':
        return skip_word(at, end);
    default:
        return skip_number(at, end);
    }
}

/* ---- objects ------------------------------------------------------------------------------- */

/* Without the space around it; ptr NULL when it is no object. */
static sluice_text as_object(sluice_text text) {
    const char *end = text.ptr + text.len, *at = skip_space(text.ptr, end);
    const char *behind = at < end && *at == '{' ? skip_list(at, end, 0) : NULL;
    if (!behind || skip_space(behind, end) != end)
        return (sluice_text){NULL, 0};
    return (sluice_text){at, (uint64_t)(behind - at)};
}

struct member {
    sluice_text key, value; /* the key with its quotes */
};

/* The next member of an object that is known to be one; *at begins behind its brace. */
static bool next_member(const char **at, const char *end, struct member *out) {
    const char *from = skip_space(*at, end);
    if (*from == ',')
        from = skip_space(from + 1, end);
    if (*from == '}')
        return false;
    const char *behind = skip_string(from, end), *value = skip_key(from, end);
    out->key = (sluice_text){from, (uint64_t)(behind - from)};
    *at = skip_value(value, end, 0);
    out->value = (sluice_text){value, (uint64_t)(*at - value)};
    return true;
}

static bool same(sluice_text a, sluice_text b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool find(sluice_text object, sluice_text key, sluice_text *value) {
    const char *at = object.ptr + 1, *end = object.ptr + object.len;
    struct member member;
    while (next_member(&at, end, &member))
        if (same(member.key, key)) {
            *value = member.value;
            return true;
        }
    return false;
}

/* ---- writing: there is room for both objects ------------------------------------------------ */

static char *put(char *out, sluice_text text) {
    memcpy(out, text.ptr, text.len);
    return out + text.len;
}

static char *put_member(char *out, const char *object, const struct member *member) {
    if (out > object + 1)
        *out++ = ',';
    out = put(out, member->key);
    *out++ = ':';
    return put(out, member->value);
}

static char *merge_objects(char *out, sluice_text old, sluice_text new);

static char *put_new_member(char *out, const char *object, const struct member *member, sluice_text old) {
    static const sluice_text pairs = {"\"pairs\"", 7};
    sluice_text before;
    if (!old.ptr || !same(member->key, pairs) || !find(old, pairs, &before) || *before.ptr != '{' ||
        *member->value.ptr != '{')
        return put_member(out, object, member);
    struct member head = {member->key, {"", 0}};
    return merge_objects(put_member(out, object, &head), before, member->value);
}

/* Old members that aren't among the new ones, then the new ones. */
static char *merge_objects(char *out, sluice_text old, sluice_text new) {
    const char *object = out, *at = old.ptr + 1;
    struct member member;
    sluice_text value;
    *out++ = '{';
    while (next_member(&at, old.ptr + old.len, &member))
        if (!find(new, member.key, &value))
            out = put_member(out, object, &member);
    at = new.ptr + 1;
    while (next_member(&at, new.ptr + new.len, &member))
        out = put_new_member(out, object, &member, old);
    *out++ = '}';
    return out;
}

/* {"previous": text} */
static char *wrap(char *out, sluice_text text) {
    static const char hex[] = "0123456789abcdef";
    out = put(out, (sluice_text){"{\"previous\":\"", 13});
    for (uint64_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20) {
            out = put(out, (sluice_text){"\\u00", 4});
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
            continue;
        }
        if (c == '"' || c == '\\')
            *out++ = '\\';
        *out++ = (char)c;
    }
    return put(out, (sluice_text){"\"}", 2});
}

enum json_merged json_merge(sluice_text old, sluice_text new, char **out, uint64_t *length) {
    sluice_text before = {NULL, 0}, after = new.ptr ? as_object(new) : before;
    char *previous = NULL;
    if (!after.ptr)
        return JSON_KEEP_OLD;
    if (!old.len)
        return JSON_TAKE_NEW;
    before = as_object(old);
    if (!before.ptr) {
        previous = malloc(old.len * 6 + 16);
        if (!previous)
            return JSON_NO_MEMORY;
        before = (sluice_text){previous, (uint64_t)(wrap(previous, old) - previous)};
    }
    *out = malloc(before.len + after.len + 2);
    if (*out)
        *length = (uint64_t)(merge_objects(*out, before, after) - *out);
    free(previous);
    return *out ? JSON_MERGED : JSON_NO_MEMORY;
}
