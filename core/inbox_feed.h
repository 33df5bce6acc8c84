/* inbox_feed.h - the open jobs of one pipeline as the source of a run, and what became of their rows back to
 * the inbox.
 *
 * Jobs take turns, so that one IMEI doesn't wait behind twenty thousand; jobs that come in meanwhile take
 * part. The source ends when nothing is left. */
#ifndef CORE_INBOX_FEED_H
#define CORE_INBOX_FEED_H

#include <pthread.h>

#include "inbox.h"
#include "pipeline.h"
#include "run.h"

struct fed_job {
    int64_t id;
    uint64_t rows, read;
    int64_t submitted_ms;
    bool repeat;
    bool over, dear;    /* it was said that it has spent what a job may; that something costs too much */
    money max_price;    /* of one order */
    char *asker;        /* what the ledger knows the job by: its orders are told from others by that */
    money spent;        /* of max_run, by all runs */
    money spent_before; /* this turn of the ledger, when it is that one */
    uint64_t spent_turn;
};

struct inbox_feed {
    struct inbox *inbox;
    sluice_text pipeline;
    struct component component; /* what a reader opens; its config is `self` */
    struct inbox_feed *self;
    struct run_watch watch; /* what a run tells and asks */
    uint64_t lost;          /* by the inbox, before the run */
    pthread_mutex_t lock;   /* of what follows */
    struct fed_job *jobs;   /* ascending by id */
    size_t job_count, job_room;
    size_t turn;         /* whose it is */
    uint64_t count_turn; /* what is counted now is of the ledger's turn of that number */
    bool unfinished;     /* a row was given up */
    bool complete;       /* the runner's: it wasn't stopped */
};

/* The pipeline must live as long; its source gives its place in messages. */
void inbox_feed_open(struct inbox_feed *feed, struct inbox *inbox, const struct pipeline *pipeline);
/* The run is over. When it wasn't stopped, rows that nothing was said of were left out by an action, or
 * passed on by a pipeline that buys nothing. On return the ends are on disk. 1: some rows have none; after
 * an end that couldn't be kept that is said of no row, and the next run finds it out. */
int inbox_feed_end(struct inbox_feed *feed, bool spends, sluice_error *error);
void inbox_feed_close(struct inbox_feed *feed);

#endif
