/* pg_fault.h - what Postgres or its pooler says is wrong, as a failure of ours: what it is and what to do.
 * Whether it may be gone when it is tried again stands in link->passing. */
#ifndef CORE_PG_FAULT_H
#define CORE_PG_FAULT_H

#include "pg_link.h"

int pg_fault_connecting(struct pg_link *link, sluice_error *error);
int pg_fault_lost(struct pg_link *link, sluice_error *error);
int pg_fault_command(struct pg_link *link, const PGresult *result, sluice_error *error);

#endif
