/* repeat.h - may what was ordered once be ordered again? Pure. */
#ifndef CORE_REPEAT_H
#define CORE_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "transition.h"

/* All zero: never. */
struct repeat {
    int64_t before_ms; /* what was ordered earlier than this */
    bool rejected;     /* what was refused, and not charged */
    bool own;          /* and what the same run has ordered */
};

/* An order that is claimed, being sent or in doubt is never repeated, whatever the policy says. NULL: never.
 */
bool repeat_allows(const struct repeat *policy, enum order_state state, int64_t ordered_ms);
/* Why a new generation follows an order in that state: a code and a sentence for the ledger's events. */
const char *repeat_code(enum order_state state);
const char *repeat_reason(enum order_state state);

#endif
