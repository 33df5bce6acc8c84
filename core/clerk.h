/* clerk.h - answers what a push source asks beyond its own jobs (the store, the ledger, the catalogue, a
 * forecast), and does what it wants done, by what the commands of the same names do. tests/run/test_clerk.sh
 * goes through all of it. */
#ifndef CORE_CLERK_H
#define CORE_CLERK_H

#include "service.h"

/* `user` of the settings is the program. */
extern const struct service_clerk clerk_of_service;

#endif
