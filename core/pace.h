/* pace.h - how fast records come to their end, of late. Pure.
 *
 * The average of a whole run says nothing: what the ledger knew already was over in a moment, and what is
 * left waits for a slow provider. So the pace is that of the shortest recent time in which enough happened.
 */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdint.h>

enum { PACE_SAMPLES = 64 };

struct pace {
    struct {
        int64_t us;
        uint64_t done;
    } samples[PACE_SAMPLES]; /* the oldest first; when there is no more room, every second one goes */
    unsigned count;
    int64_t every_us; /* between two of them */
};

/* So many records in so much time. */
struct pace_span {
    uint64_t done;
    int64_t us;
};

/* At the beginning, and whenever there may be something new. */
void pace_note(struct pace *pace, int64_t now_us, uint64_t done);
struct pace_span pace_of_late(const struct pace *pace, int64_t now_us, uint64_t done);

/* Records in a time of that length. */
uint64_t pace_in(struct pace_span span, uint64_t us);
/* Seconds that so many records will take; -1: nobody knows. */
int64_t pace_seconds(struct pace_span span, uint64_t left);
#endif
