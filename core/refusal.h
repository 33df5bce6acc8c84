/* refusal.h - rows that a sink has refused and not yet been believed in: until its next commit, since it may
 * go back to the last one, and refuses them again then. One thread. */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "batch.h"

struct refusal;

struct refusals {
    struct refusal *items;
    size_t count, room;
};

void refusals_add(struct refusals *refusals, struct batch *batch, const struct reject *reject);
/* Tell them, oldest first, and forget them. */
void refusals_tell(struct refusals *refusals,
                   void (*each)(void *user, const struct batch *batch, const struct reject *reject),
                   void *user);
/* Forget them. */
void refusals_clear(struct refusals *refusals);

#endif
