/* zone_rule.h - the rule behind the end of a time zone's table: "CET-1CEST,M3.5.0,M10.5.0/3". Pure. */
#ifndef CORE_ZONE_RULE_H
#define CORE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/base.h>

/* A day of each year on which the clock changes. */
struct zone_change {
    char form;            /* 'M': weekday of a month; 'J': day 1 to 365, never 29 February; 'n': 0 to 365 */
    int month, week, day; /* 'M': week 5 is the last; the others: only `day` */
    int32_t seconds;      /* after midnight, in the time that holds until then */
};

struct zone_rule {
    int32_t standard, summer; /* seconds east of UTC */
    bool changes;             /* there is a summer time */
    struct zone_change begins, ends;
};

/* As POSIX writes TZ. False: it doesn't. */
bool zone_rule_parse(sluice_text text, struct zone_rule *out);
/* Seconds east of UTC at that moment. */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc_s);

#endif
