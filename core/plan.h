/* plan.h - what a run would order, as `sluice plan` says it on standard output. */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <stdbool.h>

#include "catalogue.h"
#include "estimate.h"

struct plan {
    const struct estimate *estimate;
    const struct balance *balance;
    sluice_text account;
    const char *currency;
    const char *name;   /* of the pipeline */
    const char *paused; /* the ledger is, and why; NULL: it isn't */
    uint64_t doubts;    /* orders of the account that stay in doubt */
    uint64_t max_in_doubt;
};

void plan_print(const struct plan *plan);
void plan_print_json(const struct plan *plan); /* one object */

#endif
