/* run.h - one run of a pipeline: what its threads share. */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "batch.h"
#include "checked.h"
#include "error.h"
#include "json.h"
#include "ledger.h"
#include "outlet.h"
#include "pipeline.h"
#include "reject.h"
#include "tally.h"

/* Why no more records are taken in. */
enum stop_reason {
    STOP_NONE,
    STOP_SIGNAL,      /* 75 */
    STOP_NO_CREDIT,   /* 12 */
    STOP_CAP,         /* 12 */
    STOP_BACKLOG,     /* 12 */
    STOP_PAUSED,      /* 12 */
    STOP_AUTH,        /* 77 */
    STOP_IN_DOUBT,    /* 11 */
    STOP_UNAVAILABLE, /* 69 */
    STOP_FAILED       /* the error's own code */
};

/* What became of a record. */
struct order_line {
    const char *state;
    uint64_t row;
    sluice_text identifier, order_id, code, reason;
    const char *service;
    int32_t generation;          /* said when it is above 1 */
    const struct order_key *key; /* NULL: it has none */
    money price;                 /* of one that was bought, or may have been; MONEY_NONE: not known */
    uint64_t own_row; /* of a duplicate: the row of the same asker that it was ordered for; 0: of nobody's */
};
/* For whom a record is ordered. */
struct run_asker {
    sluice_text name;  /* lives as long as the run; empty: nobody in particular */
    bool again;        /* even what was ordered before, once */
    int64_t before_ms; /* `again`: orders that came to light later aren't repeated, unless this ledger knows
                          whose they are */
    money max_price;   /* what one order was agreed to cost; MONEY_NONE: whatever it does */
};
/* Somebody who wants to know each record's end, and says for whom it is ordered: a run of many people's
 * records. spend.max_run is each one's then, not the run's. Any thread. */
struct run_watch {
    void (*heard)(void *user, const struct order_line *line);
    struct run_asker (*asker)(void *user, uint64_t row);
    /* What the record's asker has spent with `price` more, in this run and before. */
    money (*count)(void *user, uint64_t row, money price);
    /* What was counted since the last time is so; or it never happened. */
    void (*counted)(void *user, bool kept);
    void *user;
};

struct run {
    const struct pipeline *pipeline;
    const struct run_watch *watch; /* NULL: nobody */
    struct tally tally;
    struct checked checked; /* by what asks about orders for free */
    struct outlet *outlets;
    size_t outlet_count;
    struct rejects rejects;
    int64_t id; /* in the ledger; 0: this run has none */
    bool json;  /* outcomes as NDJSON on stdout */
    atomic_uint_fast64_t
        spoilt; /* of the failed ones: what came when they were asked about alone was no answer */
    atomic_bool stopping;
    atomic_bool no_more_waiting; /* give up pauses and retries at once */
    pthread_mutex_t lock;        /* of what follows */
    unsigned said;               /* reasons that were logged: each one once */
    bool only_spoilt;            /* nothing else failed: known after run_exit_code */
    uint64_t codes;              /* exit codes that hold: bit n for code n of the list in run.c */
    struct json line;            /* of the NDJSON */
};

void run_init(struct run *run, const struct pipeline *pipeline);
void run_free(struct run *run);

/* Take in no more records. `code` is the exit code that holds (positive); the message goes to the log. */
void run_stop(struct run *run, enum stop_reason reason, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool run_said(struct run *run, enum stop_reason reason); /* was it stopped for that? */
/* A failure that doesn't stop the run (a dead sink), but shows in the exit code. */
void run_trouble(struct run *run, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void run_holds(struct run *run, int code);
/* Which of two exit codes counts. */
int run_worse(int one, int other);
/* The exit code of all that holds: 74 > 77 > 69 > … > 11 > 12 > 10 > 0. */
int run_exit_code(struct run *run);

/* A record can't go on: count it, keep it for on_reject, say it. */
void run_reject(struct run *run, const struct batch *batch, uint32_t row, const char *step, const char *code,
                sluice_text reason);
/* What became of an order: to whoever watches, and as a line of NDJSON where that is wanted. */
void run_say(struct run *run, const struct order_line *line);

#endif
