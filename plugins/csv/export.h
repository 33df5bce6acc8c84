/* export.h - values in the form of GSM Fusion's own export. Pure.
 *
 * Each writes at most `room` bytes to `out` and returns the text there, or the value as it is when it
 * isn't of the expected form or doesn't fit. */
#ifndef CSV_EXPORT_H
#define CSV_EXPORT_H

#include <stddef.h>

#include <sluice/base.h>

/* "0.0800" is $0.08, "12" is $12.00, "0.085" is $0.085. */
sluice_text export_credits(sluice_text value, char *out, size_t room);
/* ISO 8601 with a zone, as stores give it, is YYYY-MM-DD HH:MM:SS in UTC; without one it is UTC. */
sluice_text export_date(sluice_text value, char *out, size_t room);
/* Lines, and <br> in any spelling, escaped or not, become " - ". */
sluice_text export_code(sluice_text value, char *out, size_t room);

#endif
