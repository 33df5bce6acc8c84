/* foresight.h - what a run would learn of orders before it begins to pay, kept for the plan of it, which may
 * not write it into the ledger. */
#ifndef CORE_FORESIGHT_H
#define CORE_FORESIGHT_H

#include "arena.h"
#include "ledger.h"

struct foreseen {
    struct order_key key;
    bool ordered; /* false: proven not to be bought */
    int64_t ordered_ms;
    const char *order_id; /* "": not known */
    struct foreseen *next;
};

struct foresight {
    sluice_arena arena;
    struct foreseen **slots; /* chains, by the key */
    size_t slot_count, count;
};

/* The first word on a key counts. */
int foresight_add(struct foresight *foresight, const struct foreseen *news, sluice_error *error);
/* NULL: nothing is known beside what the ledger has. */
const struct foreseen *foresight_find(const struct foresight *foresight, const struct order_key *key);
/* What the ledger's answer would be by then. */
void foresight_apply(const struct foresight *foresight, const struct order_key *key, struct claim *claim);
void foresight_free(struct foresight *foresight);

#endif
