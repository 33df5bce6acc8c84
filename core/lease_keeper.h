/* lease_keeper.h - the thread that renews a run's lease, over a connection of its own: the ledger's thread
 * may be waiting for the provider, or for somebody who is asked whether to go on. */
#ifndef CORE_LEASE_KEEPER_H
#define CORE_LEASE_KEEPER_H

#include "error.h"
#include "lease.h"

struct lease_keeper;

/* `asked_us`: when the lease that the run has now was asked for. */
int lease_keeper_start(const char *uri, int64_t run, int64_t token, int64_t length_ms, int64_t asked_us,
                       struct lease_keeper **out, sluice_error *error);
struct lease *lease_keeper_lease(struct lease_keeper *keeper);
/* NULL: nothing. */
void lease_keeper_stop(struct lease_keeper *keeper);

#endif
