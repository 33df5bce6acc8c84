/* buffer.h - text that grows, up to a limit. Pure. */
#ifndef SHARED_BUFFER_H
#define SHARED_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/host.h>

/* All zero is empty. What doesn't fit (no memory, the limit) sets `failed` and is left out: the caller
 * looks once, at the end. */
struct buffer {
    char *text;
    size_t length, room;
    size_t most; /* 0: BUFFER_MOST */
    bool failed;
};

enum { BUFFER_MOST = 64 * 1024 * 1024 };

void buffer_add(struct buffer *buffer, sluice_text text);
void buffer_string(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...) SLUICE_PRINTF(2, 3);
/* As a JSON string, with its quotes. */
void buffer_json(struct buffer *buffer, sluice_text text);
void buffer_free(struct buffer *buffer);

#endif
