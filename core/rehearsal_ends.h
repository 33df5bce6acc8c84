/* rehearsal_ends.h - a source that gives records out of memory, and sinks that keep what they are given: they
 * stand at the ends of a pipeline that is tested, so that nothing of the user's is read or written. */
#ifndef CORE_REHEARSAL_ENDS_H
#define CORE_REHEARSAL_ENDS_H

#include <pthread.h>

#include "pipeline.h"
#include "row_list.h"

struct given_rows {
    struct given_rows *self; /* what the component's config points to */
    const struct row_list *rows;
    sluice_arena arena;
    sluice_texts names;
    size_t next;
    sluice_component type;
};

/* `source` becomes one that gives these rows. */
int given_rows_replace(struct given_rows *given, const struct row_list *rows, struct component *source,
                       sluice_error *error);
void given_rows_free(struct given_rows *given);

struct kept_rows {
    struct kept_rows *self;
    pthread_mutex_t lock;
    struct row_list rows;
    sluice_arena arena;
    sluice_component type;
    const char *id; /* of the sink that it replaces */
};

/* `sink` becomes one that keeps what it is given; its `where` and its id stay. */
void kept_rows_replace(struct kept_rows *kept, struct component *sink);
void kept_rows_free(struct kept_rows *kept);

#endif
