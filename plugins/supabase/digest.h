/* digest.h - what all rows of a table come to, in one number. */
#ifndef SUPABASE_DIGEST_H
#define SUPABASE_DIGEST_H

#include "table.h"

/* `names`: the columns that count; *rows: how many rows are expected, then how many there are. `table->name`
 * is set. */
int digest_table(struct connection *connection, struct table *table, sluice_texts names, uint64_t *rows,
                 uint64_t *sum, sluice_error *error);

#endif
