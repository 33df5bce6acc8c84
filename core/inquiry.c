#include "inquiry.h"

#include <stdlib.h>
#include <string.h>

struct inquiry *inquiry_new(uint32_t rows) {
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    if (!inquiry)
        return NULL;
    inquiry->room = rows ? rows : 1;
    inquiry->rows = calloc(inquiry->room, sizeof *inquiry->rows);
    if (!inquiry->rows) {
        free(inquiry);
        return NULL;
    }
    return inquiry;
}

struct batch *inquiry_batch(const struct inquiry *inquiry, uint32_t index) {
    return (struct batch *)(uintptr_t)inquiry->rows[index].batch; /* its view is its first member */
}

void inquiry_add(struct inquiry *inquiry, struct batch *batch, uint32_t row) {
    inquiry->rows[inquiry->count++] = (sluice_row){.batch = &batch_ref(batch)->view, .row = row};
}

void inquiry_clear(struct inquiry *inquiry) {
    call_end(&inquiry->call);
    for (uint32_t i = 0; i < inquiry->count; i++)
        batch_unref(inquiry_batch(inquiry, i));
    inquiry->count = 0;
}

void inquiry_free(struct inquiry *inquiry) {
    inquiry_clear(inquiry);
    call_free(&inquiry->call);
    free(inquiry->rows);
    free(inquiry);
}

void inquiry_split(struct inquiry *inquiry, uint32_t from, struct inquiry *other) {
    other->count = inquiry->count - from;
    memcpy(other->rows, inquiry->rows + from, other->count * sizeof *other->rows);
    inquiry->count = from;
}

void inquiry_keep(struct inquiry *inquiry, const bool *keep) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < inquiry->count; i++) {
        if (keep[i])
            inquiry->rows[kept++] = inquiry->rows[i];
        else
            batch_unref(inquiry_batch(inquiry, i));
    }
    inquiry->count = kept;
}
