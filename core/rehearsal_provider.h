/* rehearsal_provider.h - what answers a test's requests: the replies that are written down, then the sandbox
 * of the plugin that asks, in this process. It notes what was asked. */
#ifndef CORE_REHEARSAL_PROVIDER_H
#define CORE_REHEARSAL_PROVIDER_H

#include <pthread.h>

#include "pipeline.h"
#include "rehearsal.h"
#include "sandbox.h"

enum { REHEARSAL_SANDBOXES = 8 };

/* One plugin's. */
struct rehearsal_sandbox {
    const struct plugin *plugin;
    const sluice_component *type;
    void *config;
    char *books; /* outlive a run */
    struct sandbox *sandbox;
};

/* A request, as a person reads it: escapes taken away, secrets struck out. */
struct rehearsal_request {
    sluice_text text;
    bool paid;
};

struct rehearsal_provider {
    const struct pipeline *pipeline;
    struct rehearsal_sandbox sandboxes[REHEARSAL_SANDBOXES];
    size_t sandbox_count;
    pthread_mutex_t lock; /* of what follows */
    sluice_arena arena;
    const struct rehearsal_step *step;
    int64_t *left; /* of each reply, how many requests may still get it */
    struct rehearsal_request *requests;
    size_t request_count, request_room;
    uint64_t unanswered; /* requests that nothing stood for */
    sluice_text first_unanswered;
};

/* The sandboxes of the plugins that have a component in the pipeline, with the options that the test gives
 * them; their books are in `dir`. */
int rehearsal_provider_open(struct rehearsal_provider *provider, const char *dir, sluice_error *error);
/* Which sandbox stands for a component; NULL: none. */
const struct rehearsal_sandbox *rehearsal_sandbox_of(const struct rehearsal_provider *provider,
                                                     const struct component *component);
/* Look up the plugins' sandboxes and bind their options; before the pipeline is read, `pipeline` is another
 * reading of the file. */
int rehearsal_provider_find(struct rehearsal_provider *provider, const struct pipeline *pipeline,
                            const struct rehearsal_step *step, sluice_error *error);
/* From now on this process asks nobody else (stand_in.h). */
void rehearsal_provider_stand_in(struct rehearsal_provider *provider);
/* What all sandboxes charged so far, and whether one identifier was charged twice. */
void rehearsal_provider_count(struct rehearsal_provider *provider, struct sandbox_counts *out);
/* A run is over: its sandboxes end, their books stay. */
void rehearsal_provider_close(struct rehearsal_provider *provider);

#endif
