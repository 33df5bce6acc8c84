/* round.h - an ordering again (--repeat) that may take several runs: those that are under way at the same
 * time, and those that go on where one was killed, stopped or at its cap. Together they order everything once
 * more, not each of them.
 *
 * A round begins with the first run of a pipeline that repeats, and is over when one got through its input;
 * with --limit it doesn't.
 * The ledger keeps it. */
#ifndef CORE_ROUND_H
#define CORE_ROUND_H

#include "ledger.h"

struct round {
    int64_t first;    /* the run that began it: what it and later ones ordered isn't ordered again */
    int64_t began_ms; /* when it did */
    bool goes_on;     /* it was begun by an earlier run */
    int64_t *live;    /* other runs, of any pipeline, that were at work when this one joined */
    size_t
        live_count; /* what they order isn't ordered again either: it wasn't there when this was asked for */
};

/* Which round does `run` (0: a plan's) of the pipeline belong to? Changes nothing. */
int round_join(struct round *round, struct ledger *ledger, const char *pipeline, int64_t run,
               sluice_error *error);
/* Before the first order of it. Its own transaction. */
int round_begin(const struct round *round, struct ledger *ledger, const char *pipeline, sluice_error *error);
/* `run` got through its input, and has ended. While another run of the pipeline is at work the round isn't
 * over. Its own transaction. */
int round_end(struct ledger *ledger, const char *pipeline, int64_t run, sluice_error *error);
void round_free(struct round *round);

#endif
