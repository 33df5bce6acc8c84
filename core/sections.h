/* sections.h - the parts of a pipeline file that aren't components: vars, trigger, spend, state. */
#ifndef CORE_SECTIONS_H
#define CORE_SECTIONS_H

#include "bind.h"
#include "pipeline.h"

/* The sections that have options of their own, for the reference; the last has no name. */
struct section {
    const char *name;
    const sluice_option *rows;
    size_t row_count;
};
extern const struct section sections[];

/* Each takes the value of its key, NULL when the key isn't there, and fills in defaults then. */
void section_vars(struct binder *binder, const struct yaml_node *node);
void section_trigger(struct binder *binder, const struct yaml_node *node, struct trigger *out);
void section_spend(struct binder *binder, const struct yaml_node *node, struct spend_rules *out);
void section_state(struct binder *binder, const struct yaml_node *node, struct ledger_rules *out);

#endif
