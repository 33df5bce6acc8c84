/* progress.h - how far a run has got: a line that renews itself on a terminal, one every 10 s elsewhere. */
#ifndef CORE_PROGRESS_H
#define CORE_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pace.h"
#include "tally.h"

struct progress {
    const char *name;
    const struct tally *tally;
    atomic_uint_fast64_t total; /* 0: unknown; the source's thread may say so later */
    bool spends, terminal, enabled;
    int64_t shown_us;
    struct pace pace;
};

enum { PROGRESS_TERMINAL_MS = 100, PROGRESS_LOG_MS = 10000 };

void progress_begin(struct progress *progress, const char *name, const struct tally *tally, uint64_t total,
                    bool spends, bool enabled);
/* Show it when it is time. */
void progress_tick(struct progress *progress);
/* Take the line away. */
void progress_end(struct progress *progress);
/* "6,000". Returns `out`. */
char *progress_count(uint64_t value, char out[32]);
#endif
