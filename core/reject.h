/* reject.h - records that can't go on, on their way to on_reject. Thread-safe.
 *
 * They leave as they were read, with `_row _file _step _code _reason` behind. Without an on_reject in the
 * pipeline they go to a CSV file in the state directory, which is opened with the first of them. So does what
 * a sink of on_reject refuses, or hasn't kept when it fails. */
#ifndef CORE_REJECT_H
#define CORE_REJECT_H

#include <pthread.h>
#include <stdbool.h>

#include "batch.h"
#include "outlet.h"
#include "packer.h"
#include "registry.h"
#include "reject_held.h"

struct rejects {
    pthread_mutex_t lock;
    struct packer packer;
    struct outlet *outlets;
    size_t outlet_count;
    uint64_t count;
    /* For the file in the state directory. */
    struct registry *registry;
    struct component fallback;
    void *fallback_config;
    sluice_arena arena;
    char path[4096];
    struct held held; /* while there is no such file */
    int64_t number;   /* of the batch that was given last */
    bool opened;
    bool fell_back;     /* the file was tried */
    bool kept_aside;    /* and has what no sink of on_reject has */
    sluice_error error; /* the first failure */
};

/* `path`: of that file; "": there is none. */
int rejects_open(struct rejects *rejects, const struct components *sinks, const char *path,
                 struct registry *registry, struct inputs *inputs, bool spends, sluice_error *error);
void rejects_add(struct rejects *rejects, const struct batch *batch, uint32_t row, const char *step,
                 const char *code, sluice_text reason);
/* Write what is left, and wait until it is kept. Failure: some rejected records are not where they should be;
 * `kept_aside` tells whether they are in the file. */
int rejects_close(struct rejects *rejects, sluice_error *error);

#endif
