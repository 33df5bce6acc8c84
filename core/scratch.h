/* scratch.h - a directory in the state directory for as long as something is made. It is locked, so that what
 * a dead process has left there can be told from what a living one is at work with. */
#ifndef CORE_SCRATCH_H
#define CORE_SCRATCH_H

#include "error.h"

struct scratch {
    char *dir; /* NULL: there is none */
    int fd;
};

/* STATE_DIR/NAME-XXXXXX; `name` without a '-'. */
int scratch_make(struct scratch *scratch, const char *state_dir, const char *name, sluice_error *error);
/* With all files in it. */
void scratch_remove(struct scratch *scratch);
/* Those of that name that nobody holds any more. What can't be removed stays for the next time. */
void scratch_sweep(const char *state_dir, const char *name);

#endif
