/* lack.h - fields that the records have and the file doesn't, or the other way round: what is said of them.
 */
#ifndef CSV_LACK_H
#define CSV_LACK_H

#include "layout.h"
#include "target.h"

/* The column stays empty: which field may have been meant. */
void lack_say_empty(const struct target *target, const sluice_batch *batch,
                    const struct layout_column *column);
bool lack_has_extra(const struct layout *layout, const sluice_batch *batch);
/* All fields that are left out, as far as a line has room for them. */
void lack_say_extra(const struct target *target, const struct layout *layout, const sluice_batch *batch);

#endif
