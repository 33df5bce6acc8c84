/* instant.h - times with a zone, as most JSON APIs write them: 2026-01-02T03:04:05Z. Not a part of the
 * contract, and not in sluice.h: see text.h.
 *
 * For candidates' created_ms, and for call->since_ms in a request. A time without a zone isn't read: what it
 * means only the core can find out (sluice_candidate.created). */
#ifndef SLUICE_INSTANT_H
#define SLUICE_INSTANT_H

#include <stdio.h>

#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { INSTANT_TEXT = 32 };

/* Milliseconds since 1970-01-01 UTC; 0: it is no time with a zone, or one before 1970. 'T' or a blank;
 * seconds with or without a fraction; Z, +03:00, +0300. */
static inline int64_t instant_read(sluice_text text);
/* 2026-01-02T03:04:05Z in `out`, terminated: the second that it lies in. Returns `out`. */
static inline char *instant_format(int64_t ms, char out[INSTANT_TEXT]);

/* ---- how ------------------------------------------------------------------------------------- */

/* Days since 1970-01-01, in the calendar of today; months count from 1. */
static inline int64_t instant_days(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* `count` digits at `at`; -1: they aren't. */
static inline int64_t instant_digits(sluice_text text, uint64_t at, uint64_t count) {
    return at + count <= text.len ? text_number(text_view(text.ptr + at, count)) : -1;
}

/* Z, +03:00 or +0300, and nothing behind it: milliseconds to take off. */
static inline bool instant_zone(sluice_text text, int64_t *ms) {
    if (text.len == 1 && (text.ptr[0] | 0x20) == 'z') {
        *ms = 0;
        return true;
    }
    if ((text.len != 5 && text.len != 6) || (text.ptr[0] != '+' && text.ptr[0] != '-') ||
        (text.len == 6 && text.ptr[3] != ':'))
        return false;
    int64_t hours = instant_digits(text, 1, 2), minutes = instant_digits(text, text.len - 2, 2);
    *ms = (hours * 60 + minutes) * (text.ptr[0] == '-' ? -60000 : 60000);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

/* Behind a fraction of the second, of which three digits count. */
static inline uint64_t instant_fraction(sluice_text text, uint64_t at, int64_t *ms) {
    int64_t unit = 100;
    *ms = 0;
    if (at >= text.len || text.ptr[at] != '.')
        return at;
    for (at++; at < text.len && text_is_digit(text.ptr[at]); at++, unit /= 10)
        *ms += unit * (text.ptr[at] - '0');
    return at;
}

static inline int64_t instant_read(sluice_text text) {
    enum { SECONDS_END = 19 };
    static const char form[] = "0000-00-00T00:00:00";
    text = text_trim(text);
    for (uint64_t i = 0; i < SECONDS_END; i++)
        if (i >= text.len || (form[i] == '0'   ? !text_is_digit(text.ptr[i])
                              : form[i] == 'T' ? (text.ptr[i] | 0x20) != 't' && text.ptr[i] != ' '
                                               : text.ptr[i] != form[i]))
            return 0;
    int64_t month = instant_digits(text, 5, 2), day = instant_digits(text, 8, 2), fraction, zone;
    int64_t hour = instant_digits(text, 11, 2), minute = instant_digits(text, 14, 2);
    int64_t second = instant_digits(text, 17, 2);
    uint64_t end = instant_fraction(text, SECONDS_END, &fraction);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 ||
        !instant_zone(text_view(text.ptr + end, text.len - end), &zone))
        return 0;
    int64_t ms = instant_days(instant_digits(text, 0, 4), month, day) * 86400000 +
                 ((hour * 60 + minute) * 60 + second) * 1000 + fraction - zone;
    return ms > 0 ? ms : 0;
}

static inline char *instant_format(int64_t ms, char out[INSTANT_TEXT]) {
    int64_t seconds = ms > 0 ? ms / 1000 : 0, days = seconds / 86400, year = 1970, month = 1;
    seconds %= 86400;
    year += days / 366; /* not too late: then on, year by year */
    while (instant_days(year + 1, 1, 1) <= days)
        year++;
    while (month < 12 && instant_days(year, month + 1, 1) <= days)
        month++;
    snprintf(out, INSTANT_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)(year % 10000), (int)month,
             (int)(days - instant_days(year, month, 1)) + 1, (int)(seconds / 3600), (int)(seconds / 60 % 60),
             (int)(seconds % 60));
    return out;
}

#ifdef __cplusplus
}
#endif
#endif
