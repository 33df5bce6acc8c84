/* buffer.h - text that grows, up to a limit. Once something didn't fit, nothing more is added. */
#ifndef FORM_BUFFER_H
#define FORM_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>

enum { BUFFER_MOST = 64 * 1024 * 1024 };

struct buffer {
    char *text;
    size_t used, room;
    size_t most; /* 0: BUFFER_MOST */
    bool failed; /* it would have been too long, or there is no memory */
};

void buffer_put(struct buffer *buffer, const char *bytes, size_t count);
void buffer_string(struct buffer *buffer, const char *string);
void buffer_text(struct buffer *buffer, sluice_text text);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All of it, with a NUL behind; "" when there is nothing. */
sluice_text buffer_view(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
