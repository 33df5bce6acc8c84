/* cmd_plugins.h - a part of `sluice plugins` with a file of its own. Nobody else includes it. */
#ifndef CORE_CMD_PLUGINS_H
#define CORE_CMD_PLUGINS_H

#include "program.h"

/* plugins replay FILE…: transcripts. */
int plugins_replay(struct program *program, struct registry *registry);

#endif
