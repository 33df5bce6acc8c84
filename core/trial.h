/* trial.h - lint opens a component as a run would, and closes it again.
 *
 * Values that are right each by itself may be wrong together, or by rules that only the plugin knows; what
 * open() says of them is said of the component's place in the file. No file is opened meanwhile. */
#ifndef CORE_TRIAL_H
#define CORE_TRIAL_H

#include "pipeline.h"

void trial_open(const struct component *component, bool spends, struct diag *diag);

#endif
