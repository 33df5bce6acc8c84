/* run_stores.h - the stores that a run writes to, by the names that its sinks give them: they hold no key and
 * no password. */
#ifndef CORE_RUN_STORES_H
#define CORE_RUN_STORES_H

#include "run.h"

/* In alphabetical order, each once; how many there are. */
size_t run_stores(const struct run *run, const char *names[PIPELINE_LIST_MOST]);
/* "stores": [...] */
void run_stores_json(const struct run *run, struct json *json);
/* A line each in the log. */
void run_stores_say(const struct run *run);

#endif
