/* cmd_ledger_export.h - `sluice ledger export`: orders with all that the ledger knows of them. */
#ifndef CORE_CMD_LEDGER_EXPORT_H
#define CORE_CMD_LEDGER_EXPORT_H

#include "program.h"

int cmd_ledger_export(struct program *program);

#endif
