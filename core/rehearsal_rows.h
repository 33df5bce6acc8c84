/* rehearsal_rows.h - records that were expected, beside those that came. Pure but for the stream. */
#ifndef CORE_REHEARSAL_ROWS_H
#define CORE_REHEARSAL_ROWS_H

#include <stdbool.h>
#include <stdio.h>

#include "row_list.h"

/* Every expected record must have come, in any order, and no other; of each only the fields that it names
 * count, and null is ''. What differs goes to `out`, below `title`: records that are missing with '-', those
 * that nobody expected with '+', and pairs that are nearly the same field by field. True: nothing does. */
bool rehearsal_rows_match(FILE *out, const char *title, const struct row_list *expected,
                          const struct row_list *got);

#endif
