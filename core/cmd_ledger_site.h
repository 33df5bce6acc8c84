/* cmd_ledger_site.h - which ledger a command is about: that of the pipeline after -f, else the one in the
 * state directory. */
#ifndef CORE_CMD_LEDGER_SITE_H
#define CORE_CMD_LEDGER_SITE_H

#include "ledger.h"
#include "program.h"

/* Failures are in program->error; positive: an exit code, what is wrong was printed. The texts live as long
 * as the program. */
int ledger_site_read(struct program *program, struct ledger_site *out);
/* Open it. */
int ledger_site_open(struct program *program, unsigned flags, struct ledger **out);

#endif
