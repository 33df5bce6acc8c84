/* outlet.h - a sink at the end of a pipeline, with its queue and its thread.
 *
 * It takes batches, writes what its `where` lets through, commits, and says how far it has got. A sink
 * that fails is dead for the rest of the run: it holds nobody up, and what it didn't get is counted.
 *
 * Where the ledger has what it is given (outlet_attach), a sink holds nobody up while it lives, either. What
 * doesn't fit into its queue isn't waited for: from then on it is *behind* and reads from the ledger, until
 * it has read all that was given. And one that fails for a reason that may pass (SLUICE_E_UNAVAILABLE,
 * SLUICE_E_BUSY) goes back to its last commit and tries again from there, in growing pauses, for as long as
 * the run goes on and `grace_ms` longer. */
#ifndef CORE_OUTLET_H
#define CORE_OUTLET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "backlog.h"
#include "batch.h"
#include "host.h"
#include "pipeline.h"
#include "queue.h"
#include "refusal.h"
#include "refused.h"
#include "remote_sink.h"

/* A batch on its way to a sink. */
struct parcel {
    struct queue_item item; /* first */
    struct batch *batch;
    int64_t run, version; /* of the last change in it; 0: not from the ledger */
};

struct outlet;

struct outlet_events {
    /* Everything of `run` up to `version` is kept by the sink. From the outlet's thread. */
    void (*kept)(void *user, struct outlet *outlet, int64_t run, int64_t version);
    /* A row that the sink can't keep. */
    void (*rejected)(void *user, struct outlet *outlet, const struct batch *batch,
                     const struct reject *reject);
    /* The sink failed; `error` has the place in front. */
    void (*died)(void *user, struct outlet *outlet, const sluice_error *error);
    void *user;
    bool of_rejects; /* it is one of on_reject */
};

struct outlet {
    const struct component *component;
    struct instance instance;
    struct remote_sink remote; /* of one that talks to a service */
    struct queue queue;
    struct outlet_events events;
    pthread_t thread;
    bool started, opened;
    bool complete;        /* set before the queue is closed: finish() may run */
    uint32_t commit_rows; /* a commit at least every so many rows */
    bool commit_once;     /* or none before the end; not with a backlog */
    atomic_bool dead;
    sluice_error error;                 /* why it is dead; written once, before `dead` */
    atomic_uint_fast64_t written, lost; /* rows; a row that is rejected is neither */
    struct refused refused_rows;
    bool warned_no_order, checked_where;

    struct backlog *backlog; /* NULL: what it is given can't be read again */
    int64_t grace_ms;        /* set before the queue is closed */
    atomic_bool failing;     /* and tried again */
    struct backlog_place kept;
    struct refusals refused;    /* since the last commit; with a backlog */
    pthread_mutex_t lock;       /* of what follows */
    bool behind;                /* it reads from the ledger, not from the queue */
    struct backlog_place taken; /* how far it has read, here and there */
    uint64_t turns;             /* how often it was given through the queue again */
    int64_t given;              /* the last version of this run that was given */
};

int outlet_open(struct outlet *outlet, const struct component *component, struct inputs *inputs, bool spends,
                const struct outlet_events *events, sluice_error *error);
/* What it is given can be read again from there; what is there already is read first: of this run up to
 * `given` (0: nothing). Before outlet_start. */
void outlet_attach(struct outlet *outlet, struct backlog *backlog, int64_t given);
/* Prove that writing will work. Before outlet_start. */
int outlet_probe(struct outlet *outlet, sluice_error *error);
/* Before that: the fields that the records will have. */
int outlet_columns(struct outlet *outlet, const sluice_text *names, uint32_t count, sluice_error *error);
int outlet_start(struct outlet *outlet, sluice_error *error);
/* Give it a batch (the reference stays the caller's). False: the sink is dead. Waits when the queue is full,
 * unless there is a backlog. */
bool outlet_give(struct outlet *outlet, struct batch *batch, int64_t run, int64_t version);
/* No more will come. `complete`: everything was given, so the sink may put its result in place. */
void outlet_end(struct outlet *outlet, bool complete);
void outlet_join(struct outlet *outlet);
/* After outlet_join, of one that was ended without `complete`: put its result in place now, if it isn't dead.
 */
void outlet_finish(struct outlet *outlet);
void outlet_close(struct outlet *outlet);

#endif
