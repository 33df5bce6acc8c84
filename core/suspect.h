/* suspect.h - orders of a store, or in a provider's list, of which nobody can tell what service they are for:
 * what is to be ordered for the same identifier may be bought already. */
#ifndef CORE_SUSPECT_H
#define CORE_SUSPECT_H

#include "catalogue.h"
#include "foresight.h"

struct suspects {
    struct foresight known; /* by key; the words on an order are where its order id would be */
};

struct suspect {
    sluice_text provider, account, identifier, order_id;
    sluice_text title; /* of its service, as far as it has one; several services may have it */
};

int suspects_add(struct suspects *suspects, const struct catalogue *catalogue, const struct suspect *suspect,
                 sluice_error *error);
/* Words on the order that may be the same as one of this service for this identifier; *out NULL: there is
 * none. `key`: of the order in question. */
int suspects_find(const struct suspects *suspects, sluice_text provider, sluice_text account,
                  sluice_text identifier, const struct order_key *key, const char **out, sluice_error *error);
void suspects_free(struct suspects *suspects);

#endif
