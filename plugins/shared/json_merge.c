#include "json_merge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/json.h>

/* ---- objects ------------------------------------------------------------------------------- */

struct member {
    sluice_text key, value; /* the key with its quotes */
};

/* The next member of an object that is known to be one; *at begins behind its brace. */
static bool next_member(const char **at, const char *end, struct member *out) {
    const char *from = json_skip_space(*at, end);
    if (*from == ',')
        from = json_skip_space(from + 1, end);
    if (*from == '}')
        return false;
    const char *behind = json_skip_string(from, end), *value = json_skip_key(from, end);
    out->key = (sluice_text){from, (uint64_t)(behind - from)};
    *at = json_skip_value(value, end);
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
    sluice_text before = {NULL, 0}, after = new.ptr ? json_whole(new, '{') : before;
    char *previous = NULL;
    if (!after.ptr)
        return JSON_KEEP_OLD;
    if (!old.len)
        return JSON_TAKE_NEW;
    before = json_whole(old, '{');
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
