/* cron.h - when a line of five fields, "minute hour day month weekday", comes next. Pure.
 *
 * A field is `*`, a number, a name (jan, mon), a range 9-17, a list of these, and a step behind a range or
 * `*`. When both day and weekday say something, one of them is enough, as cron has it.
 *
 * Where clocks change: a time that is left out comes at the moment of the change, one that there is twice
 * comes the first time only. With `*` first in the minute or the hour, it's the clock that counts. */
#ifndef CORE_CRON_H
#define CORE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct cron_zone {
    int32_t (*offset)(const void *zone, int64_t utc_s); /* seconds east of UTC at that moment */
    const void *zone;
};

struct cron {
    uint64_t minutes;
    uint32_t hours, days; /* days: bits 1 to 31 */
    uint16_t months;      /* bits 1 to 12 */
    uint8_t weekdays;     /* bit 0: Sunday */
    bool either_day;      /* day or weekday is enough */
    bool by_clock;        /* `*` in the minute or the hour */
};

/* CONFIG with a sentence that names the field. */
int cron_parse(sluice_text text, struct cron *out, sluice_error *error);
/* The first time after `after` (seconds since 1970); INT64_MAX: never (the 30th of February). `zone`: NULL is
 * UTC. */
int64_t cron_next(const struct cron *cron, const struct cron_zone *zone, int64_t after);

#endif
