/* run_mark.h - the newest run that was made with a ledger, beside it: STATE_DIR/runs/newest.
 *
 * A ledger that ends before that run is an older copy, or has lost its -wal. The mark is written after the
 * run is durable, so it never names one that the right ledger doesn't have. */
#ifndef CORE_RUN_MARK_H
#define CORE_RUN_MARK_H

#include <stdint.h>

/* 0: there is none, or it can't be read. */
int64_t run_mark_read(const char *state_dir);
/* Best effort: without it only less is noticed. An older run than the marked one changes nothing. */
void run_mark_write(const char *state_dir, int64_t run);

#endif
