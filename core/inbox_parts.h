/* inbox_parts.h - what the files of the inbox share. Nobody else includes it. */
#ifndef CORE_INBOX_PARTS_H
#define CORE_INBOX_PARTS_H

#include <pthread.h>
#include <semaphore.h>

#include "inbox_db.h"
#include "record.h"

enum inbox_entry_kind { ENTRY_JOB, ENTRY_END, ENTRY_SYNC };

/* What the writing thread is to do. One that is waited for is its waiter's; others are freed when done. */
struct inbox_entry {
    struct inbox_entry *next;
    enum inbox_entry_kind kind;
    bool waited;
    sem_t done; /* of one that is waited for: each waiter is woken alone, they don't queue for a lock */
    int result;
    int refused; /* it alone couldn't be written */
    sluice_error *error;

    const struct inbox_job *job; /* JOB: encoded by whoever submits it */
    struct record_buffer columns, records;
    size_t *ends; /* of each row, in `records` */

    struct inbox_end end; /* END: texts lie behind the entry */
    bool changed;
    char *pipeline, *name; /* of its job, for those who are told */
    uint64_t row_in_job;
};

struct inbox_pruning {
    int64_t after; /* jobs up to this one have been looked at */
    uint64_t jobs; /* that are gone */
};

struct inbox {
    struct inbox_db writer, reader;
    inbox_told *told;
    void *user;
    pthread_t thread;
    bool started;
    pthread_mutex_t read_lock; /* of `reader` */
    pthread_mutex_t lock;      /* of what follows */
    pthread_cond_t arrived, kept;
    struct inbox_entry *first, **last;
    uint64_t noted; /* ends that aren't written yet */
    uint64_t lost;  /* ends that couldn't be kept */
    bool closing;
    struct inbox_pruning pruning; /* the writing thread's */
};

/* ---- inbox_write.c -------------------------------------------------------------------------- */

int inbox_encode_job(struct inbox_entry *entry, sluice_error *error);
/* A copy; NULL: no memory. */
struct inbox_entry *inbox_entry_of(const struct inbox_end *end);
void inbox_entry_free(struct inbox_entry *entry);
/* Inside a transaction. A job whose name is taken: entry->result is 1, or USAGE when that is another one. */
int inbox_add_job(struct inbox_db *db, struct inbox_entry *entry, sluice_error *error);
int inbox_add_end(struct inbox_db *db, struct inbox_entry *entry, sluice_error *error);

/* ---- inbox_same.c --------------------------------------------------------------------------- */

/* Is the job of that name, if it isn't forgotten, the one that is sent now? */
int inbox_is_same_job(struct inbox_db *db, const struct inbox_entry *entry, bool *same, sluice_error *error);

/* ---- inbox_doubts.c ------------------------------------------------------------------------- */

/* The row was `was`, and becomes what the end says. Inside a transaction. */
int inbox_keep_doubt(struct inbox_db *db, const struct inbox_end *end, enum inbox_state was,
                     sluice_error *error);

/* ---- inbox_group.c -------------------------------------------------------------------------- */

/* All of them in one transaction. One that is refused has told its waiter why, and `error` has the last such
 * sentence; a failure: nothing was written. */
int inbox_write_group(struct inbox_db *db, struct inbox_entry *first, sluice_error *error);

/* ---- inbox_prune.c -------------------------------------------------------------------------- */

/* A small step: forget one job whose last row ended before `before_ms`, or some of its rows. A job with a row
 * that is open or in doubt stays, and so does the newest one: its rows hold the numbers of the next.
 * 1: there may be more to do; 0: there isn't. */
int inbox_prune_step(struct inbox_db *db, struct inbox_pruning *pruning, int64_t before_ms,
                     sluice_error *error);

#endif
