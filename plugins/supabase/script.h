/* script.h - the statements that make the tables of orders, or complete them.
 *
 * One text for both ways in: it is run over a connection, or by a person in the dashboard. */
#ifndef SUPABASE_SCRIPT_H
#define SUPABASE_SCRIPT_H

#include "sql.h"

/* `table` as the option has it: orders, or SCHEMA.orders. */
void script_write(struct sql *sql, sluice_text table);
/* The table import_history beside it, quoted for a statement. */
void script_history_name(struct sql *sql, sluice_text table);

#endif
