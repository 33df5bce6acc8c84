#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct buffer *buffer, size_t count) {
    size_t most = buffer->most ? buffer->most : BUFFER_MOST;
    if (buffer->failed || count >= most - buffer->used) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->used + count + 1, room = buffer->room ? buffer->room : 4096;
    if (needed <= buffer->room)
        return true;
    while (room < needed)
        room *= 2;
    char *grown = realloc(buffer->text, room);
    if (!grown) {
        buffer->failed = true;
        return false;
    }
    buffer->text = grown;
    buffer->room = room;
    return true;
}

void buffer_put(struct buffer *buffer, const char *bytes, size_t count) {
    if (!make_room(buffer, count))
        return;
    if (count)
        memcpy(buffer->text + buffer->used, bytes, count);
    buffer->used += count;
    buffer->text[buffer->used] = 0;
}

void buffer_string(struct buffer *buffer, const char *string) {
    buffer_put(buffer, string, strlen(string));
}

void buffer_text(struct buffer *buffer, sluice_text text) {
    buffer_put(buffer, text.ptr, text.len);
}

void buffer_format(struct buffer *buffer, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        buffer->failed = true;
    else
        buffer_put(buffer, line, (size_t)length);
}

sluice_text buffer_view(struct buffer *buffer) {
    return buffer->text ? (sluice_text){buffer->text, buffer->used} : (sluice_text){"", 0};
}

void buffer_free(struct buffer *buffer) {
    free(buffer->text);
    *buffer = (struct buffer){0};
}
