/* rehearsal_judge.h - what a run came to, beside what its test expects. */
#ifndef CORE_REHEARSAL_JUDGE_H
#define CORE_REHEARSAL_JUDGE_H

#include <stdio.h>

#include "rehearsal_scene.h"
#include "run_report.h"

struct rehearsal_result {
    int exit;
    struct run_sums sums;
    struct rehearsal_scene *scene;
    sluice_text log; /* what the run said */
};

/* Everything that differs, a line or a few each, goes to `out`. True: nothing does. */
bool rehearsal_judge(FILE *out, const struct rehearsal_result *result);

#endif
