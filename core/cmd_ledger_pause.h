/* cmd_ledger_pause.h - `sluice ledger pause` and `resume`. */
#ifndef CORE_CMD_LEDGER_PAUSE_H
#define CORE_CMD_LEDGER_PAUSE_H

#include "program.h"

/* `verb`: "pause" or "resume". */
int cmd_ledger_pause(struct program *program, const char *verb);

#endif
