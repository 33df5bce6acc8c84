/* run_lock.h - the file that says that a run is alive: STATE_DIR/runs/ID.lock, held by flock.
 *
 * The system frees it when the process ends, however it ends. */
#ifndef CORE_RUN_LOCK_H
#define CORE_RUN_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct run_lock {
    struct run_lock *next;
    int64_t run;
    int fd;
    char path[]; /* of the file */
};

enum run_lock_answer {
    RUN_LOCK_TAKEN = 0, /* ours now */
    RUN_LOCK_HELD = 1   /* by a live run */
};

/* Take the lock of `run`. `wait`: somebody who failed to begin that run may be about to give it up.
 * Negative: SLUICE_E_IO. */
int run_lock_take(const char *state_dir, int64_t run, bool wait, struct run_lock **out, sluice_error *error);
/* Does anybody hold the lock of `run`? Whoever takes it in the moment that this lasts may be refused. */
int run_lock_held(const char *state_dir, int64_t run, bool *held, sluice_error *error);
/* Is the file that is held still the one at the path? Else others take the run for dead. */
bool run_lock_current(const struct run_lock *lock);
/* The run is over: remove the file, give the lock up. NULL: nothing. */
void run_lock_end(struct run_lock *lock);
/* Give the lock up, but leave the file, as a process does that dies. */
void run_lock_drop(struct run_lock *lock);

#endif
