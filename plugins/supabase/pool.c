#include "pool.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 * 1024 };

struct pool_block {
    struct pool_block *next;
    size_t room;
    _Alignas(16) char bytes[];
};

void *pool_alloc(struct pool *pool, size_t bytes) {
    bytes = (bytes + 15) & ~(size_t)15;
    if (!pool->blocks || bytes > pool->blocks->room - pool->used) {
        size_t room = bytes > BLOCK ? bytes : BLOCK;
        struct pool_block *block = malloc(sizeof *block + room);
        if (!block)
            return NULL;
        block->room = room;
        block->next = pool->blocks;
        pool->blocks = block;
        pool->used = 0;
    }
    void *at = pool->blocks->bytes + pool->used;
    pool->used += bytes;
    return at;
}

void *pool_zalloc(struct pool *pool, size_t bytes) {
    void *at = pool_alloc(pool, bytes);
    if (at)
        memset(at, 0, bytes);
    return at;
}

void pool_free(struct pool *pool) {
    while (pool->blocks) {
        struct pool_block *next = pool->blocks->next;
        free(pool->blocks);
        pool->blocks = next;
    }
    pool->used = 0;
}
