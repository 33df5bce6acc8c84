/* layout.h - which fields of the records go into which columns of the table. */
#ifndef SQLITE_LAYOUT_H
#define SQLITE_LAYOUT_H

#include <sluice/batch.h>

#include "table_info.h"

#define LAYOUT_ABSENT UINT32_MAX

/* A value of a row: from a column of the batch, into one of the table. */
struct layout_value {
    uint32_t source; /* LAYOUT_ABSENT: the records don't have it */
    uint32_t target;
};

struct layout {
    struct layout_value *values; /* the keys first, in the order given; then as in the batch */
    uint32_t count, key_count;
    sluice_text *names; /* the batch's, as the layout was made for them */
    char *name_bytes;
    uint32_t name_count;
    char *extra; /* the fields that the table has no column for, "a, b"; NULL: none */
};

/* `skips` says whether the table's column isn't written from records; may be NULL. A key may be absent
 * from the batch, but not from the table: 0; CONFIG with a sentence; IO: out of memory. */
int layout_make(struct layout *layout, struct database *db, const sluice_batch *batch,
                const struct table_info *info, sluice_texts keys, bool (*skips)(const char *column),
                sluice_error *error);
void layout_free(struct layout *layout);

/* Does the layout hold for this batch, too? */
bool layout_suits(const struct layout *layout, const sluice_batch *batch);

/* The batch's column for a field, in any letter case as the table's columns are; or LAYOUT_ABSENT. */
uint32_t layout_field(const sluice_batch *batch, sluice_text name);

/* Which value goes into the column called `name`; -1: none. */
int32_t layout_find(const struct layout *layout, const struct table_info *info, const char *name);

#endif
