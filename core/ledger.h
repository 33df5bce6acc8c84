/* ledger.h - what was paid, what may have been, and what still has to be delivered.
 *
 * The only module that knows the ledger's tables. SQLite in the state directory, WAL, synchronous=FULL; or
 * Postgres, where runs on many machines share it.
 * One `struct ledger` belongs to one thread; other threads and other processes open their own.
 * Every change is made between ledger_begin and ledger_commit; when ledger_commit has returned 0 it is
 * on the disk. After a failed commit nothing of it has happened. After a change that failed, roll back.
 * What begins its own transaction says so. */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "money.h"
#include "order_id.h"
#include "record.h"
#include "repeat.h"
#include "transition.h"
#include "zone.h"

struct ledger;

enum { LEDGER_READ_ONLY = 1 };

/* Open (and create, unless READ_ONLY) STATE_DIR/ledger.db. No directory or file where one must be:
 * NOINPUT for READ_ONLY. Corrupt, or newer than the program: CONFIG. Not writable, disk full: IO.
 * Locked for longer than 30 s by others: BUSY, here and everywhere below. */
int ledger_open(const char *state_dir, unsigned flags, struct ledger **out, sluice_error *error);

/* Where a ledger is. */
struct ledger_site {
    const char *state_dir;
    const char *uri;   /* of a Postgres database; NULL: a file in state_dir */
    int64_t lease_ms;  /* there: of a run; 0: LEASE_MS */
    int64_t answer_ms; /* there: as long as it may take to answer; 0: a minute, for who has nothing better to
                          do */
};

int ledger_open_at(const struct ledger_site *site, unsigned flags, struct ledger **out, sluice_error *error);
/* Also frees the locks of runs that weren't ended: the next run takes them for dead. NULL: nothing. */
void ledger_close(struct ledger *ledger);

/* Are the database, its log and the locks of this handle's runs still the files that their paths name? IO
 * when one was moved, replaced or deleted: then nothing may be claimed any more. What is recorded still goes
 * to the files that are open. */
int ledger_in_place(struct ledger *ledger, sluice_error *error);
/* Within a transaction: is this handle's run still the owner of what it claims? BUSY when its lease is over,
 * or another run took it for dead. */
int ledger_may_claim(struct ledger *ledger, sluice_error *error);
/* The lease of the run that this handle began; NULL: it needs none. */
struct lease *ledger_lease(struct ledger *ledger);
/* The change that failed last didn't happen, and may be tried again from its beginning. */
bool ledger_may_retry(const struct ledger *ledger);

/* ---- identity ------------------------------------------------------------------------------ */

struct order_key {
    uint8_t bytes[16];
};

/* First 16 bytes of SHA-256 over the parts "v1", provider, account, service, identifier, each behind its
 * length as four bytes, the highest first. Reentrant. Fails only without libcrypto or memory. */
int order_key_make(struct order_key *out, sluice_text provider, sluice_text account, sluice_text service,
                   sluice_text identifier, sluice_error *error);
void order_key_text(const struct order_key *key, char out[33]); /* lower-case hex */
bool order_key_parse(const char *text, struct order_key *out);

enum { ORDER_REFERENCE = 50 };
/* What an order is called where a provider keeps the customer's reference: the key, '-', and the row's id in
 * hexadecimal, so that a repeat has another one. Terminated. Returns the length. */
size_t order_reference(const struct order_key *key, int64_t order, char out[ORDER_REFERENCE]);

/* ---- runs ---------------------------------------------------------------------------------- */

struct run_info {
    const char *pipeline;     /* its name */
    const char *file;         /* of the pipeline; NULL: none */
    const char *const *sinks; /* ids of the sinks that orders are delivered to */
    size_t sink_count;
    int64_t timeout_ms; /* how long a paid call may take */
};

/* Begin a run: a row in `runs`, a cursor for each sink, and STATE_DIR/runs/ID.lock held by flock until
 * the process ends, ledger_run_end or ledger_close. Its own transaction. */
int ledger_run_begin(struct ledger *ledger, const struct run_info *info, int64_t *run, sluice_error *error);
/* Orders of it are durable and will leave now: a ledger without this run isn't the newest any more. */
void ledger_run_sends(struct ledger *ledger, int64_t run);
/* The run is over: what it still has claimed is released, what it is still sending is in doubt (T9). It
 * is marked complete when each sink has all of its changes. Its own transaction. */
int ledger_run_end(struct ledger *ledger, int64_t run, int exit_code, sluice_error *error);

struct recovered {
    uint64_t runs;     /* dead ones that were closed */
    uint64_t in_doubt; /* T9: sending -> in_doubt */
    uint64_t released; /* T9: claimed -> released */
};

/* Find runs (of any pipeline) whose lock is free but which are not ended, and close them: T9. `run` is
 * who does it. Its own transactions, one a dead run. */
int ledger_recover(struct ledger *ledger, int64_t run, struct recovered *out, sluice_error *error);

/* Does the process of a run still live? Changes nothing. */
int ledger_run_alive(struct ledger *ledger, int64_t run, bool *alive, sluice_error *error);
/* Runs other than `but` whose process lives, the oldest first. Without
 * memory `each` may say so with non-zero. */
int ledger_runs_alive(struct ledger *ledger, int64_t but,
                      int (*each)(void *user, int64_t run, const char *pipeline), void *user,
                      sluice_error *error);

/* ---- changes ------------------------------------------------------------------------------- */

int ledger_begin(struct ledger *ledger, sluice_error *error);  /* BEGIN IMMEDIATE; waits for others */
int ledger_commit(struct ledger *ledger, sluice_error *error); /* durable on 0; rolled back otherwise */
void ledger_rollback(struct ledger *ledger);

struct intent {
    struct order_key key;
    sluice_text provider, account, service, identifier, parameters;
    money price; /* must be known */
    const char *currency;
    int32_t quarter; /* of an hour in which it counts, as ledger_now says; 0: this one */
    uint64_t row;    /* number in the source, for messages */
    int64_t call;    /* > 0: T2 as well, as ledger_send would, for half of the cost */
    int64_t sent_ms; /* for T2 */
    struct record record;
    const struct repeat *repeat; /* what may be ordered again, as the next generation; NULL: nothing */
    /* For whom, the same in each run that tries; they get one order, whatever `repeat` says. Must live until
     * the commit. Empty: nobody in particular. */
    sluice_text asker;
};

enum answer {
    ANSWER_CLAIMED = 1,   /* T1 done: `order` is ours to send */
    ANSWER_DUPLICATE = 2, /* placed, exists or refunded: nothing to buy */
    ANSWER_IN_DOUBT = 3,  /* `reason` says why */
    ANSWER_REJECTED = 4,  /* with the stored reason */
    ANSWER_LIVE = 5,      /* claimed or sending by a live run: `run` has it */
    ANSWER_DIFFERS = 6    /* bought, but with other parameters: `reason` */
};

struct claim {
    enum answer answer;
    int64_t order;          /* id of the row */
    int64_t run;            /* who has it */
    uint32_t attempt;       /* how many times this run has claimed it */
    enum order_state state; /* of the newest generation that wasn't released; NONE: there is none */
    int32_t gen;            /* of that one; of the claim, when there is one */
    int64_t ordered_ms;     /* when that one was sent, or claimed */
    uint64_t row;           /* the number of its record in its source */
    enum order_state own;   /* of the order that the asker has; `row` and `order_id` are of that one; NONE:
                               there is none */
    bool foreign;           /* it was noted (T0), never sent from here */
    int64_t bought_by;      /* foreign: the run of the newest one that was sent from here; 0: none was */
    char order_id[ORDER_ID_BYTES + 1];
    char reason[256];
};

/* T1 when the key is free (none, or released) or may be repeated, else say who holds it. A run that asks for
 * a key which it has itself claimed, is sending, or has finished in this run gets the answer of that state
 * (LIVE for claimed and sending). */
int ledger_claim(struct ledger *ledger, int64_t run, const struct intent *intent, struct claim *out,
                 sluice_error *error);
/* What would ledger_claim answer? Changes nothing; needs no transaction. */
int ledger_look(struct ledger *ledger, int64_t run, const struct order_key *key, sluice_text parameters,
                struct claim *out, sluice_error *error);
/* Has the asker an order of this key? Says so in what ledger_look has found. */
int ledger_look_asker(struct ledger *ledger, const struct order_key *key, sluice_text asker,
                      struct claim *found, sluice_error *error);
/* May `run` order again what ledger_look has found? Never what it has ordered itself, or what its asker has
 * got: an identifier that stands twice in its input is bought once. */
bool ledger_repeats(const struct repeat *policy, int64_t run, const struct claim *found);
/* Between these two, look-ups see one state of the ledger and cost half; it isn't locked for others. Keep
 * it short: the log can't be folded in meanwhile. */
int ledger_read_begin(struct ledger *ledger, sluice_error *error);
void ledger_read_end(struct ledger *ledger);
/* T2: the row may leave after the next commit. `call` numbers the call within the run. */
int ledger_send(struct ledger *ledger, int64_t order, int64_t call, int64_t sent_ms, sluice_error *error);

struct outcome {
    enum transition transition; /* T3 … T8 */
    sluice_text order_id;       /* T3 */
    sluice_text code, reason;   /* why */
    sluice_text evidence;       /* what the provider said; kept with the event */
    money price;                /* what was charged; MONEY_NONE: as claimed */
    struct record added;        /* T3: the columns that the action adds */
};

/* T3-T8 for one row. When T3's order id already belongs to another row, this one goes to in_doubt
 * (T8) instead and *became says so. */
int ledger_outcome(struct ledger *ledger, int64_t run, int64_t order, const struct outcome *outcome,
                   enum order_state *became, sluice_error *error);

/* The provider has rejected an order in the end, and pays back. */
struct ledger_refund {
    sluice_text provider, account, order_id;
    sluice_text code, reason; /* the provider's words */
    sluice_text evidence;     /* all that it said */
    const char *who;          /* what found it out */
};

/* T13, when the ledger has the order and it is placed; else nothing changes. *became is what it is now;
 * ORDER_NONE: this ledger doesn't know it. */
int ledger_refund(struct ledger *ledger, const struct ledger_refund *refund, enum order_state *became,
                  sluice_error *error);

/* ---- delivery ------------------------------------------------------------------------------ */

/* A change that a sink must see, with the whole record: the source's columns, then the added ones. An
 * added column of the same name takes the place of the source's, unless its value is null. */
struct delivery {
    int64_t run;     /* whose cursor it moves */
    int64_t version; /* grows with every change */
    int64_t order;
    uint64_t row;         /* number in the source */
    struct record record; /* in memory of the reader; valid until the next step */
};

/* Ended runs of the pipeline of `run` with orders that `sink` has not got yet, the oldest first. `each` may
 * stop with non-zero. */
int ledger_behind(struct ledger *ledger, int64_t run, const char *sink,
                  int (*each)(void *user, int64_t ended), void *user, sluice_error *error);
/* Placed orders of `run` that `sink` has not got yet, in the order of their versions, beginning behind
 * `after` (0: at the cursor). Calls `each` until it returns non-zero or `limit` (0: none) is reached. `each`
 * changes nothing. Any ledger handle. */
int ledger_undelivered(struct ledger *ledger, int64_t run, const char *sink, int64_t after, uint64_t limit,
                       int (*each)(void *user, const struct delivery *delivery), void *user,
                       sluice_error *error);
/* How many orders of `run`, and of ended runs of its pipeline, wait for `sink` (NULL: for some sink of
 * `run`). */
int ledger_waiting(struct ledger *ledger, int64_t run, const char *sink, uint64_t *orders,
                   sluice_error *error);
/* The version of the last order that waits for sinks of `run`, placed or found by it; 0: none does. */
int ledger_last_waiting(struct ledger *ledger, int64_t run, int64_t *version, sluice_error *error);
/* Placed orders of ended runs that no sink of `run` will be given: another pipeline's, or a sink's that the
 * pipeline had then. Calls `each` for every sink; the texts are valid until it returns. */
int ledger_stranded(struct ledger *ledger, int64_t run,
                    void (*each)(void *user, const char *pipeline, const char *sink, uint64_t orders),
                    void *user, sluice_error *error);
/* `sink` keeps everything of `run` up to and including `version`. Inside a transaction. Records that
 * every sink of the run has got are dropped. */
int ledger_delivered(struct ledger *ledger, int64_t run, const char *sink, int64_t version,
                     sluice_error *error);
/* The version that the last change in this transaction got. */
int64_t ledger_version(const struct ledger *ledger);

/* ---- reading ------------------------------------------------------------------------------- */

struct order_row {
    int64_t id, run, call;
    struct order_key key;
    int32_t gen, quarter;
    uint32_t attempt;
    enum order_state state;
    /* NULL where there is none. */
    const char *provider, *account, *service, *identifier, *parameters, *order_id, *currency, *code, *reason;
    money price;
    int64_t claimed_ms, sent_ms, changed_ms; /* 0: not (yet) */
    const char *pipeline, *pipeline_file;
    uint64_t row;
};

struct order_filter {
    const enum order_state *states; /* NULL: all */
    size_t state_count;
    const struct order_key *key;                  /* NULL: any */
    const char *identifier, *pipeline, *order_id; /* NULL: any */
    int64_t run;                                  /* 0: any */
    int64_t since_ms;                             /* of the last change; 0: any */
    uint64_t limit;                               /* 0: none */
    int64_t before_id;                            /* older than this one; 0: any */
};

/* Newest first; streams. `each` may stop with non-zero. */
int ledger_list(struct ledger *ledger, const struct order_filter *filter,
                int (*each)(void *user, const struct order_row *row), void *user, sluice_error *error);

struct event_row {
    int64_t version, at_ms, run;
    enum transition transition;
    enum order_state from, to;
    const char *who; /* a person's name; NULL: the run */
    const char *code, *reason, *evidence;
};

/* What happened to an order, oldest first. */
int ledger_events(struct ledger *ledger, int64_t order, int (*each)(void *user, const struct event_row *row),
                  void *user, sluice_error *error);

struct ledger_counts {
    uint64_t by_state[16];
    money spent;          /* of the states that count in caps */
    uint64_t undelivered; /* placed orders that some sink hasn't got */
};

/* An account of that provider which the ledger knows, when it doesn't know this one: then orders of the same
 * identifiers would be bought again. Empty: all is well. */
int ledger_other_account(struct ledger *ledger, sluice_text provider, sluice_text account, char out[128],
                         sluice_error *error);

/* Below it a number is no quarter of an hour but a day: what an older sluice has counted. */
enum { LEDGER_QUARTERS = 100000, LEDGER_DAY_QUARTERS = 24 * 4 };

/* The quarter of an hour (zone.h) in which what is claimed now counts: `clock_quarter`, or the last one that
 * this ledger has counted in, when the clock was stepped back. A day that is over is never opened again.
 * Inside a transaction the quarter is noted; outside it is only looked up. */
int ledger_now(struct ledger *ledger, int32_t clock_quarter, int32_t *quarter, sluice_error *error);
/* The day in UTC, counted from 1970-01-01. */
int32_t ledger_utc_day(int32_t quarter);
/* What an account has spent on a day of some zone, whatever zone it was spent from, as max_day counts it,
 * this transaction included. */
int ledger_day_counted(struct ledger *ledger, sluice_text provider, sluice_text account, struct zone_span day,
                       money *out, sluice_error *error);

struct ledger_counted {
    money closed; /* what isn't: placed, in doubt, … */
    money open;   /* claimed and being sent */
};

/* What an account has spent since then, in all runs, this transaction included. */
int ledger_account_counted(struct ledger *ledger, sluice_text provider, sluice_text account,
                           int32_t since_quarter, struct ledger_counted *out, sluice_error *error);

/* Of one run (0: of all). */
int ledger_count(struct ledger *ledger, int64_t run, struct ledger_counts *out, sluice_error *error);

/* ---- settings ------------------------------------------------------------------------------ */

/* A text that is kept under a name: which store a pipeline writes, … Empty: there is none, or it was longer
 * than `room`. */
int ledger_setting(struct ledger *ledger, const char *name, char *out, size_t room, sluice_error *error);
/* Inside a transaction. */
int ledger_set(struct ledger *ledger, const char *name, const char *value, sluice_error *error);

/* ---- the pause ----------------------------------------------------------------------------- */

enum { PAUSE_TEXT = 400 };

struct pause {
    int64_t since_ms; /* 0: there is none */
    char who[64], reason[256];
};

/* Cheap: every group of claims asks. */
int ledger_paused(struct ledger *ledger, struct pause *out, sluice_error *error);
/* No run on this ledger orders anything more, those under way included. Their own transactions. */
int ledger_pause(struct ledger *ledger, const char *who, const char *reason, sluice_error *error);
int ledger_resume(struct ledger *ledger, sluice_error *error);
/* "paused since … by …: why"; returns `out`. */
const char *pause_text(const struct pause *pause, char out[PAUSE_TEXT]);

#endif
