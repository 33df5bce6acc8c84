/* account.h - whose money it is: the name under which the ledger keeps an account. Pure. */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include <sluice/exchange.h>

#include "arena.h"

/* The `account` option, else "user@host" in lower case: no scheme, no port 80 or 443, no path. */
sluice_text account_name(sluice_arena *arena, const sluice_endpoint *endpoint);

#endif
