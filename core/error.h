/* error.h - the one way a failure is said: a code to return and one line of text. */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#include <sluice/base.h>
#include <sluice/host.h>

#define ERROR_INIT \
    { .size = sizeof(sluice_error) }

/* Write the message and return `code` (negative), so that `return fail(e, SLUICE_E_IO, …)` reads well.
 * Control characters become spaces; a long text is cut. `error` may be NULL. */
int32_t fail(sluice_error *error, int32_t code, const char *format, ...) SLUICE_PRINTF(3, 4);
int32_t vfail(sluice_error *error, int32_t code, const char *format, va_list arguments);
int32_t fail_memory(sluice_error *error); /* out of memory: SLUICE_E_IO */

/* A callback of a plugin answered something else than its contract's outcomes: the failure to pass up. What
 * the plugin wrote into `error` is kept; a plugin that wrote nothing, or answered a code that isn't one,
 * still leaves a code and a sentence. `error` must have been empty before the callback. */
int32_t fail_callback(sluice_error *error, int32_t answer, const char *callback);

/* Put `prefix: ` in front of a message that came up from below; returns error->code. */
int32_t fail_within(sluice_error *error, const char *format, ...) SLUICE_PRINTF(2, 3);

#endif
