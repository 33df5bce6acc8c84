/* rehearsal_play.h - one test, run in this process, which is good for nothing else any more: its network is
 * gone, its environment empty, its directory the test's own. So each test is played in a child. */
#ifndef CORE_REHEARSAL_PLAY_H
#define CORE_REHEARSAL_PLAY_H

#include <stdio.h>

#include "pipeline.h"
#include "rehearsal.h"

struct rehearsal_play {
    const char *file;            /* the pipeline's; absolute */
    const struct pipeline *lint; /* as it was checked */
    const struct rehearsal *test;
    struct registry *registry;
    const char *dir; /* of the test alone; absolute */
};

/* What differs from what is expected goes to `out`, and in front of it which run it was. True: the test has
 * passed. */
bool rehearsal_play(const struct rehearsal_play *play, FILE *out);

#endif
