#include "cap.h"

#include <stddef.h>

static bool over(money most, money counted, money price) {
    return most != MONEY_NONE && money_add(counted, price) > most;
}

const char *cap_forbids(const struct cap *cap, money price) {
    if (over(cap->max_run, cap->run, price))
        return "max_run";
    if (over(cap->max_day, cap->day, price))
        return "max_day";
    if (cap->reserve != MONEY_NONE && cap->balance != MONEY_NONE &&
        money_add(cap->balance, -price) < cap->reserve)
        return "reserve";
    return NULL;
}

void cap_count(struct cap *cap, money price) {
    cap->run = money_add(cap->run, price);
    cap->day = money_add(cap->day, price);
    if (cap->balance != MONEY_NONE)
        cap->balance = money_add(cap->balance, -price);
}
