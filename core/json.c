#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

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

/* Bytes of the well-formed UTF-8 sequence at `at`; 0: not one. */
static size_t sequence(const unsigned char *at, size_t left) {
    size_t n = at[0] < 0x80 ? 1 : at[0] >= 0xC2 && at[0] < 0xE0 ? 2 : (at[0] & 0xF0) == 0xE0 ? 3 : at[0] >= 0xF0 && at[0] < 0xF5 ? 4 : 0;
    if (n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) || (at[0] == 0xF0 && at[1] < 0x90) ||
        (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return n;
}

static void escaped(struct json *json, sluice_text value) {
    const unsigned char *bytes = (const unsigned char *)value.ptr;
    char code[8];
    append(json, "\"", 1);
    for (size_t i = 0, start = 0; i <= value.len;) {
        bool end = i == value.len;
        size_t n = end ? 0 : sequence(bytes + i, value.len - i);
        bool plain = !end && n && bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\' && bytes[i] != 0x7f;
        if (plain) {
            i += n;
            continue;
        }
        append(json, value.ptr + start, i - start);
        if (end)
            break;
        if (!n)
            append(json, "\xef\xbf\xbd", 3);
        else if (bytes[i] == '"' || bytes[i] == '\\')
            append(json, code, (size_t)snprintf(code, sizeof code, "\\%c", bytes[i]));
        else
            append(json, code, (size_t)snprintf(code, sizeof code, "\\u%04x", bytes[i]));
        start = ++i;
    }
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

void json_key(struct json *json, const char *key) {
    separate(json);
    escaped(json, text_of(key));
    append(json, ":", 1);
    json->comma = false;
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
    if (json->text)
        json->text[0] = 0;
}

void json_free(struct json *json) {
    free(json->text);
    *json = (struct json){0};
}
