/* ledger_check.h - is the ledger's file whole? */
#ifndef CORE_LEDGER_CHECK_H
#define CORE_LEDGER_CHECK_H

#include "ledger.h"

/* Reads all of it. What is wrong with it stands in `wrong`, which is empty when nothing is. */
int ledger_check(struct ledger *ledger, char *wrong, size_t room, sluice_error *error);

#endif
