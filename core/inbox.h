/* inbox.h - what people have sent to a push source: jobs, kept until each of their rows has an end, and
 * after.
 *
 * A database of its own in the state directory, inbox.db. A job is on disk before inbox_submit returns; those
 * who submit at the same time share a commit. Rows are numbered over all jobs, and a row's number is the one
 * that a run knows the record by. Thread-safe. */
#ifndef CORE_INBOX_H
#define CORE_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/batch.h>

#include "error.h"
#include "ledger.h"

struct inbox;

/* What became of a row. */
enum inbox_state {
    INBOX_OPEN = 0,    /* nothing yet */
    INBOX_WAITING = 1, /* a run gave it up unsent; the next one tries again */
    INBOX_PLACED = 2,
    INBOX_DUPLICATE = 3,
    INBOX_REJECTED = 4,
    INBOX_IN_DOUBT = 5,
    INBOX_SKIPPED = 6, /* an action left it out, its job has spent what one may, or it costs too much */
    INBOX_PASSED = 7,  /* the pipeline buys nothing */
    INBOX_STATES
};

const char *inbox_state_name(enum inbox_state state); /* "in_doubt" */
/* -1: there is no such state. */
int inbox_state_of(const char *name);

struct inbox_job {
    sluice_text pipeline;
    sluice_text name;         /* unique in the pipeline, 1 to INBOX_NAME bytes */
    bool repeat;              /* to be ordered again, once for the job */
    const sluice_batch *rows; /* the selected ones; at least one */
    money max_price;          /* of one order; MONEY_NONE: none was agreed to */
};

/* A job all of whose rows have an end is forgotten INBOX_KEEP_DAYS after the last of them; one with a row in
 * doubt stays. */
enum { INBOX_NAME = 128, INBOX_JOB_ROWS = 1000000, INBOX_KEEP_DAYS = 30, INBOX_NOTES = 20000 };

struct inbox_end {
    uint64_t row;
    enum inbox_state state;
    sluice_text order_id, code, reason;
    money price; /* placed, in doubt: what it costs; MONEY_NONE: not known */
    bool keyed;  /* in doubt: `key` is what the ledger knows the order by */
    struct order_key key;
};

/* A job, with an end that is on disk now. Called from the inbox's own thread. */
typedef void inbox_told(void *user, sluice_text pipeline, sluice_text job, uint64_t row_in_job,
                        const struct inbox_end *end);

/* `told`: NULL: nobody is. */
int inbox_open(const char *state_dir, inbox_told *told, void *user, struct inbox **out, sluice_error *error);
/* What was noted is kept first. NULL: nothing. */
void inbox_close(struct inbox *inbox);

/* 0: it is on disk; 1: the job is there already, or one of that name was and meant to order again; nothing
 * has changed. USAGE: one of that name is there, and is another one. */
int inbox_submit(struct inbox *inbox, const struct inbox_job *job, sluice_error *error);
/* What became of a row; kept soon, and told then. A row that has an end keeps it, but what was in doubt may
 * turn out, or wait again. What can't be kept is logged and counted (inbox_lost). */
void inbox_note(struct inbox *inbox, const struct inbox_end *end);
/* Wait while INBOX_NOTES are noted and not on disk: who notes faster than the disk takes it in calls this
 * first, holding nothing that the inbox's readers, or those who are told, wait for. */
void inbox_await_room(struct inbox *inbox);
/* Wait until what was noted before is on disk, or lost. */
int inbox_sync(struct inbox *inbox, sluice_error *error);
/* How many notes couldn't be kept since the inbox was opened, whoever's they were: their rows have no end,
 * though something became of them. */
uint64_t inbox_lost(struct inbox *inbox);
/* Does a job of the pipeline have rows without an end? */
int inbox_has_open(struct inbox *inbox, sluice_text pipeline, bool *open, sluice_error *error);

/* Rows of the pipeline that are in doubt, and whose orders are in doubt no more, as the ledger
 * says: they wait again, and what the next run is answered is their end. No run may be at work. *left: those
 * that stay. */
int inbox_review(struct inbox *inbox, sluice_text pipeline, const struct ledger_site *site, uint64_t *left,
                 sluice_error *error);
/* How many rows of the pipeline's jobs have no end. */
int inbox_count_open(struct inbox *inbox, sluice_text pipeline, uint64_t *rows, sluice_error *error);

/* ---- reading -------------------------------------------------------------------------------- */

/* Readers take turns, and `each` is called in the middle of one: it mustn't read the inbox itself, and while
 * it takes its time everybody else who reads waits. Texts are valid during the call. */

struct inbox_job_view {
    int64_t id; /* the number of its first row */
    sluice_text name;
    int64_t submitted_ms;
    bool repeat;
    uint64_t rows, open;
    uint64_t states[INBOX_STATES]; /* rows */
    money spent;                   /* of those that are placed or in doubt */
    money max_price;               /* MONEY_NONE: none was given */
};

struct inbox_row_view {
    uint64_t row; /* in the job, from 1 */
    const sluice_text *names, *values;
    uint32_t count;
    struct inbox_end end;
};

/* Newest first, older than `before` (0: all), at most `limit`. 1 from `each` stops. */
int inbox_jobs(struct inbox *inbox, sluice_text pipeline, int64_t before, uint64_t limit,
               int (*each)(void *user, const struct inbox_job_view *job), void *user, sluice_error *error);
/* 1: there is none of that name. */
int inbox_job(struct inbox *inbox, sluice_text pipeline, sluice_text name,
              int (*each)(void *user, const struct inbox_job_view *job), void *user, sluice_error *error);
/* The number of its first row; 1: there is none. */
int inbox_job_id(struct inbox *inbox, sluice_text pipeline, sluice_text name, int64_t *id,
                 sluice_error *error);
/* Those with rows that have no end, oldest first, newer than `after`. */
int inbox_open_jobs(struct inbox *inbox, sluice_text pipeline, int64_t after, uint64_t limit,
                    int (*each)(void *user, const struct inbox_job_view *job), void *user,
                    sluice_error *error);
/* Rows of the job behind `after`, in their order. 1: there is no such job. */
int inbox_rows(struct inbox *inbox, int64_t job, uint64_t after, uint64_t limit,
               int (*each)(void *user, const struct inbox_row_view *row), void *user, sluice_error *error);

#endif
