/* adopt.h - an export has no order ids, so its orders stand under ids that were made up for them; and what it
 * lists may be stored under the provider's id already. */
#ifndef SUPABASE_ADOPT_H
#define SUPABASE_ADOPT_H

#include "merge.h"

/* Has the table such orders? Then *there is set. Asked once a connection. */
int adopt_look(struct connection *connection, const struct table *table, bool *there, sluice_error *error);

/* Statements over the rows that were copied into sluice_new: an order that the table has under a made-up id
 * gets its own, so that the row is merged with it; a row under a made-up id whose order the table has under
 * its own is left out. Nothing where the records or the table have no IMEI. */
void adopt_rows(struct sql *sql, const struct merge *merge);

#endif
