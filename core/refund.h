/* refund.h - orders that were rejected in the end and paid back, on their way into the ledger: T13.
 *
 * They are gathered, and written in one transaction before the sinks hear of them: an order that a store
 * calls rejected is never asked about again, so its refund would be lost. The ledger is opened with the
 * first of them, if there is one at all: a store may hold orders that no ledger here knows. */
#ifndef CORE_REFUND_H
#define CORE_REFUND_H

#include <stdbool.h>

#include "arena.h"
#include "ledger.h"

struct refunds {
    struct ledger_site site;
    sluice_text provider, account;
    const char *who;
    struct ledger *ledger; /* NULL: not needed yet */
    sluice_arena arena;    /* of what waits */
    struct refund_entry *first, **last;
    uint64_t written;
};

void refunds_init(struct refunds *refunds, const struct ledger_site *site, const char *who);
/* Copies the texts of `refund`; provider, account and who are those of `refunds`. */
int refunds_add(struct refunds *refunds, const struct ledger_refund *refund, sluice_error *error);
/* Write those that wait; durable when it returns 0. What waited is forgotten in any case. */
int refunds_write(struct refunds *refunds, sluice_error *error);
void refunds_free(struct refunds *refunds);

#endif
