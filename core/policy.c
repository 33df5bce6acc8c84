#include "policy.h"

bool policy_asks_again(int status) {
    return status >= 500 || status == 408 || status == 425 || status == 429;
}

static bool worth_retrying(const struct http_result *result) {
    switch (result->outcome) {
    case HTTP_NOT_SENT:
    case HTTP_BROKEN:
    case HTTP_TIMEOUT:
        return true;
    case HTTP_REPLIED:
        return policy_asks_again(result->status);
    case HTTP_TOO_LARGE:
    case HTTP_STOPPED:
        return false;
    }
    return false;
}

static enum policy_action for_paid(const struct http_result *result) {
    switch (result->outcome) {
    case HTTP_REPLIED:
        return POLICY_PARSE;
    case HTTP_NOT_SENT:
        return POLICY_RELEASE;
    case HTTP_BROKEN:
    case HTTP_TIMEOUT:
    case HTTP_TOO_LARGE:
    case HTTP_STOPPED:
        return POLICY_DOUBT;
    }
    return POLICY_DOUBT;
}

enum policy_action policy_for(bool paid, const struct http_result *result, unsigned attempt) {
    if (paid)
        return for_paid(result);
    if (worth_retrying(result))
        return attempt < POLICY_ATTEMPTS && result->retry_after_ms <= POLICY_WAIT_MOST_MS ? POLICY_RETRY
                                                                                          : POLICY_FAIL;
    if (result->outcome == HTTP_REPLIED && !result->redirect)
        return POLICY_PARSE;
    return POLICY_FAIL;
}

/* Neighbouring seeds must not give neighbouring delays (the finaliser of MurmurHash3). */
static uint32_t scatter(uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

int64_t policy_delay_ms(const struct http_result *result, unsigned attempt, uint32_t seed) {
    enum { FIRST_MS = 500, LONGEST_MS = 60000, DOUBLINGS = 7 };
    unsigned doublings = attempt > 0 ? attempt - 1 : 0;
    if (result->stand_in) /* nobody is spared by a pause */
        return 0;
    int64_t delay = (int64_t)FIRST_MS << (doublings < DOUBLINGS ? doublings : DOUBLINGS);
    if (delay > LONGEST_MS)
        delay = LONGEST_MS;
    delay -= (int64_t)(scatter(seed + attempt) % (uint32_t)(delay / 2)); /* the upper half of the range */
    return delay < result->retry_after_ms ? result->retry_after_ms : delay;
}
