/* record.h - a record as names and values, and the bytes it is kept as. Pure.
 *
 * A list of texts is kept as its items one after the other, each as a length and the bytes; null is the
 * length 0, a text of n bytes the length n + 1. Lengths have seven bits a byte, the lowest first, the
 * eighth bit set on all but the last. */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* What sinks need of an order. */
struct record {
    const sluice_text *names;
    const sluice_text *values; /* ptr NULL: null */
    uint32_t count;
};

enum { RECORD_BYTES = 16 * 1024 * 1024 }; /* of one record at most */

/* Memory for encoding, kept from one record to the next. */
struct record_buffer {
    uint8_t *bytes;
    size_t used, room;
};

/* Append `texts` to what the buffer holds. SLUICE_E_DATA: more than RECORD_BYTES. */
int record_encode(struct record_buffer *buffer, const sluice_text *texts, uint32_t count,
                  sluice_error *error);
/* The texts in `bytes`, as views of it. False: it doesn't hold exactly `count`. */
bool record_decode(const void *bytes, size_t size, sluice_text *texts, uint32_t count);
/* How many texts are in `bytes`; false: it is damaged. */
bool record_count(const void *bytes, size_t size, uint32_t *count);
void record_buffer_free(struct record_buffer *buffer);

#endif
