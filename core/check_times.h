/* check_times.h - when each unfinished order was asked about last, so that it needn't be asked too often.
 *
 * A file of its own in the state directory, checks.db: nothing depends on it but the number of calls. It
 * isn't synced; one that is damaged is begun anew. Used by one thread. */
#ifndef CORE_CHECK_TIMES_H
#define CORE_CHECK_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct check_times;

/* Of one account. */
int check_times_open(const char *state_dir, sluice_text provider, sluice_text account,
                     struct check_times **out, sluice_error *error);
/* Closes what check_times_note had begun, too. NULL: nothing. */
void check_times_close(struct check_times *times);
/* False: it was never asked about; else when it was seen first and asked about last (ms since 1970). */
bool check_times_find(struct check_times *times, sluice_text order_id, int64_t *first_ms, int64_t *last_ms);
/* It was asked about, and nothing had changed. Kept when check_times_keep has returned 0. */
int check_times_note(struct check_times *times, sluice_text order_id, int64_t now_ms, sluice_error *error);
int check_times_keep(struct check_times *times, sluice_error *error);

#endif
