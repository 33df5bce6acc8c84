/* cap.h - what a run may still spend. Pure; exact, in millionths. */
#ifndef CORE_CAP_H
#define CORE_CAP_H

#include <stdbool.h>

#include "money.h"

struct cap {
    money max_run, max_day, reserve; /* MONEY_NONE: not given */
    money balance;                   /* what is left on the account; MONEY_NONE: unknown */
    money run;                       /* what this run has counted: placed, in doubt, under way */
    money day;                       /* what the account has counted today, in all runs */
};

/* The rule under `spend:` that forbids one more order of that price; NULL: it may be bought. */
const char *cap_forbids(const struct cap *cap, money price);
void cap_count(struct cap *cap, money price); /* negative: given back */

#endif
