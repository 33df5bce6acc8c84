/* aside.h - another file beside the one that can't take the rows.
 *
 * Rejected records have the columns of their source, and so have orders. When those have changed, a run
 * mustn't end for it, nor may what was paid lose a field: the records go to NAME-2.csv, or to the first one
 * of that kind that has their columns or isn't there. */
#ifndef CSV_ASIDE_H
#define CSV_ASIDE_H

#include "layout.h"
#include "tail.h"
#include "target.h"
#include "writer.h"

/* Turn the target, which is open, to the file of that kind for `first`. `what`: the records, for the message.
 * CONFIG: none of a hundred will do; `error` says why. */
int32_t aside_open(struct target *target, const char *first, const char *what, struct tail *tail,
                   struct layout *layout, struct writer *writer, sluice_error *error);

#endif
