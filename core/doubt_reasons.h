/* doubt_reasons.h - why orders in doubt stay so, for a log that many runs write: each order's reason once,
 * and again when it is another one; not too many at a time. Pure; one thread at a time. */
#ifndef CORE_DOUBT_REASONS_H
#define CORE_DOUBT_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/text.h>

enum {
    DOUBT_REASONS = 256,     /* orders that are kept in mind; of others nothing is said */
    DOUBT_REASONS_MOST = 20, /* said in a minute; the others when they are looked at again */
    DOUBT_KEY = 16,
};

/* All zero: nothing was said. */
struct doubt_reasons {
    struct doubt_reason {
        uint8_t key[DOUBT_KEY];
        uint64_t reason;
    } items[DOUBT_REASONS];
    size_t count;
    int64_t since_us; /* of the minute */
    unsigned said;
};

/* Is it worth a line? Then it counts as said. */
bool doubt_reasons_news(struct doubt_reasons *reasons, const uint8_t key[DOUBT_KEY], sluice_text reason,
                        int64_t now_us);
/* The order is in doubt no more. */
void doubt_reasons_forget(struct doubt_reasons *reasons, const uint8_t key[DOUBT_KEY]);

#endif
