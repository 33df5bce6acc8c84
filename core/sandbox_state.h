/* sandbox_state.h - the file that a sandbox's books outlive the process in.
 *
 * Records are appended in groups, one write() for each request, and end with a mark: what a crash leaves
 * of a group without its mark is cut off when the file is opened again. There is no fsync: the file has to
 * survive the process, not the machine. */
#ifndef CORE_SANDBOX_STATE_H
#define CORE_SANDBOX_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum sandbox_record { SANDBOX_REMEMBER = 'r', SANDBOX_FORGET = 'f', SANDBOX_CHARGE = 'c' };

enum { SANDBOX_FIELDS = 3 };

struct sandbox_state {
    int fd; /* -1: nothing is kept */
    const char *path;
    char *pending; /* the group being written */
    size_t used, room;
    bool failed; /* no memory for it */
};

/* Open or create the file, lock it, and give each record of the whole groups to `each`, in order; false
 * from it means no memory. SLUICE_E_BUSY: another sandbox has it; SLUICE_E_DATA: it is something else. */
int sandbox_state_open(struct sandbox_state *state, const char *path, const char *provider,
                       bool (*each)(void *user, enum sandbox_record kind, const sluice_text *fields),
                       void *user, sluice_error *error);
void sandbox_state_add(struct sandbox_state *state, enum sandbox_record kind, const sluice_text *fields);
/* Write the group, if there is anything in it. */
int sandbox_state_commit(struct sandbox_state *state, sluice_error *error);
void sandbox_state_close(struct sandbox_state *state);

#endif
