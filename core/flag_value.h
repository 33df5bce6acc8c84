/* flag_value.h - values of flags that several commands have, read and complained about in one way. */
#ifndef CORE_FLAG_VALUE_H
#define CORE_FLAG_VALUE_H

#include <stdint.h>

#include "program.h"

/* A whole number from 1 on: --limit, --run. 0: the flag wasn't given. */
int flag_number(struct program *program, const char *flag, int64_t *out);
/* A time, or how long ago: --since. Milliseconds since 1970; 0: the flag wasn't given. */
int flag_since(struct program *program, const char *flag, int64_t *wall_ms);

#endif
