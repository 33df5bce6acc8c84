#include "record.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 10 }; /* the most that a length takes */

static uint8_t *put_length(uint8_t *at, uint64_t length) {
    for (; length >= 0x80; length >>= 7)
        *at++ = (uint8_t)(length | 0x80);
    *at++ = (uint8_t)length;
    return at;
}

static bool reserve(struct record_buffer *buffer, size_t bytes) {
    size_t room = buffer->room ? buffer->room : 4096;
    if (buffer->room - buffer->used >= bytes)
        return true;
    while (room - buffer->used < bytes)
        room *= 2;
    uint8_t *larger = realloc(buffer->bytes, room);
    if (!larger)
        return false;
    buffer->bytes = larger;
    buffer->room = room;
    return true;
}

int record_encode(struct record_buffer *buffer, const sluice_text *texts, uint32_t count,
                  sluice_error *error) {
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (texts[i].len > RECORD_BYTES || (bytes += texts[i].len + LENGTH_BYTES) > RECORD_BYTES)
            return fail(error, SLUICE_E_DATA, "a record is larger than %d MiB", RECORD_BYTES >> 20);
    }
    if (!reserve(buffer, bytes))
        return fail_memory(error);
    uint8_t *at = buffer->bytes + buffer->used;
    for (uint32_t i = 0; i < count; i++) {
        at = put_length(at, texts[i].ptr ? texts[i].len + 1 : 0);
        if (texts[i].ptr && texts[i].len) {
            memcpy(at, texts[i].ptr, texts[i].len);
            at += texts[i].len;
        }
    }
    buffer->used = (size_t)(at - buffer->bytes);
    return 0;
}

/* Read one text; returns what follows it, or NULL. */
static const uint8_t *get_text(const uint8_t *at, const uint8_t *end, sluice_text *out) {
    uint64_t length = 0;
    unsigned shift = 0;
    for (;;) {
        if (at == end || shift > 56)
            return NULL;
        uint8_t byte = *at++;
        length |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
        shift += 7;
    }
    *out = (sluice_text){NULL, 0};
    if (length == 0)
        return at;
    if (length - 1 > (uint64_t)(end - at))
        return NULL;
    *out = (sluice_text){(const char *)at, length - 1};
    return at + length - 1;
}

bool record_decode(const void *bytes, size_t size, sluice_text *texts, uint32_t count) {
    const uint8_t *at = size ? bytes : (const uint8_t *)"", *end = at + size; /* no bytes: maybe a NULL */
    for (uint32_t i = 0; i < count; i++)
        if (!(at = get_text(at, end, &texts[i])))
            return false;
    return at == end;
}

bool record_count(const void *bytes, size_t size, uint32_t *count) {
    const uint8_t *at = size ? bytes : (const uint8_t *)"", *end = at + size;
    sluice_text text;
    for (*count = 0; at < end; (*count)++)
        if (!(at = get_text(at, end, &text)))
            return false;
    return true;
}

void record_buffer_free(struct record_buffer *buffer) {
    free(buffer->bytes);
    *buffer = (struct record_buffer){0};
}
