/* repeat.h - may what was ordered once be ordered again? Pure. */
#ifndef CORE_REPEAT_H
#define CORE_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transition.h"

/* All zero: never. */
struct repeat {
    int64_t before_ms; /* what was ordered earlier than this */
    bool rejected;     /* what was refused, and not charged */
    /* Whoever asks wants it again: whatever has ordered it, and at any time. Not what isn't this ledger's and
     * came to light at before_ms or later: it may be what a lost ledger had ordered for them. */
    bool asked;
    /* Not what these runs have bought: those from this one on (0: all count), and these. */
    int64_t from_run;
    const int64_t *live;
    size_t live_count;
};

/* An order that is claimed, being sent or in doubt is never repeated, whatever the policy says. NULL: never.
 */
bool repeat_allows(const struct repeat *policy, enum order_state state, int64_t ordered_ms);
/* Is what this run has bought part of the same repeat? */
bool repeat_excludes(const struct repeat *policy, int64_t run);
/* Why a new generation follows an order in that state: a code and a sentence for the ledger's events. */
const char *repeat_code(enum order_state state);
const char *repeat_reason(enum order_state state);

#endif
