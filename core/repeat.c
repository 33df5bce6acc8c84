#include "repeat.h"

bool repeat_allows(const struct repeat *policy, enum order_state state, int64_t ordered_ms) {
    switch (state) {
    case ORDER_PLACED:
    case ORDER_EXISTS:
    case ORDER_REFUNDED:
        return policy && ordered_ms < policy->before_ms;
    case ORDER_REJECTED:
        return policy && policy->rejected;
    case ORDER_NONE:
    case ORDER_CLAIMED:
    case ORDER_SENDING:
    case ORDER_IN_DOUBT:
    case ORDER_RELEASED:
        break;
    }
    return false;
}

bool repeat_excludes(const struct repeat *policy, int64_t run) {
    if (!policy)
        return false;
    for (size_t i = 0; i < policy->live_count; i++)
        if (policy->live[i] == run)
            return true;
    return policy->from_run && run >= policy->from_run;
}

const char *repeat_code(enum order_state state) {
    return state == ORDER_REJECTED ? "retry" : "repeat";
}

const char *repeat_reason(enum order_state state) {
    return state == ORDER_REJECTED ? "tried again after a rejection" : "ordered again";
}
