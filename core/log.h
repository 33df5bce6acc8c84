/* log.h - lines on stderr, as text or JSON, with secrets struck out. Thread-safe.
 *
 * Lines that nobody reads are left out and counted (log_out.h): the next one that is read says how many. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <sluice/host.h>

struct log_settings {
    uint32_t level; /* enum sluice_level; lines above it are dropped; 0: nothing */
    bool json;
    bool color;
};

void log_configure(const struct log_settings *settings);
bool log_enabled(uint32_t level);
/* `place` stands in front ("place-from-csv: sinks[0] orders"); may be NULL. */
void log_line(uint32_t level, const char *place, const char *format, ...) SLUICE_PRINTF(3, 4);
void log_vline(uint32_t level, const char *place, const char *format, va_list arguments);
/* The progress line shares the terminal with the log: whoever prints calls this first, under the
 * log's lock, so that neither overwrites the other; `erase` writes with log_out. NULL: none. */
void log_set_eraser(void (*erase)(void));
/* Write bytes to stderr under the log's lock. */
void log_write(const char *bytes, uint64_t count);

#endif
