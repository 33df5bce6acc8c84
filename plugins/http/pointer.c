#include "pointer.h"

#include <sluice/json.h>
#include <sluice/text.h>

enum { KEY_MOST = 512, INDEX_DIGITS = 9 };

static const sluice_text none = {NULL, 0};

bool pointer_good(sluice_text pointer) {
    if (pointer.len && pointer.ptr[0] != '/')
        return false;
    for (uint64_t i = 0; i < pointer.len; i++)
        if (pointer.ptr[i] == '~' &&
            (i + 1 == pointer.len || (pointer.ptr[i + 1] != '0' && pointer.ptr[i + 1] != '1')))
            return false;
    return true;
}

/* ~1 is /, ~0 is ~. */
static bool is_token(sluice_text token, sluice_text key) {
    uint64_t at = 0;
    for (uint64_t i = 0; i < token.len; i++, at++) {
        char c = token.ptr[i];
        if (c == '~' && i + 1 < token.len)
            c = token.ptr[++i] == '1' ? '/' : '~';
        if (at == key.len || key.ptr[at] != c)
            return false;
    }
    return at == key.len;
}

/* `key` with its quotes. */
static bool is_key(sluice_text token, sluice_text key) {
    char room[KEY_MOST];
    sluice_text plain = {key.ptr + 1, key.len - 2};
    if (!plain.len || !memchr(plain.ptr, '\\', plain.len))
        return is_token(token, plain);
    return key.len <= sizeof room && is_token(token, (sluice_text){room, json_decode(key, room)});
}

static sluice_text find_member(sluice_text object, sluice_text token) {
    struct json_walk walk;
    sluice_text key, value, found = none;
    json_walk_object(&walk, object);
    while (json_next_member(&walk, &key, &value))
        if (is_key(token, key))
            found = value;
    return found;
}

static sluice_text find_item(sluice_text list, sluice_text token) {
    struct json_walk walk;
    sluice_text value;
    uint64_t index = 0;
    if (!token.len || token.len > INDEX_DIGITS || (token.len > 1 && token.ptr[0] == '0'))
        return none;
    for (uint64_t i = 0; i < token.len; i++) {
        if (!text_is_digit(token.ptr[i]))
            return none;
        index = index * 10 + (uint64_t)(token.ptr[i] - '0');
    }
    json_walk_list(&walk, list);
    while (json_next_item(&walk, &value))
        if (!index--)
            return value;
    return none;
}

sluice_text pointer_find(sluice_text json, sluice_text pointer) {
    while (json.len && pointer.len) {
        sluice_text rest = {pointer.ptr + 1, pointer.len - 1};
        const char *slash = rest.len ? memchr(rest.ptr, '/', rest.len) : NULL;
        sluice_text token = {rest.ptr, slash ? (uint64_t)(slash - rest.ptr) : rest.len};
        pointer = (sluice_text){rest.ptr + token.len, rest.len - token.len};
        json = json.ptr[0] == '{'   ? find_member(json, token)
               : json.ptr[0] == '[' ? find_item(json, token)
                                    : none;
    }
    return json.len ? json : none;
}
