/* fault.h - what Postgres, or the pooler in front of it, means by an error: a sentence with the remedy, the
 * exit code, and whether trying again or with fewer rows may help. */
#ifndef SUPABASE_FAULT_H
#define SUPABASE_FAULT_H

#include "connection.h"

/* Both set connection->fault and return the code. */
int fault_of_connecting(struct connection *connection, sluice_error *error);
int fault_of_statement(struct connection *connection, const PGresult *result, sluice_error *error);

#endif
