#include "limit.h"

/* The time between two starts, rounded up. Starts that far apart can't be more than `count` in any one
 * period; letting a late start be made up for could. */
static int64_t interval_us(const sluice_rate *rate) {
    int64_t period_ms = rate->per_ms > INT64_MAX / 2000 ? INT64_MAX / 2000 : rate->per_ms;
    if (rate->count <= 0 || period_ms <= 0)
        return 0;
    return (period_ms * 1000 - 1) / rate->count + 1;
}

void limit_init(struct limit *limit, sluice_rate rate, unsigned slots) {
    *limit = (struct limit){
        .rate = rate, .slots = slots ? slots : 1, .next_us = INT64_MIN, .paused_us = INT64_MIN};
}

int64_t limit_start(struct limit *limit, int64_t now_us) {
    if (limit->in_flight >= limit->slots)
        return -1;
    int64_t from = limit->next_us > limit->paused_us ? limit->next_us : limit->paused_us;
    if (from > now_us)
        return from - now_us;
    int64_t interval = interval_us(&limit->rate);
    limit->in_flight++;
    limit->next_us = now_us > INT64_MAX - interval ? INT64_MAX : now_us + interval;
    return 0;
}

void limit_end(struct limit *limit) {
    if (limit->in_flight > 0)
        limit->in_flight--;
}

void limit_pause(struct limit *limit, int64_t until_us) {
    if (until_us > limit->paused_us)
        limit->paused_us = until_us;
}
