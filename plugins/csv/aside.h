/* aside.h - another file beside the one that can't take the rows.
 *
 * Rejected records have the columns of their source. When those have changed, a run mustn't end for it: the
 * records go to NAME-2.csv, or to the first one of that kind that has their columns or isn't there. */
#ifndef CSV_ASIDE_H
#define CSV_ASIDE_H

#include "layout.h"
#include "tail.h"
#include "target.h"
#include "writer.h"

/* Turn the target, which is open, to that file. CONFIG: none of a hundred will do; `error` says why. */
int32_t aside_open(struct target *target, struct tail *tail, struct layout *layout, struct writer *writer,
                   sluice_error *error);

#endif
