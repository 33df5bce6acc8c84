/* runner_parts.h - the pieces of a run: runner.c opens and closes them, the others do their part.
 * Nobody else includes it. */
#ifndef CORE_RUNNER_PARTS_H
#define CORE_RUNNER_PARTS_H

#include <pthread.h>

#include "chain.h"
#include "estimate.h"
#include "progress.h"
#include "reader.h"
#include "run.h"
#include "runner.h"
#include "spend.h"

enum {
    SPENDING_ROWS = 1024, /* a batch of a run that pays: outcomes aren't held up by large ones */
    SPENDING_BYTES = 128 * 1024,
    COMMIT_ORDERS = 1000, /* a sink of orders commits at least so often */
};

struct runner {
    const struct pipeline *pipeline;
    const struct runner_settings *settings;
    struct run run;
    struct inputs inputs;
    struct reader reader;
    struct chain chain;
    struct instance spender;
    struct ledger *ledger;
    struct spend spend;
    struct balance balance;
    struct estimate estimate;
    struct cap estimated;     /* what the orders that were counted leave of the caps */
    struct backlog *backlogs; /* one a sink, in a run that spends */
    char currency[16];
    bool checked_where; /* of the spending action */
    bool spends, spend_opened, rejects_opened, run_begun;
    bool plans; /* nothing is ordered: the ledger is read, the input is read once */
    pthread_t thread;
    int done_fd;
    struct progress progress;
};

/* ---- runner.c ------------------------------------------------------------------------------ */

/* The actions, the ledger, the component that spends. */
int runner_open_parts(struct runner *runner, sluice_error *error);
/* All that is open. */
void runner_close_parts(struct runner *runner);

/* ---- runner_spend.c: before anything is paid ---------------------------------------------- */

/* A row for the run in the ledger; runs that died are closed first. */
int runner_begin(struct runner *runner, sluice_error *error);
/* Catalogue and balance; both are free. */
int runner_ask_provider(struct runner *runner, sluice_error *error);
/* Read the whole input once: nothing is paid before the last row is known to be readable. */
int runner_count_input(struct runner *runner, sluice_error *error);
/* The same, even if it can be read only once. */
int runner_estimate(struct runner *runner, sluice_error *error);
/* 0: go on; 1: somebody said no; or a failure. */
int runner_confirm(struct runner *runner, sluice_error *error);
/* The rows that the spending action takes (or, !match, those it passes over). */
struct batch *runner_for_spender(const struct runner *runner, struct batch *batch, bool match,
                                 sluice_error *error);

/* ---- runner_delivery.c: what the sinks get, and what they haven't got ---------------------- */

/* What earlier runs placed is delivered first. Before the sinks are started. */
int runner_catch_up(struct runner *runner, sluice_error *error);
/* Count what waits for each sink in the ledger, for the summary. */
int runner_count_waiting(struct runner *runner, sluice_error *error);

/* ---- runner_feed.c: the source's thread --------------------------------------------------- */

void *runner_feed(void *runner);
void runner_close_outlets(struct runner *runner, bool complete);

#endif
