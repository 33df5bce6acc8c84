#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "utf8.h"

static void append(struct json *json, const char *bytes, size_t count) {
    if (json->length + count + 1 > json->room) {
        size_t room = json->room ? json->room : 256;
        while (room < json->length + count + 1)
            room *= 2;
        char *more = realloc(json->text, room);
        if (!more) {
            json->failed = true;
            return;
        }
        json->text = more;
        json->room = room;
    }
    memcpy(json->text + json->length, bytes, count);
    json->length += count;
    json->text[json->length] = 0;
}

static void separate(struct json *json) {
    if (json->comma)
        append(json, ",", 1);
    json->comma = true;
}

/* May stand as it is: C1 controls are escaped as the others, since a terminal acts on them. */
static bool plain(const unsigned char *at, unsigned length) {
    if (length == 1)
        return at[0] >= 0x20 && at[0] != '"' && at[0] != '\\' && at[0] != 0x7f;
    return length > 0 && !(at[0] == 0xc2 && at[1] < 0xa0);
}

static void escape(struct json *json, const unsigned char *at, unsigned length) {
    char code[8];
    if (!length)
        append(json, "\xef\xbf\xbd", 3);
    else if (at[0] == '"' || at[0] == '\\')
        append(json, code, (size_t)snprintf(code, sizeof code, "\\%c", at[0]));
    else
        append(json, code, (size_t)snprintf(code, sizeof code, "\\u%04x", at[length - 1]));
}

static void escaped(struct json *json, sluice_text value) {
    const unsigned char *bytes = (const unsigned char *)value.ptr;
    uint64_t start = 0;
    append(json, "\"", 1);
    for (uint64_t i = 0; i < value.len;) {
        unsigned n = utf8_sequence(value.ptr + i, value.len - i);
        if (plain(bytes + i, n)) {
            i += n;
            continue;
        }
        append(json, value.ptr + start, i - start);
        escape(json, bytes + i, n);
        start = i += n ? n : 1;
    }
    append(json, value.ptr + start, value.len - start);
    append(json, "\"", 1);
}

void json_open(struct json *json, char bracket) {
    separate(json);
    append(json, &bracket, 1);
    json->comma = false;
}

void json_close(struct json *json, char bracket) {
    append(json, &bracket, 1);
    json->comma = true;
}

void json_key_text(struct json *json, sluice_text key) {
    separate(json);
    escaped(json, key);
    append(json, ":", 1);
    json->comma = false;
}

void json_key(struct json *json, const char *key) {
    json_key_text(json, text_of(key));
}

void json_text(struct json *json, sluice_text value) {
    if (!value.ptr) {
        json_raw(json, "null");
        return;
    }
    separate(json);
    escaped(json, value);
}

void json_string(struct json *json, const char *value) {
    json_text(json, text_of(value));
}

void json_number(struct json *json, int64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    json_raw(json, digits);
}

void json_bool(struct json *json, bool value) {
    json_raw(json, value ? "true" : "false");
}

void json_raw(struct json *json, const char *value) {
    separate(json);
    append(json, value, strlen(value));
}

void json_reset(struct json *json) {
    json->length = 0;
    json->comma = false;
    json->failed = false;
    if (json->text)
        json->text[0] = 0;
}

void json_free(struct json *json) {
    free(json->text);
    *json = (struct json){0};
}
