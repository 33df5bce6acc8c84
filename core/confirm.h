/* confirm.h - the question before money is spent. */
#ifndef CORE_CONFIRM_H
#define CORE_CONFIRM_H

#include <stdbool.h>

#include "catalogue.h"
#include "estimate.h"

struct confirm {
    const struct estimate *estimate;
    const struct balance *balance;
    sluice_text account;
    const char *currency;
    const char *name; /* of the pipeline */
    bool yes;         /* don't ask */
};

/* Say what the run would order and cost, and ask when nobody said --yes. 0: go on; 1: the answer was no;
 * or a usage failure when there is nobody to ask. */
int confirm_spending(const struct confirm *confirm, sluice_error *error);

#endif
