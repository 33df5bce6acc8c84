#include "pace.h"

enum {
    FIRST_US = 1000000, /* between samples, at first */
    SPAN_US = 10000000, /* shorter ones jump about */
    SPAN_DONE = 20,     /* and so do those in which next to nothing happened */
};

static void thin_out(struct pace *pace) {
    unsigned kept = 0;
    for (unsigned i = 0; i < pace->count; i += 2)
        pace->samples[kept++] = pace->samples[i];
    pace->count = kept;
    pace->every_us *= 2;
}

void pace_note(struct pace *pace, int64_t now_us, uint64_t done) {
    if (!pace->every_us)
        pace->every_us = FIRST_US;
    if (pace->count && now_us - pace->samples[pace->count - 1].us < pace->every_us)
        return;
    if (pace->count == PACE_SAMPLES)
        thin_out(pace);
    pace->samples[pace->count].us = now_us;
    pace->samples[pace->count++].done = done;
}

struct pace_span pace_of_late(const struct pace *pace, int64_t now_us, uint64_t done) {
    struct pace_span span = {0};
    for (unsigned i = pace->count; i-- > 0 && (span.us < SPAN_US || span.done < SPAN_DONE);) {
        uint64_t before = pace->samples[i].done; /* a row that is counted anew is missing for a moment */
        span = (struct pace_span){done > before ? done - before : 0, now_us - pace->samples[i].us};
    }
    return span;
}

uint64_t pace_in(struct pace_span span, uint64_t unit_us) {
    return span.us > 0 ? (uint64_t)((unsigned __int128)span.done * unit_us / (uint64_t)span.us) : 0;
}

int64_t pace_seconds(struct pace_span span, uint64_t left) {
    if (!span.done || span.us <= 0)
        return -1;
    unsigned __int128 us = (unsigned __int128)left * (uint64_t)span.us / span.done;
    unsigned __int128 seconds = (us + 999999) / 1000000;
    return seconds > INT64_MAX ? INT64_MAX : (int64_t)seconds;
}
