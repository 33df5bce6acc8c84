/* lone.h - a component outside a pipeline, its options set by a command instead of a file. */
#ifndef CORE_LONE_H
#define CORE_LONE_H

#include "host.h"
#include "pipeline.h"
#include "program.h"

struct lone_option {
    const char *name;
    sluice_texts values; /* several make a list, which must live as long; none: the option isn't given */
};

struct lone {
    struct component component;
    struct inputs inputs;
    sluice_arena arena; /* owns the component's config */
};

/* Bind the component `name` ("csv", "orders"). Texts are taken as they stand, without variables; options that
 * aren't given have their defaults. `lenient`: a default that the environment should have is left out instead
 * of being an error. Failures are in program->error; positive: an exit code, what is wrong was printed. */
int lone_bind(struct lone *lone, struct program *program, const char *name, uint32_t kind,
              const struct lone_option *options, size_t count, bool lenient);
void lone_free(struct lone *lone);

#endif
