/* moment.h - a time as an API writes it: seconds or milliseconds since 1970, or ISO 8601, with a zone or
 * without. Pure. */
#ifndef HTTP_MOMENT_H
#define HTTP_MOMENT_H

#include <stdbool.h>

#include <sluice/base.h>

enum { MOMENT_TEXT = sizeof "2025-01-31 23:59:59" };

struct moment {
    int64_t ms;             /* since 1970-01-01 UTC; 0: its zone isn't known */
    char text[MOMENT_TEXT]; /* YYYY-MM-DD HH:MM:SS, in UTC or as it came */
};

/* False: it is no time. */
bool moment_read(struct moment *out, sluice_text text);
/* YYYY-MM-DDTHH:MM:SSZ */
enum { MOMENT_ISO = sizeof "2025-01-31T23:59:59Z" };
void moment_write(int64_t ms, char out[MOMENT_ISO]);

#endif
