/* buffer.h - text that grows, up to a limit. Not a part of the contract, and not in sluice.h: see text.h. */
#ifndef SLUICE_BUFFER_H
#define SLUICE_BUFFER_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is empty. What doesn't fit (no memory, the limit) sets `failed` and is left out: the caller
 * looks once, at the end. */
struct buffer {
    char *text;
    size_t length, room;
    size_t most; /* 0: BUFFER_MOST */
    bool failed;
};

enum { BUFFER_MOST = 64 * 1024 * 1024 };

static inline void buffer_add(struct buffer *buffer, sluice_text text);
static inline void buffer_string(struct buffer *buffer, const char *text);
static inline void buffer_format(struct buffer *buffer, const char *format, ...) SLUICE_PRINTF(2, 3);
/* As a JSON string, with its quotes. */
static inline void buffer_json(struct buffer *buffer, sluice_text text);
/* What is in it; valid until it grows. Null: something was left out. */
static inline sluice_text buffer_view(const struct buffer *buffer);
static inline void buffer_free(struct buffer *buffer);

/* ---- how ------------------------------------------------------------------------------------- */

/* Room for `length` more bytes and a NUL. */
static inline bool buffer_reserve(struct buffer *buffer, size_t length) {
    size_t most = buffer->most ? buffer->most : (size_t)BUFFER_MOST, room = buffer->room ? buffer->room : 256;
    if (buffer->failed || length >= most || buffer->length + length >= most) {
        buffer->failed = true;
        return false;
    }
    while (room <= buffer->length + length)
        room *= 2;
    if (room > buffer->room) {
        char *grown = (char *)realloc(buffer->text, room);
        if (!grown) {
            buffer->failed = true;
            return false;
        }
        buffer->text = grown;
        buffer->room = room;
    }
    return true;
}

static inline void buffer_add(struct buffer *buffer, sluice_text text) {
    if (!text.len || !buffer_reserve(buffer, text.len))
        return;
    memcpy(buffer->text + buffer->length, text.ptr, text.len);
    buffer->length += text.len;
}

static inline void buffer_string(struct buffer *buffer, const char *text) {
    buffer_add(buffer, text_view(text, strlen(text)));
}

static inline void buffer_format(struct buffer *buffer, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0 && buffer_reserve(buffer, (size_t)length)) {
        vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

/* How JSON writes the byte, or NULL: as it stands. */
static const char *buffer_json_escape(unsigned char byte, char hex[8]) {
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

static inline void buffer_json(struct buffer *buffer, sluice_text text) {
    char hex[8];
    uint64_t from = 0;
    buffer_string(buffer, "\"");
    for (uint64_t i = 0; i < text.len; i++) {
        const char *escape = buffer_json_escape((unsigned char)text.ptr[i], hex);
        if (!escape)
            continue;
        buffer_add(buffer, text_view(text.ptr + from, i - from));
        buffer_string(buffer, escape);
        from = i + 1;
    }
    if (text.len > from)
        buffer_add(buffer, text_view(text.ptr + from, text.len - from));
    buffer_string(buffer, "\"");
}

static inline void buffer_free(struct buffer *buffer) {
    free(buffer->text);
    memset(buffer, 0, sizeof *buffer);
}

static inline sluice_text buffer_view(const struct buffer *buffer) {
    return buffer->failed ? text_none() : text_view(buffer->text ? buffer->text : "", buffer->length);
}

#ifdef __cplusplus
}
#endif
#endif
