/* provider.h - a provider's component, opened outside a run: for the commands that only ask.
 *
 * Its options come from a pipeline file that names it, or else from the environment by their defaults. */
#ifndef CORE_PROVIDER_H
#define CORE_PROVIDER_H

#include "client.h"
#include "host.h"
#include "pipeline.h"
#include "program.h"

struct provider {
    struct pipeline *pipeline; /* with -f; NULL otherwise */
    struct component component;
    struct instance instance;
    struct client client;
    struct inputs inputs;
    sluice_arena arena;
    bool opened, client_opened;
};

/* Without a name: the provider of the file's action that spends. Failures are in program->error. Positive: an
 * exit code, what is wrong was printed. */
int provider_open(struct provider *provider, struct program *program, const char *name, const char *file);
/* A component of a pipeline that is open already, and stays so. */
int provider_open_component(struct provider *provider, struct program *program,
                            const struct component *component);
/* Does the environment have what that provider's options need? */
bool provider_in_environment(struct program *program, const char *name);
/* Is there such a pipeline, with all that it needs, and an action that spends? */
bool provider_in_file(struct program *program, const char *file);
void provider_close(struct provider *provider);

#endif
