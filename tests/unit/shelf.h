/* shelf.h - a sink for tests: it keeps what it is given in memory, and fails or waits where it is told to. */
#ifndef TESTS_SHELF_H
#define TESTS_SHELF_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/plugin.h>

/* The configuration of a component is the shelf itself. */
struct shelf {
    /* What a callback answers; 0: it does its work. With a negative answer it writes a message, unless
     * silent. */
    int32_t open_answer, probe_answer, write_answer, commit_answer, finish_answer;
    bool silent;
    unsigned good_writes; /* before write_answer is given */
    unsigned bad_writes;  /* so often, then all is well again; 0: for ever */
    unsigned bad_commits; /* likewise, from the first one on */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t moved;
    char **rows; /* "imei=1;note=~;" */
    size_t written, committed, room;
    unsigned opened, closed, probes, writes, commits, finishes;
    bool held; /* write() waits */
};

/* A row whose note is "unkeepable" is rejected. */
extern const sluice_component shelf_sink;
/* The same, a store of orders. */
extern const sluice_component shelf_store;

void shelf_init(struct shelf *shelf);
void shelf_free(struct shelf *shelf);
/* Let write() wait; shelf_release lets it go on. */
void shelf_hold(struct shelf *shelf);
void shelf_release(struct shelf *shelf);
/* Wait until so many rows are committed, or until a write has begun. */
void shelf_await(struct shelf *shelf, size_t committed);
void shelf_await_write(struct shelf *shelf);
/* The values of a column in all committed rows, '~' for null, ' ' between; freed by the caller. */
char *shelf_column(struct shelf *shelf, const char *name);

#endif
