/* reader.h - an opened source, read to its end: each batch is handed on as it comes. One thread. */
#ifndef CORE_READER_H
#define CORE_READER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "batch.h"
#include "host.h"
#include "pipeline.h"

enum { READER_FORECAST_US = 1000000 }; /* before that long nobody asks how much is to come */

struct reader {
    const struct component *component;
    struct instance instance;
    uint32_t row_limit;             /* of a batch, at most */
    uint32_t rows_asked, rows_last; /* of the last one: room for rows, and rows */
    uint64_t byte_limit;
    uint64_t limit;       /* records at most; 0: all */
    bool limited;         /* there may be more: the limit ended the reading */
    sluice_text name;     /* of what is read, where the source gives none; lives as long as its batches */
    atomic_bool *abandon; /* true: read no further */
    /* How many records it will have read at its end, as the source says; 0: nobody knows. May be NULL. */
    atomic_uint_fast64_t *total;
};

int reader_open(struct reader *reader, const struct component *component, struct inputs *inputs, bool spends,
                sluice_error *error);
/* `each` takes over the reference; what it returns other than 0 ends the reading and is returned. */
int reader_run(struct reader *reader, int (*each)(void *user, struct batch *batch, sluice_error *error),
               void *user, sluice_error *error);
void reader_close(struct reader *reader);

#endif
