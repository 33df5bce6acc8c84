/* cmd_new.h - what `sluice new` writes. Nobody else includes it. */
#ifndef CORE_CMD_NEW_H
#define CORE_CMD_NEW_H

#include "program.h"

/* NAME.yaml, a commented pipeline that passes lint. */
int new_pipeline(struct program *program, const char *name);
/* The folder NAME with a plugin of that kind. */
int new_plugin(struct program *program, const char *name, const char *kind);

#endif
