#include "component_name.h"

#include <stdio.h>
#include <string.h>

const char *component_name(const char *plugin, const char *component, char out[COMPONENT_NAME_ROOM]) {
    if (strcmp(plugin, component) == 0)
        snprintf(out, COMPONENT_NAME_ROOM, "%s", plugin);
    else
        snprintf(out, COMPONENT_NAME_ROOM, "%s.%s", plugin, component);
    return out;
}
