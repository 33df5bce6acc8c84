/* Are the files that are open still those that the next run will open? SQLite writes on into files that
 * were moved or deleted, and the next run would begin a new ledger and pay for everything again. */
#include "ledger_remote.h"

#include "lease_keeper.h"

static int check_locks(const struct ledger *ledger, sluice_error *error) {
    for (const struct run_lock *lock = ledger->locks; lock; lock = lock->next)
        if (!run_lock_current(lock))
            return fail(
                error, SLUICE_E_IO,
                "%s, which says that this run is alive, was removed, and other runs take it for dead: "
                "nothing more is ordered; leave the state directory alone and run this again",
                lock->path);
    return 0;
}

struct lease *ledger_lease(struct ledger *ledger) {
    return ledger->remote && ledger->remote->keeper ? lease_keeper_lease(ledger->remote->keeper) : NULL;
}

static int fail_lease(const struct ledger *ledger, sluice_error *error) {
    return fail(error, SLUICE_E_BUSY,
                "%s wasn't reached in time, so that other runs may take this one for dead: nothing more is "
                "ordered; run this again",
                ledger->path);
}

int ledger_may_claim(struct ledger *ledger, sluice_error *error) {
    return ledger->remote && ledger->remote->fenced ? fail_lease(ledger, error) : 0;
}

bool ledger_may_retry(const struct ledger *ledger) {
    return ledger->remote && ledger->remote->link.passing;
}

int ledger_in_place(struct ledger *ledger, sluice_error *error) {
    struct lease *lease = ledger_lease(ledger);
    if (ledger->remote)
        return lease && !lease_holds(lease, lease_now_us()) ? fail_lease(ledger, error) : 0;
    if (file_place_holds_both(&ledger->place, &ledger->log_place, ledger->path))
        return check_locks(ledger, error);
    return fail(error, SLUICE_E_IO,
                "%s was moved, replaced or deleted while it was in use, so nothing more is ordered; what was "
                "ordered before is in the old file and its -wal: put both back before the next run, or that "
                "is paid for again",
                ledger->path);
}
