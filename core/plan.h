/* plan.h - what a run would order, as `sluice plan` says it on standard output. */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <stdbool.h>

#include "catalogue.h"
#include "doubts.h"
#include "estimate.h"

#define PLAN_PAUSED "pause" /* what bars a run from ordering while the ledger is paused */

struct plan {
    const struct estimate *estimate;
    const struct balance *balance;
    sluice_text account;
    const char *currency;
    const char *name;     /* of the pipeline */
    const char *paused;   /* the ledger is, and why; NULL: it isn't */
    struct doubts doubts; /* that stay */
};

void plan_print(const struct plan *plan);
void plan_print_json(const struct plan *plan); /* one object */

#endif
