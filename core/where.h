/* where.h - which records a component takes: all keys must match, exact text, null equals ''. */
#ifndef CORE_WHERE_H
#define CORE_WHERE_H

#include "batch.h"
#include "pipeline.h"

/* The part of `in` whose rows match (`match`) or don't (!match), as a batch of its own: a reference of
 * the caller's, possibly `in` itself; NULL with an error when out of memory. */
struct batch *where_select(struct batch *in, const struct where *where, size_t count, bool match,
                           sluice_error *error);
bool where_matches(const sluice_batch *batch, uint32_t row, const struct where *where, size_t count);
/* A field of `where` that the records don't have, which is most often a typing error; NULL: none. */
const struct where *where_unknown(const sluice_batch *batch, const struct where *where, size_t count);
/* The rows that have a value (not null, not empty) in `column`. */
struct batch *where_has(struct batch *in, const char *column, sluice_error *error);

#endif
