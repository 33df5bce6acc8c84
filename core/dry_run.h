/* dry_run.h - a process that only plans: once it is said, nothing that costs money or changes anything
 * elsewhere leaves it any more, whatever a plugin or a bug may try. Pure; any thread. */
#ifndef CORE_DRY_RUN_H
#define CORE_DRY_RUN_H

#include <stdbool.h>

/* From now on, for the whole process; there is no way back. */
void dry_run_begin(void);
/* Asked by whoever makes a call (exchange.c) and whoever sends one (http.c). */
bool dry_run(void);

#endif
