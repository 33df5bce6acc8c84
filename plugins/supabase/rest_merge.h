/* rest_merge.h - a stored row and a new one become one, as in the statements of the other way in. Pure. */
#ifndef SUPABASE_REST_MERGE_H
#define SUPABASE_REST_MERGE_H

#include "pool.h"
#include "rest_layout.h"

/* The last one is of all values that have none of their own. */
static inline uint64_t rest_bit(uint32_t value) {
    return UINT64_C(1) << (value < 63 ? value : 63);
}

enum rest_merged {
    REST_SAME, /* nothing would change */
    REST_CHANGED,
    REST_STRANGER, /* the key is another order's */
    REST_NO_MEMORY
};

/* `values`: the new row's, in the layout's order; becomes what the row is to be. `old`: what is stored. Sets
 * the bit of each value that differs in *changed (rest_bit). */
enum rest_merged rest_merge(const struct rest_layout *layout, sluice_text *values, const sluice_text *old,
                            uint64_t *changed, struct pool *pool);

#endif
