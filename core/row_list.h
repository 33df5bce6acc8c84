/* row_list.h - a few records in memory, one by one: what a test gives to a pipeline, and what came out of it.
 *
 * Not for records in number: those travel in batches. Pure. */
#ifndef CORE_ROW_LIST_H
#define CORE_ROW_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/batch.h>

#include "arena.h"

struct row_cell {
    sluice_text name, value; /* value.ptr NULL: null */
};

struct row {
    const struct row_cell *cells;
    size_t count;
    uint64_t number; /* in its source, from 1 */
};

struct row_list {
    struct row *items;
    size_t count, room;
};

/* A record of these cells, which must live as long. False: no memory. */
bool row_list_add(struct row_list *list, sluice_arena *arena, struct row row);
/* A copy of a batch's row, without its nulls. False: no memory. */
bool row_list_take(struct row_list *list, sluice_arena *arena, const sluice_batch *batch, uint32_t row);
/* Null when it has no such cell. */
sluice_text row_value(const struct row *row, sluice_text name);
/* Every name in the list, each once, in the order in which they come; false: no memory. */
bool row_list_names(const struct row_list *list, sluice_arena *arena, sluice_texts *out);

#endif
