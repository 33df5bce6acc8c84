/* stage.h - an action in the middle of a pipeline that asks a service and pays nothing: its own thread.
 *
 * Rows are packed into calls of as many as the service takes; calls run side by side, within the action's
 * limits, and are sent again as policy.h allows; rows go on in groups as their calls end, with what the
 * service said of them. A call that times out, or is refused as a whole though it asked about several rows,
 * is asked again in halves, so that one odd row doesn't hold up the others. A row that there is no news of
 * goes on as it came, and is reported. Nothing is taken in faster than calls can be started. */
#ifndef CORE_STAGE_H
#define CORE_STAGE_H

#include <pthread.h>
#include <stdbool.h>

#include "check_times.h"
#include "inquiry.h"
#include "limit.h"
#include "packer.h"
#include "queue.h"
#include "refund.h"
#include "run.h"

/* Why rows went on as they came. */
enum unheard {
    UNHEARD_LEFT_OUT, /* the reply doesn't mention it */
    UNHEARD_NO_NEWS,  /* the provider doesn't know it, or answers oddly */
    UNHEARD_DOUBT,    /* the answer can't be right */
    UNHEARD_KINDS
};

struct stage {
    struct run *run;
    const struct component *component;
    struct instance instance;
    struct http *http;
    struct limit limit;
    struct traffic *traffic; /* of the account */
    struct queue queue;
    pthread_t thread;
    bool opened, started;
    sluice_text account; /* as the ledger names it; of rows that say whose they are, only its own are asked */
    bool checked_where, said_no_order;

    /* What is taken in: batches whose rows aren't all in a call. */
    struct inflow *inflow, **inflow_last;
    uint64_t waiting; /* rows in them */
    int64_t waiting_since_us;
    bool input_ended;

    struct inquiry *again, **again_last; /* to be sent once more, or in halves */
    unsigned again_count;
    struct inquiry *spare;
    unsigned in_flight;
    bool
        login_wanted; /* the next call can't be built without a log-in: it waits until nothing is in flight */
    bool logged_in;   /* just now */
    uint32_t list;    /* rows in a call, at most; less after a time-out */
    uint64_t replies; /* of the API, so far */
    unsigned given_up; /* calls in a row that were given up */
    unsigned timeouts; /* calls in a row that timed out */
    unsigned refusals; /* replies in a row that said nothing but no */
    unsigned searched; /* calls in a row that were halved without a reply in between */

    struct packer packer;
    int64_t packed_since_us;
    sluice_text *values; /* of a row; room for value_room */
    uint32_t value_room;
    struct refunds refunds;
    uint64_t unheard[UNHEARD_KINDS];
    uint64_t made_up; /* orders whose ids the provider can't know */

    bool ask_all;              /* however lately they were asked about */
    struct check_times *times; /* NULL: none can be kept */
    uint64_t not_due;

    /* Rows go on: the reference becomes the callee's. Called from the stage's thread. */
    int (*pass)(void *user, struct batch *batch, sluice_error *error);
    void *user;
};

int stage_open(struct stage *stage, struct run *run, const struct component *component, struct inputs *inputs,
               const struct ledger_site *site, sluice_error *error);
int stage_start(struct stage *stage, sluice_error *error);
/* Take in a batch; the reference is taken over. Waits when enough is waiting. */
void stage_give(struct stage *stage, struct batch *batch);
/* The run was stopped: look at once. Any thread. */
void stage_wake(struct stage *stage);
/* No more will come: wait until everything has gone on, and say what there was no news of. */
void stage_end(struct stage *stage);
void stage_close(struct stage *stage);

#endif
