/* inquiry.h - one free call about some rows. It keeps the batches of its rows alive. */
#ifndef CORE_INQUIRY_H
#define CORE_INQUIRY_H

#include "batch.h"
#include "exchange.h"

struct inquiry {
    struct inquiry *next;
    struct call call;
    sluice_row *rows;
    uint32_t count, room;
    unsigned attempt;      /* from 1 */
    int64_t not_before_us; /* clock_us */
    uint64_t replies;      /* that had come when it was sent */
};

/* Room for `rows`; NULL: no memory. */
struct inquiry *inquiry_new(uint32_t rows);
void inquiry_free(struct inquiry *inquiry);
/* There is room for it. */
void inquiry_add(struct inquiry *inquiry, struct batch *batch, uint32_t row);
struct batch *inquiry_batch(const struct inquiry *inquiry, uint32_t index);
/* Let go of the rows and of what the call left. */
void inquiry_clear(struct inquiry *inquiry);
/* The rows from `from` on become the other one's, which has none yet and room for them. */
void inquiry_split(struct inquiry *inquiry, uint32_t from, struct inquiry *other);
/* Keep only the rows for which keep[index] is true. */
void inquiry_keep(struct inquiry *inquiry, const bool *keep);

#endif
