/* where_warn.h - says once that a `where` names a field that the records don't have. One thread a component.
 */
#ifndef CORE_WHERE_WARN_H
#define CORE_WHERE_WARN_H

#include "pipeline.h"

void where_warn(const struct component *component, const sluice_batch *batch, bool *done);

#endif
