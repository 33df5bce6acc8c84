/* ticker.h - has something changed since I last looked? Versions of many things, and those who wait for the
 * next one.
 *
 * A thing is a text (the name of a job). Things share a fixed number of versions, so that one may seem to
 * have changed when another has, and memory doesn't grow with them. Thread-safe; cheap where nobody waits. */
#ifndef CORE_TICKER_H
#define CORE_TICKER_H

#include <stdint.h>

#include <sluice/base.h>

#include "error.h"

struct ticker;

struct ticker *ticker_new(void); /* NULL: no memory */
void ticker_free(struct ticker *ticker);

/* It has changed; null: something that has no name. Whoever waits for anything is told as well. */
void ticker_tick(struct ticker *ticker, sluice_text thing);
/* Wait until the thing (null: anything) has another version than *version, which is 0 for "none yet": 0 and
 * the new one, 1 when `wait_ms` are over, BUSY when the ticker has stopped. */
int ticker_wait(struct ticker *ticker, sluice_text thing, uint64_t *version, uint32_t wait_ms,
                sluice_error *error);
/* Nobody waits any more, now and later. */
void ticker_stop(struct ticker *ticker);

#endif
