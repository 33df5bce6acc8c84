/* ledger_late.h - orders that were paid while the ledger couldn't be reached any more: kept in files of the
 * state directory, STATE_DIR/late/LEDGER-RUN-TOKEN, and brought in by the next run that begins there. By its
 * token a run is told from another one of the same number, and of orders of the same numbers, in a ledger
 * that was restored from a backup.
 *
 * Without them nothing would be paid twice, for the ledger says `sending`, which becomes in doubt. They are
 * what takes an order out of doubt that no list of the provider's would. */
#ifndef CORE_LEDGER_LATE_H
#define CORE_LEDGER_LATE_H

#include "ledger.h"

/* A T3 that can't be written. */
struct late {
    int64_t order; /* the ledger's */
    sluice_text order_id, evidence;
    money price;
    struct record added;
};

/* Keep it; on the disk when 0 is returned. Only for a ledger that is a network away. */
int ledger_late_keep(struct ledger *ledger, int64_t run, const struct late *late, sluice_error *error);
/* Bring in what was kept for this ledger, each file in a transaction of its own. *placed: orders that are
 * placed by it. What the ledger knows otherwise by now is named in the log, and stays as the ledger has it. A
 * file of a run that it doesn't know stays, too.
 */
int ledger_late_take(struct ledger *ledger, uint64_t *placed, sluice_error *error);

#endif
