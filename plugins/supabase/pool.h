/* pool.h - memory that is given back all at once. */
#ifndef SUPABASE_POOL_H
#define SUPABASE_POOL_H

#include <stddef.h>

struct pool {
    struct pool_block *blocks;
    size_t used;
};

void *pool_alloc(struct pool *pool, size_t bytes); /* aligned to 16, not zeroed; NULL: there is none */
void *pool_zalloc(struct pool *pool, size_t bytes);
void pool_free(struct pool *pool);

#endif
