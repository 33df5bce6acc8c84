#include "json_scan.h"

#include <string.h>

#include <sluice/utf8.h>

enum { DEEPEST = 200 };

/* Each function returns what is behind, or NULL when it isn't JSON. */

const char *json_skip_space(const char *at, const char *end) {
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

const char *json_skip_string(const char *at, const char *end) {
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
const char *json_skip_key(const char *at, const char *end) {
    at = at < end && *at == '"' ? json_skip_string(at, end) : NULL;
    at = at ? json_skip_space(at, end) : NULL;
    return at && at < end && *at == ':' ? json_skip_space(at + 1, end) : NULL;
}

static const char *skip_list(const char *at, const char *end, int depth) {
    char close = *at == '{' ? '}' : ']';
    at = json_skip_space(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    while (at && at < end) {
        at = close == '}' ? json_skip_key(at, end) : at;
        at = at ? skip_value(at, end, depth + 1) : NULL;
        at = at ? json_skip_space(at, end) : NULL;
        if (!at || at == end || (*at != ',' && *at != close))
            return NULL;
        if (*at == close)
            return at + 1;
        at = json_skip_space(at + 1, end);
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
        return json_skip_string(at, end);
    case 't':
    case 'f':
    case 'n':
        return skip_word(at, end);
    default:
        return skip_number(at, end);
    }
}

const char *json_skip_value(const char *at, const char *end) {
    return skip_value(at, end, 0);
}

sluice_text json_whole(sluice_text text, char first) {
    const char *end = text.ptr + text.len, *at = text.len ? json_skip_space(text.ptr, end) : end;
    const char *behind = at < end && *at == first ? skip_value(at, end, 0) : NULL;
    if (!behind || json_skip_space(behind, end) != end)
        return (sluice_text){NULL, 0};
    return (sluice_text){at, (uint64_t)(behind - at)};
}

/* ---- one after the other ------------------------------------------------------------------- */

static bool begin(struct json_walk *walk, sluice_text text, char first) {
    *walk = (struct json_walk){.at = text.ptr, .end = text.ptr + text.len};
    walk->at = text.len ? json_skip_space(walk->at, walk->end) : walk->end;
    walk->broken = walk->at == walk->end || *walk->at != first;
    walk->at += !walk->broken;
    return !walk->broken;
}

bool json_walk_list(struct json_walk *walk, sluice_text text) {
    return begin(walk, text, '[');
}

bool json_walk_object(struct json_walk *walk, sluice_text text) {
    return begin(walk, text, '{');
}

/* To the next element, over the comma in front of it. */
static bool advance(struct json_walk *walk, char close) {
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

static bool take(struct json_walk *walk, const char *from, sluice_text *value) {
    const char *behind = from ? skip_value(from, walk->end, 1) : NULL;
    walk->broken = !behind;
    if (!behind)
        return false;
    *value = (sluice_text){from, (uint64_t)(behind - from)};
    walk->at = behind;
    return true;
}

bool json_next_item(struct json_walk *walk, sluice_text *value) {
    return advance(walk, ']') && take(walk, walk->at, value);
}

bool json_next_member(struct json_walk *walk, sluice_text *key, sluice_text *value) {
    if (!advance(walk, '}'))
        return false;
    const char *from = walk->at, *at = json_skip_key(from, walk->end);
    if (!take(walk, at, value))
        return false;
    *key = (sluice_text){from, (uint64_t)(json_skip_string(from, walk->end) - from)};
    return true;
}

bool json_walk_whole(const struct json_walk *walk) {
    return walk->ended && json_skip_space(walk->at, walk->end) == walk->end;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static uint32_t hex_at(const char *at) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = (char)(at[i] | 0x20);
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* \uXXXX, or a pair of them; *at is behind the u. */
static uint32_t code_point(const char **at, const char *end) {
    uint32_t c = hex_at(*at);
    *at += 4;
    if (c < 0xd800 || c > 0xdfff)
        return c ? c : 0xfffd;
    if (c > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0xfffd;
    uint32_t low = hex_at(*at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static char plain_of(char escaped) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *found = strchr(from, escaped);
    return found ? to[found - from] : escaped;
}

uint64_t json_decode(sluice_text string, char *out) {
    const char *at = string.ptr + 1, *end = string.ptr + string.len - 1;
    char *to = out;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape ? escape : end) - at);
        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (!escape)
            break;
        char c = at[1];
        at += 2;
        if (c == 'u')
            to += utf8_put(to, code_point(&at, end));
        else
            *to++ = plain_of(c);
    }
    return (uint64_t)(to - out);
}

bool json_is(sluice_text string, const char *text) {
    size_t length = strlen(text);
    return string.len == length + 2 && *string.ptr == '"' && memcmp(string.ptr + 1, text, length) == 0;
}
