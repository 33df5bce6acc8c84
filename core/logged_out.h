/* logged_out.h - sessions that people have ended: a cookie that was logged out mustn't be good again after a
 * restart.
 *
 * A file in the state directory, one line for each, kept until its cookie would have ended anyway. */
#ifndef CORE_LOGGED_OUT_H
#define CORE_LOGGED_OUT_H

#include <stdint.h>

#include <sluice/base.h>

#include "error.h"

enum { LOGGED_OUT_KEY = 64, LOGGED_OUT_DAYS = 30 };

/* On disk when it returns. The key: letters, digits, '-' and '_'; else PLUGIN. */
int logged_out_add(const char *state_dir, sluice_text pipeline, sluice_text key, sluice_error *error);
/* Those of the pipeline in the last LOGGED_OUT_DAYS, oldest first; 1 from `each` stops. */
int logged_out_each(const char *state_dir, sluice_text pipeline,
                    int (*each)(void *user, sluice_text key, int64_t at_ms), void *user, sluice_error *error);

#endif
