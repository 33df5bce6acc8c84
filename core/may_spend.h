/* may_spend.h - a component that spends when its options say so. Pure. */
#ifndef CORE_MAY_SPEND_H
#define CORE_MAY_SPEND_H

#include <stdbool.h>

#include <sluice/plugin.h>

#include "arena.h"

/* Its BOOL option `spends`; NULL: it has none. */
const sluice_option *may_spend_option(const sluice_component *type);
/* The type as it is with these options: with SLUICE_SPENDS, a copy in `arena`, or itself. NULL: no memory. */
const sluice_component *may_spend(const sluice_component *type, const void *config, sluice_arena *arena);

#endif
