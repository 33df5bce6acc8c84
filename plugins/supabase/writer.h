/* writer.h - what brings the rows of batches into a table over libpq. A batch is a transaction, or several:
 * what fails for a passing reason is sent again, and what the table refuses is divided until the row is
 * found. */
#ifndef SUPABASE_WRITER_H
#define SUPABASE_WRITER_H

#include "place.h"
#include "rounds.h"

struct writer {
    const sluice_host *host;
    sluice_self *self;
    struct connection connection;
    struct table table;
    struct merge merge;
    struct rounds rounds; /* the rows of a batch that are to be placed */
    struct sql statement, data;
    sluice_texts keys;
    bool orders;
    bool fills;               /* see merge.h */
    bool imported;            /* the table has orders under ids that were made up, or gets some */
    enum place_way taken_for; /* what the rows before were */
    uint64_t changed;         /* rows of the table, since the caller has set it to 0 */
};

/* Connected, and all known of the table that a batch (NULL: none) needs. */
int writer_prepare(struct writer *writer, const sluice_batch *batch, sluice_error *error);
/* What is left of a failed try is swept up; a table that may have changed is looked at anew. */
void writer_give_up(struct writer *writer);
/* Prepare, and do a step (NULL: none); all of it again while it fails for a reason that passes. */
int writer_try(struct writer *writer, const sluice_batch *batch, int (*step)(void *user, sluice_error *error),
               void *user, sluice_error *error);
/* The round at hand to its place; what the table refuses is among `out`. */
int writer_place(struct writer *writer, const sluice_batch *batch, sluice_changes *out, sluice_error *error);
/* All but the table's name. */
void writer_free(struct writer *writer);

#endif
