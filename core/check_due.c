#include "check_due.h"

enum { PART_OF_AGE = 12, SALTS = 256 };

static const int64_t longest_ms = 6 * 3600 * (int64_t)1000;

int64_t check_due_after_ms(int64_t age_ms, uint32_t salt) {
    int64_t pause = age_ms > 0 ? age_ms / PART_OF_AGE : 0;
    if (pause > longest_ms)
        pause = longest_ms;
    return pause - pause / 4 * (salt % SALTS) / SALTS;
}

bool check_due(int64_t age_ms, int64_t since_ms, uint32_t salt) {
    /* A clock that was set back: nobody knows how long ago it was. */
    return since_ms < 0 || since_ms >= check_due_after_ms(age_ms, salt);
}
