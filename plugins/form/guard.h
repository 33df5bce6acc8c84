/* guard.h - what a request must be before anything is done for it. */
#ifndef FORM_GUARD_H
#define FORM_GUARD_H

#include "request.h"

/* Its head alone. False: it was answered, *result says how that went. */
bool guard_head(struct request *request, enum MHD_Result *result);
/* Before a change: does it come from a page of ours? */
bool guard_change(const struct request *request);
/* The cookie that logs in, and the one that logs out. */
int guard_log_in(struct request *request, sluice_error *error);
void guard_log_out(struct request *request);
/* May this address try a password now? False: *seconds until it may. Tokens are counted apart: a script with
 * an old one mustn't lock people out. */
bool guard_may_try(struct request *request, const char *what, unsigned *seconds);
void guard_tried(struct request *request, const char *what, bool passed);

#endif
