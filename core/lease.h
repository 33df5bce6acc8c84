/* lease.h - for how long this process may count on being taken for alive. Pure, but for the clock.
 *
 * A run on a ledger that others see only over the network has no lock that frees itself. It has a lease:
 * until a time by the database's clock nobody may take what it has claimed. It reckons with less: from when
 * it *asked* for the lease, by a clock that also runs while the machine sleeps, and with a margin. A lease
 * that was over once is over for good. */
#ifndef CORE_LEASE_H
#define CORE_LEASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { LEASE_MS = 30000, LEASE_LEAST_MS = 1000 };

struct lease {
    int64_t length_ms;
    _Atomic int64_t until_us; /* by lease_now_us */
    atomic_bool over;
};

int64_t lease_now_us(void);

/* What a process doesn't count on: the time from a last look at the lease to the byte on the wire. */
int64_t lease_margin_ms(int64_t length_ms);
/* When to ask again, after having asked at that time. */
int64_t lease_renewal_us(int64_t asked_us, int64_t length_ms);
/* How long behind the end of a lease a call may still be under way, when it may take `timeout_ms`. */
int64_t lease_grace_ms(int64_t length_ms, int64_t timeout_ms);

/* Begin with the answer to what was asked at that time. */
void lease_begin(struct lease *lease, int64_t length_ms, int64_t asked_us);
/* It was renewed, as asked for at that time. False: the answer came too late, or the lease was over before.
 */
bool lease_renew(struct lease *lease, int64_t asked_us, int64_t now_us);
/* May something be started that only the owner may do? Any thread. */
bool lease_holds(struct lease *lease, int64_t now_us);
/* Another one has said that it is over. */
void lease_end(struct lease *lease);

#endif
