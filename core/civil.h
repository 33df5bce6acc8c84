/* civil.h - days of the Gregorian calendar as numbers, without the C library's time zone. Pure. */
#ifndef CORE_CIVIL_H
#define CORE_CIVIL_H

#include <stdint.h>

struct civil {
    int64_t year;
    int month, day; /* from 1 */
};

/* Days since 1970-01-01. */
int64_t civil_days(int64_t year, int month, int day);
struct civil civil_of_days(int64_t days);
int civil_weekday(int64_t days); /* 0: Sunday */

/* a / b, rounded down: before 1970, too, a moment belongs to the day that it lies in. */
static inline int64_t civil_floor(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

#endif
