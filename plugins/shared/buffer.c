#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `length` more bytes and a NUL. */
static bool reserve(struct buffer *buffer, size_t length) {
    size_t most = buffer->most ? buffer->most : BUFFER_MOST, room = buffer->room ? buffer->room : 256;
    if (buffer->failed || length >= most || buffer->length + length >= most) {
        buffer->failed = true;
        return false;
    }
    while (room <= buffer->length + length)
        room *= 2;
    if (room > buffer->room) {
        char *grown = realloc(buffer->text, room);
        if (!grown) {
            buffer->failed = true;
            return false;
        }
        buffer->text = grown;
        buffer->room = room;
    }
    return true;
}

void buffer_add(struct buffer *buffer, sluice_text text) {
    if (!text.len || !reserve(buffer, text.len))
        return;
    memcpy(buffer->text + buffer->length, text.ptr, text.len);
    buffer->length += text.len;
}

void buffer_string(struct buffer *buffer, const char *text) {
    buffer_add(buffer, (sluice_text){text, strlen(text)});
}

void buffer_format(struct buffer *buffer, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0 && reserve(buffer, (size_t)length)) {
        vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

/* How JSON writes the byte, or NULL: as it stands. */
static const char *json_escape(unsigned char byte, char hex[8]) {
    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        if (byte >= 0x20)
            return NULL;
        snprintf(hex, 8, "\\u%04x", (unsigned)byte);
        return hex;
    }
}

void buffer_json(struct buffer *buffer, sluice_text text) {
    char hex[8];
    uint64_t from = 0;
    buffer_string(buffer, "\"");
    for (uint64_t i = 0; i < text.len; i++) {
        const char *escape = json_escape((unsigned char)text.ptr[i], hex);
        if (!escape)
            continue;
        buffer_add(buffer, (sluice_text){text.ptr + from, i - from});
        buffer_string(buffer, escape);
        from = i + 1;
    }
    if (text.len > from)
        buffer_add(buffer, (sluice_text){text.ptr + from, text.len - from});
    buffer_string(buffer, "\"");
}

void buffer_free(struct buffer *buffer) {
    free(buffer->text);
    *buffer = (struct buffer){0};
}
