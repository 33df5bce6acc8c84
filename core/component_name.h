/* component_name.h - how a pipeline file names a component. */
#ifndef CORE_COMPONENT_NAME_H
#define CORE_COMPONENT_NAME_H

#include "descriptor.h"

enum { COMPONENT_NAME_ROOM = 2 * NAME_MOST + 2 };

/* "gsm_fusion.place", or "csv" when plugin and component have one name. Returns `out`. */
const char *component_name(const char *plugin, const char *component, char out[COMPONENT_NAME_ROOM]);

#endif
