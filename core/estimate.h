/* estimate.h - before anything is paid: what would this run order, and what would it cost? */
#ifndef CORE_ESTIMATE_H
#define CORE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cap.h"
#include "foresight.h"
#include "ledger.h"
#include "order.h"

enum { ESTIMATE_ORDER_ID = ORDER_ID_BYTES + 1 };

struct service_estimate {
    const struct service *service;
    uint64_t orders; /* new ones, repeats among them */
    uint64_t repeats;
    uint64_t known, in_doubt, rejected, skipped; /* what the ledger says of the others */
    money price, cost;
    uint64_t placed; /* of the orders, those that the caps let through */
    money spent;
    int64_t newest_ms; /* of the known ones; 0: there is none */
    char newest[ESTIMATE_ORDER_ID];
};

struct estimate {
    /* What decides, set before the first batch. */
    const struct repeat *repeat; /* NULL: nothing is ordered again */
    int64_t run;                 /* that asks; 0: none, and runs that died aren't closed yet */
    struct cap *cap;             /* counted up as the run would do it; NULL: there is none */
    const char *barred;          /* the rule by which nothing new is ordered at all; NULL: there is none */
    const struct foresight *foresight; /* of a plan; NULL: the ledger knows all */
    money credit;                      /* on the account, looked at with `cap` only; MONEY_NONE: unknown */

    uint64_t read, orders, repeats, duplicate, in_doubt, rejected, skipped;
    uint64_t twice; /* of the duplicates, those that stand twice in the input */
    money cost;
    uint64_t placed; /* of the orders, those before the first that a cap stops */
    money spent;
    const char *stopped_by; /* the rule of that cap, "balance" when the credit ends; NULL: nothing stops it */
    uint64_t stopped_row;
    bool at_most;                      /* too many identifiers to tell which stand twice in the input */
    struct service_estimate *services; /* in the order of their first row */
    size_t service_count, service_room;
    uint64_t *seen; /* open addressing, 8 bytes of each key */
    size_t seen_count, seen_room;
    int64_t looked_run; /* the last one that was looked at, whether it is alive */
    bool looked_alive;
};

/* A batch as it would be given to the spending action. `ledger` NULL: nothing was ordered yet. */
int estimate_batch(struct estimate *estimate, const struct order_maker *maker, struct ledger *ledger,
                   struct batch *batch, sluice_error *error);
/* Services of which something is ordered. */
size_t estimate_ordered(const struct estimate *estimate);
/* No more batches will come: let go of what told identifiers apart; the sums stay. */
void estimate_end(struct estimate *estimate);
void estimate_free(struct estimate *estimate);

#endif
