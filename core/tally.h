/* tally.h - the sums of a run: what became of each record that was read. Thread-safe.
 *
 * read = placed + duplicate + rejected + in_doubt + failed + skipped + passed, always. */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "money.h"

enum tally_kind {
    TALLY_PLACED,
    TALLY_DUPLICATE,
    TALLY_REJECTED,
    TALLY_IN_DOUBT,
    TALLY_FAILED,
    TALLY_SKIPPED,
    TALLY_PASSED,
    TALLY_KINDS
};

struct row_range {
    uint64_t first, last;
};

struct tally {
    atomic_uint_fast64_t read;
    atomic_uint_fast64_t kinds[TALLY_KINDS];     /* … became this; never falls */
    atomic_uint_fast64_t corrected[TALLY_KINDS]; /* of them, those that became something else afterwards */
    atomic_uint_fast64_t settled;
    atomic_uint_fast64_t repeats; /* among the placed ones */
    _Atomic money spent;
    pthread_mutex_t lock; /* of what follows */
    struct row_range *skipped;
    size_t skipped_count, skipped_room;
    uint64_t *taken_back; /* row numbers, ascending */
    size_t taken_count, taken_room;
    bool full;        /* as many ranges as are kept */
    uint64_t unnamed; /* skipped rows beyond those ranges */
};

const char *tally_name(enum tally_kind kind); /* "in_doubt" */

void tally_init(struct tally *tally);
void tally_free(struct tally *tally);
void tally_add(struct tally *tally, enum tally_kind kind, uint64_t count);
/* One that was counted as `from` has turned out to be a `to`. */
void tally_move(struct tally *tally, enum tally_kind from, enum tally_kind to);
/* Count a row as skipped, and remember its number. */
void tally_skip(struct tally *tally, uint64_t row);
/* A row that was counted as passed is rejected after all; counted once, whoever else rejects it, too. */
void tally_take_back(struct tally *tally, uint64_t row);
/* The same for rows whose numbers nobody knows any more. */
void tally_skip_unnamed(struct tally *tally, uint64_t count);
uint64_t tally_get(const struct tally *tally, enum tally_kind kind);
/* How often a record became this, those included that became something else afterwards: for whoever counts
 * events. It never falls. */
uint64_t tally_ever(const struct tally *tally, enum tally_kind kind);
/* Of all records that were read, those whose end is known. */
uint64_t tally_done(const struct tally *tally);
/* "2-40, 44, 60-81" in `out`; rows beyond `room`, or without a number, as " and 12 more". Sorts and joins
 * what was remembered. */
void tally_skipped_text(struct tally *tally, char *out, size_t room);

#endif
