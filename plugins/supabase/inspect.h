/* inspect.h - what a table of orders lacks, asked of the database's catalogue. */
#ifndef SUPABASE_INSPECT_H
#define SUPABASE_INSPECT_H

#include "connection.h"

/* Says each thing found through host->finding. `table`, `history`: quoted names. */
int inspect_orders(struct connection *connection, sluice_text table, const char *history,
                   sluice_error *error);
/* Ids that are there more than once, so that they can't be made unique: DATA, and which. */
int inspect_twins(struct connection *connection, const char *table, sluice_error *error);

#endif
