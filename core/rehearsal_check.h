/* rehearsal_check.h - what lint says of a pipeline's tests that only its components can tell. */
#ifndef CORE_REHEARSAL_CHECK_H
#define CORE_REHEARSAL_CHECK_H

#include "bind.h"
#include "rehearsal.h"

/* Faults and options that no sandbox of the pipeline's plugins knows, sinks that it hasn't got, an input that
 * is missing. Errors go to the binder's diag. */
void rehearsal_check(struct binder *binder, const struct pipeline *pipeline);

#endif
