#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>
#include <sluice/utf8.h>

static void put_character(struct buffer *json, const char *at, unsigned length) {
    unsigned char c = (unsigned char)*at;
    if (!length)
        buffer_string(json, "\\ufffd");
    else if (length == 1 && (c == '"' || c == '\\'))
        buffer_format(json, "\\%c", c);
    else if (length == 1 && (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&'))
        buffer_format(json, "\\u%04x", c);
    else
        buffer_put(json, at, length);
}

void json_text(struct buffer *json, sluice_text text) {
    if (!text.ptr) {
        buffer_string(json, "null");
        return;
    }
    buffer_put(json, "\"", 1);
    for (uint64_t at = 0; at < text.len;) {
        unsigned length = utf8_sequence(text.ptr + at, text.len - at);
        put_character(json, text.ptr + at, length);
        at += length ? length : 1;
    }
    buffer_put(json, "\"", 1);
}

static const char *convert(struct buffer *json, const char *at, va_list *arguments) {
    if (strncmp(at, ".*s", 3) == 0) {
        int length = va_arg(*arguments, int);
        json_text(json, (sluice_text){va_arg(*arguments, const char *), (uint64_t)length});
        return at + 3;
    }
    if (*at == 's') {
        json_text(json, text_of(va_arg(*arguments, const char *)));
        return at + 1;
    }
    if (*at == 'd')
        buffer_format(json, "%d", va_arg(*arguments, int));
    else if (*at == 'u')
        buffer_format(json, "%u", va_arg(*arguments, unsigned));
    else if (strncmp(at, "lld", 3) == 0)
        buffer_format(json, "%lld", va_arg(*arguments, long long));
    else /* llu, zu, lu: 64 bits each */
        buffer_format(json, "%llu", (unsigned long long)va_arg(*arguments, unsigned long));
    while (*at == 'l' || *at == 'z')
        at++;
    return at + 1;
}

void json_add(struct buffer *json, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at;) {
        const char *next = strchr(at, '%');
        if (!next)
            next = at + strlen(at);
        buffer_put(json, at, (size_t)(next - at));
        at = *next ? convert(json, next + 1, &arguments) : next;
    }
    va_end(arguments);
}
