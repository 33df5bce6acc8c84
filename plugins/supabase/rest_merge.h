/* rest_merge.h - a stored row and a new one become one, as in the statements of the other way in. Pure. */
#ifndef SUPABASE_REST_MERGE_H
#define SUPABASE_REST_MERGE_H

#include "pool.h"
#include "rest_layout.h"

enum rest_merged {
    REST_SAME, /* nothing would change */
    REST_CHANGED,
    REST_STRANGER, /* the key is another order's */
    REST_NO_MEMORY
};

/* `values`: the new row's, in the layout's order; becomes what the row is to be. `old`: what is stored. Sets
 * changed[i] for each value that differs; the others are left alone. */
enum rest_merged rest_merge(const struct rest_layout *layout, sluice_text *values, const sluice_text *old,
                            bool *changed, struct pool *pool);

#endif
