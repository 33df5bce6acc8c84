/* run_mark.h - the newest run that was made with a ledger, beside it: STATE_DIR/runs/newest.
 *
 * A ledger that ends before that run is an older copy, or has lost its -wal. The mark is written after the
 * run is durable, so it never names one that the right ledger doesn't have. */
#ifndef CORE_RUN_MARK_H
#define CORE_RUN_MARK_H

#include <stdbool.h>
#include <stdint.h>

/* 0: there is none, or it can't be read. */
int64_t run_mark_read(const char *state_dir);
/* Best effort: without it only less is noticed. An older run than the marked one changes nothing. */
void run_mark_write(const char *state_dir, int64_t run);

/* The same of a ledger on a server, which several machines use, each with a mark of its own: the run, what
 * tells it from another of that number, and the number of the transaction that its newest orders were sent
 * after. */
struct run_mark {
    int64_t run, token, turn;
};

#define RUN_MARK_FOLDER "marks" /* STATE_DIR/marks/LEDGER */

/* False: there is none, or it can't be read. */
bool run_mark_read_far(const char *state_dir, const char *ledger, struct run_mark *out);
void run_mark_write_far(const char *state_dir, const char *ledger, const struct run_mark *mark);

#endif
