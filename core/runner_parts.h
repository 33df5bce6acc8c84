/* runner_parts.h - the pieces of a run: runner.c opens and closes them, the others do their part.
 * Nobody else includes it. */
#ifndef CORE_RUNNER_PARTS_H
#define CORE_RUNNER_PARTS_H

#include <pthread.h>

#include "chain.h"
#include "estimate.h"
#include "foresight.h"
#include "progress.h"
#include "reader.h"
#include "round.h"
#include "run.h"
#include "runner.h"
#include "spend.h"
#include "stage.h"

enum {
    SPENDING_ROWS = 1024, /* a batch of a run that pays: outcomes aren't held up by large ones */
    SPENDING_BYTES = 128 * 1024,
    BULK_BYTES = 4 * 1024 * 1024, /* a batch, and what waits, of a sink that is slow to take one */
    LEG_ROWS = 128,               /* a batch on its way to an action that asks a service */
    LEG_QUEUE_BYTES =
        128 * 1024,       /* to one sink, behind an action that asks a service: its answers are large */
    COMMIT_ORDERS = 1000, /* a sink of orders commits at least so often */
};

/* An action that asks a service, and the local ones between it and the next such. */
struct leg {
    struct runner *runner;
    struct stage stage;
    struct chain chain;
};

/* The names of fields, each once. */
struct fields {
    sluice_arena arena;
    sluice_text *names;
    uint32_t count;
};

struct runner {
    const struct pipeline *pipeline;
    const struct runner_settings *settings;
    struct run run;
    struct inputs inputs;
    struct reader reader;
    struct chain chain; /* the local actions in front of everything else */
    struct leg *legs;
    size_t leg_count;
    struct instance spender;
    struct ledger *ledger;
    struct spend spend;
    struct balance balance;
    struct estimate estimate;
    struct round round;         /* with --repeat */
    struct foresight foresight; /* of a plan */
    uint64_t foreseen_settled;  /* likewise: orders that are in doubt now */
    struct cap estimated;       /* what the orders that were counted leave of the caps */
    struct backlog *backlogs;   /* one a sink, in a run that spends */
    char currency[16];
    struct fields fields; /* of the input, as far as it was read */
    bool checked_where;   /* of the spending action */
    bool spends, spend_opened, rejects_opened, run_begun;
    bool plans; /* nothing is ordered: the ledger is read, the input is read once */
    pthread_t thread;
    int done_fd;
    struct progress progress;
};

/* ---- runner.c ------------------------------------------------------------------------------ */

/* The pipeline's, or what stands in for it. */
const struct component *runner_source(const struct runner *runner);
/* Where its ledger is. */
struct ledger_site runner_site(const struct runner *runner);
/* The actions, the ledger, the component that spends. */
int runner_open_parts(struct runner *runner, sluice_error *error);
int runner_open_rejects(struct runner *runner, sluice_error *error);
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
/* So many orders are in doubt that nothing new may be ordered. After runner_settle. */
bool runner_doubts_forbid(const struct runner *runner);
/* 0: go on; 1: somebody said no; or a failure. */
int runner_confirm(struct runner *runner, sluice_error *error);
/* The rows that the spending action takes (or, !match, those it passes over). */
struct batch *runner_for_spender(const struct runner *runner, struct batch *batch, bool match,
                                 sluice_error *error);

/* ---- runner_settle.c: what isn't known of orders that were sent, or are not in the ledger ------ */

/* After runner_ask_provider. */
int runner_settle(struct runner *runner, sluice_error *error);
/* The provider's list can't be had: with a new ledger that is a failure, with another one worth a warning. */
int runner_no_list(const struct runner *runner, const sluice_error *why, sluice_error *error);
void runner_warn_no_list(const struct runner *runner, const sluice_error *why);
/* Everything has landed; the sinks still run. */
void runner_settle_end(struct runner *runner);

/* ---- runner_round.c: --repeat --------------------------------------------------------------- */

/* What is it that isn't to be ordered again? */
int runner_join_round(struct runner *runner, sluice_error *error);
int runner_begin_round(struct runner *runner, sluice_error *error);
/* The run has ended in the ledger: of two that end together, the later one finds itself alone. */
void runner_end_round(struct runner *runner);

/* ---- runner_foresee.c: the same for a plan -------------------------------------------------- */

int runner_foresee(struct runner *runner, sluice_error *error);
/* An order that would be taken note of. */
int runner_foresee_order(struct runner *runner, const struct order_key *key, int64_t created_ms,
                         sluice_text order_id, sluice_error *error);

/* ---- runner_seed.c -------------------------------------------------------------------------- */

/* `account`: its number in the ledger; 0: it isn't known there. */
int runner_seed(struct runner *runner, int64_t account, sluice_error *error);

/* ---- runner_outlets.c: the sinks ------------------------------------------------------------ */

/* After the source: no sink may write the file that it reads. */
int runner_open_outlets(struct runner *runner, sluice_error *error);
/* The file that a sink writes, as its option says; null: it has no such option. */
sluice_text runner_path_of(const struct component *sink);
int runner_probe_outlets(struct runner *runner, sluice_error *error);
/* No more will come: wait until they have written. The instances stay open until runner_close_parts. */
void runner_close_outlets(struct runner *runner, bool complete);

/* ---- runner_unstored.c ---------------------------------------------------------------------- */

/* Orders that were paid and that a store has refused. */
uint64_t runner_unstored(const struct run *run);
/* What the sinks have refused. After rejects_close. */
void runner_say_unstored(const struct runner *runner);

/* ---- runner_columns.c ----------------------------------------------------------------------- */

/* Of a batch as the spending action gets it. */
int runner_note_fields(struct runner *runner, const sluice_batch *batch, sluice_error *error);
/* The sinks, before they are probed; nothing where the input wasn't read. */
int runner_tell_fields(struct runner *runner, sluice_error *error);
void runner_free_fields(struct runner *runner);

/* ---- runner_delivery.c: what the sinks get, and what they haven't got ---------------------- */

/* What earlier runs placed is delivered first. Before the sinks are started. */
int runner_catch_up(struct runner *runner, sluice_error *error);
/* Count what waits for each sink in the ledger, for the summary. */
int runner_count_waiting(struct runner *runner, sluice_error *error);

/* ---- runner_late.c: a provider that can't be asked, and orders that wait --------------------- */

/* Did the run fail in a way that leaves nothing but that to do? */
bool runner_is_late(const struct runner *runner, int result);
/* True: what waited was given to the sinks. */
bool runner_deliver_late(struct runner *runner);
/* After runner_count_waiting: what waits still. */
void runner_say_late(const struct runner *runner);

/* ---- runner_legs.c: actions that ask a service -------------------------------------------- */

/* *first: the number of local actions in front of them. */
int runner_open_legs(struct runner *runner, size_t *first, sluice_error *error);
int runner_start_legs(struct runner *runner, sluice_error *error);
void runner_wake_legs(struct runner *runner);
/* Everything has been read: wait until all of it has gone on. */
void runner_end_legs(struct runner *runner);
void runner_close_legs(struct runner *runner);
/* To that leg; behind the last one, to the sinks. The reference is taken over. */
void runner_carry(struct runner *runner, size_t leg, struct batch *batch);

/* ---- runner_store.c: where the pipeline's orders are kept ---------------------------------- */

/* Which stores this run writes to; a service says it once. */
void runner_say_stores(const struct runner *runner);
/* Is it where they have been kept so far? 78, until somebody says that another one is meant. */
int runner_check_store(struct runner *runner, sluice_error *error);
int runner_remember_store(struct runner *runner, sluice_error *error);

/* ---- runner_currency.c --------------------------------------------------------------------- */

/* One for the whole pipeline: what it says, else what the provider says of the balance. CONFIG: they differ.
 */
int runner_check_currency(struct runner *runner, sluice_error *error);

/* ---- runner_balance.c ---------------------------------------------------------------------- */

/* After the run: a balance that changed by something else than what was counted is warned of. */
void runner_compare_balance(struct runner *runner);

/* ---- runner_feed.c: the source's thread --------------------------------------------------- */

void *runner_feed(void *runner);
/* Local actions, with what they reject and leave out. Any thread, one a chain. */
struct batch *runner_process(struct runner *runner, struct chain *chain, struct batch *batch,
                             sluice_error *error);
/* To the sinks; the reference is taken over. Any thread. */
void runner_pass(struct runner *runner, struct batch *batch);

#endif
