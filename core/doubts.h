/* doubts.h - too many orders in doubt: how many, and what to do about them, in words. Pure. */
#ifndef CORE_DOUBTS_H
#define CORE_DOUBTS_H

#include <stdbool.h>
#include <stdint.h>

enum { DOUBTS_TEXT = 320 };

struct doubts {
    uint64_t count, most; /* of the account; so many are too many */
    uint64_t later;       /* of them, those that a later list may decide on */
    int64_t later_ms;     /* then all of these can be asked about again */
    const char *file;     /* of the pipeline, which says how to ask */
};

bool doubts_forbid(const struct doubts *doubts);
/* "20 orders of the account are in doubt, and spend.max_in_doubt is 20: nothing new is ordered". Returns
 * `out`. */
const char *doubts_text(const struct doubts *doubts, char out[DOUBTS_TEXT]);
/* Which commands get them out of doubt, and when. Returns `out`. */
const char *doubts_advice(const struct doubts *doubts, char out[DOUBTS_TEXT]);

#endif
