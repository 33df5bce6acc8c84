/* alias.h - `orders`: the store, whichever it is. Supabase when SUPABASE_URL is set, else SQLite. */
#ifndef CORE_ALIAS_H
#define CORE_ALIAS_H

#include <stdbool.h>

#include "bind.h"

#define ALIAS_ORDERS "orders"

/* What the alias stands for in one place of a pipeline. */
struct alias {
    const char *plugin;              /* "sqlite": its component of the same name */
    const struct yaml_node *options; /* those for it: what stands beside `store`, and what is in it */
    bool by_environment;             /* SUPABASE_URL decided */
    bool by_absence;                 /* it isn't set, and so decided, too */
};

/* For `plugins list` and `plugins show`. */
extern const char alias_summary[], alias_about[];
/* What `store` is as an option of a push source. */
extern const char alias_shown[];

/* The plugins that it may stand for; NULL-terminated. */
extern const char *const alias_stores[];

bool alias_named(sluice_text name);
/* `options` is what stands below the name; a map, or NULL. False: an error was said. */
bool alias_resolve(struct binder *binder, const struct yaml_node *options, struct alias *out);

#endif
