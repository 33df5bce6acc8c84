/* log_out.h - lines to stderr, whether somebody reads it or not.
 *
 * A pipe or a terminal that nobody reads is full after a while, and whoever writes to it then waits for ever:
 * no work may hang on that. A slow reader is waited for once; then lines are left out, without a wait, until
 * there is room again. Not thread-safe: the log has a lock. */
#ifndef CORE_LOG_OUT_H
#define CORE_LOG_OUT_H

#include <stdbool.h>
#include <stddef.h>

enum { LOG_OUT_WAIT_MS = 2000 };

/* False: nobody reads it, and some of it or all isn't written. */
bool log_out(const char *bytes, size_t count);
/* Would a line be taken again, after one wasn't? */
bool log_out_ready(void);

#endif
