#include "may_spend.h"

#include <string.h>

const sluice_option *may_spend_option(const sluice_component *type) {
    for (uint32_t i = 0; i < type->option_count; i++)
        if (strcmp(type->options[i].name, "spends") == 0 && type->options[i].type == SLUICE_TYPE_BOOL)
            return &type->options[i];
    return NULL;
}

const sluice_component *may_spend(const sluice_component *type, const void *config, sluice_arena *arena) {
    const sluice_option *option = type->flags & SLUICE_MAY_SPEND ? may_spend_option(type) : NULL;
    if (!option || !*((const uint8_t *)config + option->offset))
        return type;
    sluice_component *own = arena_alloc(arena, sizeof *own);
    if (!own)
        return NULL;
    *own = *type;
    own->flags |= SLUICE_SPENDS;
    return own;
}
