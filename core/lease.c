#include "lease.h"

#include <time.h>

enum { MARGIN_MOST_MS = 5000, MARGIN_PART = 6, RENEWALS = 3 };

int64_t lease_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t lease_margin_ms(int64_t length_ms) {
    int64_t part = length_ms / MARGIN_PART;
    return part < MARGIN_MOST_MS ? part : MARGIN_MOST_MS;
}

int64_t lease_renewal_us(int64_t asked_us, int64_t length_ms) {
    return asked_us + length_ms * 1000 / RENEWALS;
}

int64_t lease_grace_ms(int64_t length_ms, int64_t timeout_ms) {
    return timeout_ms + lease_margin_ms(length_ms);
}

static int64_t end_of(int64_t asked_us, int64_t length_ms) {
    return asked_us + (length_ms - lease_margin_ms(length_ms)) * 1000;
}

void lease_begin(struct lease *lease, int64_t length_ms, int64_t asked_us) {
    lease->length_ms = length_ms;
    atomic_store(&lease->until_us, end_of(asked_us, length_ms));
    atomic_store(&lease->over, false);
}

bool lease_renew(struct lease *lease, int64_t asked_us, int64_t now_us) {
    if (!lease_holds(lease, now_us))
        return false;
    atomic_store(&lease->until_us, end_of(asked_us, lease->length_ms));
    return lease_holds(lease, now_us);
}

bool lease_holds(struct lease *lease, int64_t now_us) {
    if (now_us >= atomic_load(&lease->until_us))
        atomic_store(&lease->over, true);
    return !atomic_load(&lease->over);
}

void lease_end(struct lease *lease) {
    atomic_store(&lease->over, true);
}
