/* date.h - dates as people write them on a command line. Pure. */
#ifndef CORE_DATE_H
#define CORE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/base.h>

/* "2026-11-22" or "2026-11-22 16:05:29" (also with a T), UTC -> milliseconds since 1970. */
bool date_parse(const char *text, int64_t *wall_ms);
/* The same, or how long ago it was: "2h", "7d". */
bool date_parse_since(const char *text, int64_t now_ms, int64_t *wall_ms);
/* When it was at the latest, in whatever zone it is told: never too early, and never after now. */
bool date_parse_latest(sluice_text text, int64_t now_ms, int64_t *wall_ms);

#endif
