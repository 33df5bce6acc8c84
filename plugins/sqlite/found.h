/* found.h - the rowids of the rows that a few values name, found by an index before the first row is read.
 *
 * A million orders of which 20,000 are pending, or 20,000 IMEIs of which each has an order: the rows are
 * fetched one by one then, in the order of their rowids, instead of looking at all. */
#ifndef SQLITE_FOUND_H
#define SQLITE_FOUND_H

#include "select.h"

struct found {
    bool used;    /* false: all rows are to be looked at */
    int list;     /* the list that they were found by; -1: by status */
    int64_t *ids; /* ascending, each once */
    size_t count, room;
};

int found_make(struct found *found, const struct select *select, sluice_error *error);
void found_free(struct found *found);

#endif
