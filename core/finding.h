/* finding.h - what a store says it lacks, kept and told. Pure. */
#ifndef CORE_FINDING_H
#define CORE_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/store.h>

#include "arena.h"

struct findings {
    sluice_finding *items; /* in the order in which they were said; texts in `arena` */
    size_t count, room;
    sluice_arena arena;
    bool failed; /* out of memory: some are missing */
};

/* Control characters in its texts become spaces: what another's database holds is told on a terminal. */
void findings_add(struct findings *findings, const sluice_finding *finding);
/* Is one about the same thing among them? */
bool findings_have(const struct findings *findings, const sluice_finding *finding);
void findings_free(struct findings *findings);

#endif
