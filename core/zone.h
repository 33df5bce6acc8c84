/* zone.h - a time zone by its name in the system's tzdata: "Europe/Berlin". Read-only once open.
 *
 * Not by TZ and localtime: they are one for the whole process, and pipelines have one each. */
#ifndef CORE_ZONE_H
#define CORE_ZONE_H

#include <stdint.h>

#include "error.h"

struct zone;

/* CONFIG: there is no such zone, or its file isn't one. "UTC" needs no file. */
int zone_open(const char *name, struct zone **out, sluice_error *error);
void zone_close(struct zone *zone); /* NULL: nothing */
/* Days are counted in quarters of an hour since 1970: no zone's day begins within one. */
enum { ZONE_QUARTER_MS = 15 * 60 * 1000 };

struct zone_span {
    int32_t day, first, last;
};

/* Seconds east of UTC at that moment. */
int32_t zone_offset(const struct zone *zone, int64_t utc_s);
/* The day there, counted from 1970-01-01. */
int32_t zone_day(const struct zone *zone, int64_t wall_ms);
/* The quarters of the day there that this one lies in: 23 to 25 hours. */
struct zone_span zone_day_span(const struct zone *zone, int32_t quarter);

#endif
