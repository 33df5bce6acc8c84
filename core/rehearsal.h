/* rehearsal.h - one entry of `tests:`: a run of the pipeline on made-up input, and what must come of it.
 *
 * Here it is data, as read from the file; rehearsal_play.h runs it. Texts stand as they are written: no
 * ${NAME} is looked up in them. */
#ifndef CORE_REHEARSAL_H
#define CORE_REHEARSAL_H

#include <sluice/option.h>

#include "bind.h"
#include "grammar.h"
#include "row_list.h"
#include "tally.h"
#include "yaml_tree.h"

enum {
    REHEARSAL_TESTS_MOST = 1000,
    REHEARSAL_ROWS_MOST = 10000,
    REHEARSAL_STEPS_MOST = 20,
    REHEARSAL_NAME_MOST = 200
};

enum rehearsal_fault { REPLY_WHOLE, REPLY_TIMEOUT, REPLY_BROKEN, REPLY_REFUSED };

/* A reply that is written down, instead of the sandbox's. */
struct rehearsal_reply {
    sluice_text match, type, body;
    int64_t status, times, fault;
    sluice_pairs headers;
};

/* The records that one sink must have been given. */
struct rehearsal_sink {
    sluice_text name;
    struct row_list rows;
};

struct rehearsal_expect {
    struct mark at;
    int64_t exit;
    int64_t read, settled, kinds[TALLY_KINDS], calls; /* -1: nobody asks */
    sluice_text spend, charged;                       /* null: likewise */
    struct row_list *orders, *rejects;                /* NULL: likewise */
    struct rehearsal_sink *sinks;
    size_t sink_count;
    int64_t post_count;        /* -1: likewise */
    const sluice_texts *posts; /* what must stand in each; NULL: only their number counts */
    sluice_pairs files;
    sluice_texts says;
};

/* One run. */
struct rehearsal_step {
    const struct row_list *input; /* NULL: none */
    sluice_text text;             /* of the file that the source reads; null: none */
    sluice_pairs options;         /* of the sandbox */
    sluice_texts faults;
    const struct rehearsal_reply *replies;
    size_t reply_count;
    uint8_t repeat;
    struct rehearsal_expect expect;
};

struct rehearsal {
    struct mark at;
    const char *name;
    int64_t timeout_ms;
    sluice_pairs vars;
    struct rehearsal_step *steps; /* the second goes on where the first one has ended */
    size_t step_count;
};

struct rehearsals {
    struct rehearsal *items;
    size_t count;
};

/* The value of `tests:`, NULL when it isn't there. */
void section_tests(struct binder *binder, const struct yaml_node *node, struct rehearsals *out);

/* What may stand in a test and in its parts, for the reference and the schema: rows are options, words are
 * bound by hand. The last has no name. */
struct rehearsal_part {
    const char *name;  /* "test", "provider", … */
    const char *about; /* for the reference */
    const sluice_option *rows;
    size_t row_count;
    const struct word *words;
};
extern const struct rehearsal_part rehearsal_parts[];
enum { PART_TEST, PART_STEP, PART_PROVIDER, PART_REPLY, PART_EXPECT };

#endif
