/* component.h - one entry of a pipeline file: the name of a component and its options. */
#ifndef CORE_COMPONENT_H
#define CORE_COMPONENT_H

#include "bind.h"
#include "pipeline.h"
#include "registry.h"

/* The options below `limits`. */
extern const sluice_option component_limits[];
extern const size_t component_limit_count;

/* Where in a pipeline it stands. */
struct position {
    uint32_t kind;       /* what must stand there */
    const char *section; /* "source", "actions" */
    long index;          /* in the section's list; -1: it is none */
};

/* Find the type behind a name; `options` becomes those of the store behind an alias. False: an error was
 * said. */
bool component_look_up(struct binder *binder, struct registry *registry, uint32_t kind,
                       const struct yaml_node *key, const struct yaml_node **options, struct component *out);

/* Look the component up and bind what is below its name. False: errors were said, and `out` is of no
 * use; true, but errors were said as well: its type and its place are known. */
bool component_bind(struct binder *binder, struct registry *registry, const struct position *position,
                    const struct yaml_node *node, struct component *out);

#endif
