/* sandbox_table.h - texts by key, found by hash, listed in the order in which they came. */
#ifndef CORE_SANDBOX_TABLE_H
#define CORE_SANDBOX_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "money.h"

struct sandbox_entry {
    sluice_text key, value; /* owned; value.ptr NULL: none */
    uint64_t count;         /* of a charge: how many */
    money amount;           /* and their sum */
};

struct sandbox_table {
    struct sandbox_entry *entries;
    size_t count, room;
    uint32_t *index; /* entry number + 1 by hash; 0: free */
    size_t index_size;
    uint64_t bytes;
};

/* NULL: there is none. Pointers to entries hold until the next sandbox_table_add. */
struct sandbox_entry *sandbox_table_find(const struct sandbox_table *table, sluice_text key);
/* Find it or make it, empty. NULL: no memory. */
struct sandbox_entry *sandbox_table_add(struct sandbox_table *table, sluice_text key);
/* Give it a value, copied; null takes it away. False: no memory. */
bool sandbox_table_set(struct sandbox_table *table, struct sandbox_entry *entry, sluice_text value);
void sandbox_table_free(struct sandbox_table *table);

#endif
