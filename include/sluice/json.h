/* json.h - reading JSON where it stands: views of the text, nothing is built. Not a part of the contract, and
 * not in sluice.h: see text.h.
 *
 * Numbers stay text: money must not pass through a floating-point number, which is what libraries make of it.
 */
#ifndef SLUICE_JSON_H
#define SLUICE_JSON_H

#include "host.h"
#include "text.h"
#include "utf8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A walk through a list or an object. */
struct json_walk {
    const char *at, *end;
    bool begun;  /* something was read: a comma comes first */
    bool ended;  /* its bracket was read */
    bool broken; /* it isn't JSON from here on */
};

/* Behind the value that `at` begins with; NULL: there is none, or it is nested more than 200 deep. */
static inline const char *json_skip_value(const char *at, const char *end);
static inline const char *json_skip_space(const char *at, const char *end);
/* Behind a text and its quotes; NULL: it isn't one. */
static inline const char *json_skip_string(const char *at, const char *end);
/* Behind a key, its colon and space; NULL: there is none. */
static inline const char *json_skip_key(const char *at, const char *end);
/* Is all of it one value that begins with this character? Then that, without the space around it; else null.
 */
static inline sluice_text json_whole(sluice_text text, char first);

/* False: it doesn't begin with `[`, with `{`. */
static inline bool json_walk_list(struct json_walk *walk, sluice_text text);
static inline bool json_walk_object(struct json_walk *walk, sluice_text text);
/* The next one as it is written; false: there is none (`ended`), or it is no JSON (`broken`). Keys come with
 * their quotes. */
static inline bool json_next_item(struct json_walk *walk, sluice_text *value);
static inline bool json_next_member(struct json_walk *walk, sluice_text *key, sluice_text *value);
/* Was it read to its end, and is nothing behind it? */
static inline bool json_walk_whole(const struct json_walk *walk);

/* The text that a string with its quotes means, to `out`, which has room for as many bytes as the string;
 * returns its length. What isn't a character (half a surrogate pair, NUL) is U+FFFD. */
static inline uint64_t json_decode(sluice_text string, char *out);
/* Is it a string, with quotes, for just this text? */
static inline bool json_is(sluice_text string, const char *text);

/* For replies with a member here and there: the value of an object's member, null when it has none, or has it
 * twice, or isn't an object. `name` may go deeper: "data.order.id". */
static inline sluice_text json_member(sluice_text object, const char *name);
/* A string's text, in memory of the arena where it has escapes; a number or a word (true) as it is written;
 * null for null, lists, objects, and no memory. */
static inline sluice_text json_text(const sluice_host *host, sluice_arena *arena, sluice_text value);

/* ---- how ------------------------------------------------------------------------------------- */

enum { JSON_DEEPEST = 200 };

/* Each function returns what is behind, or NULL when it isn't JSON. */

static inline const char *json_skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static inline const char *json_skip_digits(const char *at, const char *end) {
    const char *from = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > from ? at : NULL;
}

static inline const char *json_skip_number(const char *at, const char *end) {
    at = json_skip_digits(at + (*at == '-'), end);
    if (at && at < end && *at == '.')
        at = json_skip_digits(at + 1, end);
    if (at && at < end && (*at | 0x20) == 'e') {
        at++;
        at = json_skip_digits(at + (at < end && (*at == '+' || *at == '-')), end);
    }
    return at;
}

static inline bool json_is_hex(const char *at) {
    for (int i = 0; i < 4; i++)
        if (!(at[i] >= '0' && at[i] <= '9') && !((at[i] | 0x20) >= 'a' && (at[i] | 0x20) <= 'f'))
            return false;
    return true;
}

static inline const char *json_skip_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        at++;
        if (at == end || !memchr("\"\\/bfnrtu", *at, 9) ||
            (*at == 'u' && (end - at < 5 || !json_is_hex(at + 1))))
            return NULL;
    }
    return at < end ? at + 1 : NULL;
}

static inline const char *json_skip_word(const char *at, const char *end) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(end - at) >= length && memcmp(at, words[i], length) == 0)
            return at + length;
    }
    return NULL;
}

static inline const char *json_skip_deep(const char *at, const char *end, int depth);

/* A key and its colon. */
static inline const char *json_skip_key(const char *at, const char *end) {
    at = at < end && *at == '"' ? json_skip_string(at, end) : NULL;
    at = at ? json_skip_space(at, end) : NULL;
    return at && at < end && *at == ':' ? json_skip_space(at + 1, end) : NULL;
}

static inline const char *json_skip_list(const char *at, const char *end, int depth) {
    char close = *at == '{' ? '}' : ']';
    at = json_skip_space(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    while (at && at < end) {
        at = close == '}' ? json_skip_key(at, end) : at;
        at = at ? json_skip_deep(at, end, depth + 1) : NULL;
        at = at ? json_skip_space(at, end) : NULL;
        if (!at || at == end || (*at != ',' && *at != close))
            return NULL;
        if (*at == close)
            return at + 1;
        at = json_skip_space(at + 1, end);
    }
    return NULL;
}

static inline const char *json_skip_deep(const char *at, const char *end, int depth) {
    if (at == end || depth > JSON_DEEPEST)
        return NULL;
    switch (*at) {
    case '{':
    case '[':
        return json_skip_list(at, end, depth);
    case '"':
        return json_skip_string(at, end);
    case 't':
    case 'f':
    case 'n':
        return json_skip_word(at, end);
    default:
        return json_skip_number(at, end);
    }
}

static inline const char *json_skip_value(const char *at, const char *end) {
    return json_skip_deep(at, end, 0);
}

static inline sluice_text json_whole(sluice_text text, char first) {
    const char *end = text.ptr + text.len, *at = text.len ? json_skip_space(text.ptr, end) : end;
    const char *behind = at < end && *at == first ? json_skip_deep(at, end, 0) : NULL;
    if (!behind || json_skip_space(behind, end) != end)
        return text_none();
    return text_view(at, (uint64_t)(behind - at));
}

/* ---- one after the other ------------------------------------------------------------------- */

static inline bool json_begin(struct json_walk *walk, sluice_text text, char first) {
    memset(walk, 0, sizeof *walk);
    walk->at = text.ptr;
    walk->end = text.ptr + text.len;
    walk->at = text.len ? json_skip_space(walk->at, walk->end) : walk->end;
    walk->broken = walk->at == walk->end || *walk->at != first;
    walk->at += !walk->broken;
    return !walk->broken;
}

static inline bool json_walk_list(struct json_walk *walk, sluice_text text) {
    return json_begin(walk, text, '[');
}

static inline bool json_walk_object(struct json_walk *walk, sluice_text text) {
    return json_begin(walk, text, '{');
}

/* To the next element, over the comma in front of it. */
static inline bool json_advance(struct json_walk *walk, char close) {
    if (walk->ended || walk->broken)
        return false;
    const char *at = json_skip_space(walk->at, walk->end);
    walk->ended = at < walk->end && *at == close;
    walk->broken = at == walk->end || (walk->begun && !walk->ended && *at != ',');
    if (!walk->ended && !walk->broken && walk->begun)
        at = json_skip_space(at + 1, walk->end);
    walk->at = at + walk->ended;
    walk->begun = true;
    return !walk->ended && !walk->broken;
}

static inline bool json_take(struct json_walk *walk, const char *from, sluice_text *value) {
    const char *behind = from ? json_skip_deep(from, walk->end, 1) : NULL;
    walk->broken = !behind;
    if (!behind)
        return false;
    *value = text_view(from, (uint64_t)(behind - from));
    walk->at = behind;
    return true;
}

static inline bool json_next_item(struct json_walk *walk, sluice_text *value) {
    return json_advance(walk, ']') && json_take(walk, walk->at, value);
}

static inline bool json_next_member(struct json_walk *walk, sluice_text *key, sluice_text *value) {
    if (!json_advance(walk, '}'))
        return false;
    const char *from = walk->at, *at = json_skip_key(from, walk->end);
    if (!json_take(walk, at, value))
        return false;
    *key = text_view(from, (uint64_t)(json_skip_string(from, walk->end) - from));
    return true;
}

static inline bool json_walk_whole(const struct json_walk *walk) {
    return walk->ended && json_skip_space(walk->at, walk->end) == walk->end;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static inline uint32_t json_hex_at(const char *at) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = (char)(at[i] | 0x20);
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* \uXXXX, or a pair of them; *at is behind the u. */
static inline uint32_t json_code_point(const char **at, const char *end) {
    uint32_t c = json_hex_at(*at);
    *at += 4;
    if (c < 0xd800 || c > 0xdfff)
        return c ? c : 0xfffd;
    if (c > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0xfffd;
    uint32_t low = json_hex_at(*at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static inline char json_plain_of(char escaped) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *found = strchr(from, escaped);
    return found ? to[found - from] : escaped;
}

static inline uint64_t json_decode(sluice_text string, char *out) {
    const char *at = string.ptr + 1, *end = string.ptr + string.len - 1;
    char *to = out;
    while (at < end) {
        const char *escape = (const char *)memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape ? escape : end) - at);
        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (!escape)
            break;
        char c = at[1];
        at += 2;
        if (c == 'u')
            to += utf8_put(to, json_code_point(&at, end));
        else
            *to++ = json_plain_of(c);
    }
    return (uint64_t)(to - out);
}

static inline bool json_is(sluice_text string, const char *text) {
    size_t length = strlen(text);
    return string.len == length + 2 && *string.ptr == '"' && memcmp(string.ptr + 1, text, length) == 0;
}

/* ---- members -------------------------------------------------------------------------------- */

static inline sluice_text json_member_one(sluice_text object, const char *name, size_t length) {
    struct json_walk walk;
    sluice_text key, value, found = text_none();
    json_walk_object(&walk, object);
    while (json_next_member(&walk, &key, &value)) {
        if (key.len != length + 2 || memcmp(key.ptr + 1, name, length) != 0)
            continue;
        if (found.ptr)
            return text_none();
        found = value;
    }
    return walk.broken ? text_none() : found;
}

static inline sluice_text json_member(sluice_text object, const char *name) {
    while (object.len) {
        const char *dot = strchr(name, '.');
        object = json_member_one(object, name, dot ? (size_t)(dot - name) : strlen(name));
        if (!dot)
            return object;
        name = dot + 1;
    }
    return text_none();
}

static inline sluice_text json_text(const sluice_host *host, sluice_arena *arena, sluice_text value) {
    if (!value.len || value.ptr[0] == '{' || value.ptr[0] == '[' || text_is(value, "null"))
        return text_none();
    if (value.ptr[0] != '"')
        return value;
    if (!memchr(value.ptr, '\\', value.len))
        return text_view(value.ptr + 1, value.len - 2);
    char *out = (char *)host->alloc(arena, value.len);
    return out ? text_view(out, json_decode(value, out)) : text_none();
}

#ifdef __cplusplus
}
#endif
#endif
