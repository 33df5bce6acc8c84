/* estimate.h - before anything is paid: what would this run order, and what would it cost? */
#ifndef CORE_ESTIMATE_H
#define CORE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger.h"
#include "order.h"

struct service_estimate {
    const struct service *service;
    uint64_t orders;
    money price, cost;
};

struct estimate {
    uint64_t read, orders, duplicate, in_doubt, rejected, skipped;
    money cost;
    bool at_most;                      /* too many identifiers to tell which stand twice in the input */
    struct service_estimate *services; /* in the order of their first row */
    size_t service_count, service_room;
    uint64_t *seen; /* open addressing, 8 bytes of each key */
    size_t seen_count, seen_room;
};

/* A batch as it would be given to the spending action. */
int estimate_batch(struct estimate *estimate, const struct order_maker *maker, struct ledger *ledger,
                   struct batch *batch, sluice_error *error);
/* No more batches will come: let go of what told identifiers apart; the sums stay. */
void estimate_end(struct estimate *estimate);
void estimate_free(struct estimate *estimate);

#endif
