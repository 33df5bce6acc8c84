/* arena.h - memory that is given out in order and given back all at once.
 *
 * Not thread-safe: an arena has one owner at a time. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#include <sluice/base.h>

/* An arena grows by chunks; chunks of the common size are kept for the next arena (a process-wide
 * pool, thread-safe), so that a steady stream of batches touches no fresh memory. */
struct sluice_arena {
    struct arena_chunk *chunk; /* the one being filled; older ones behind it */
    size_t used;               /* bytes of it that are given out */
    size_t bytes;              /* bytes of all chunks */
    size_t step;               /* bytes to grow by at least; 0: 64 KiB */
};

/* 16-byte aligned, not zeroed; NULL when the system has no memory. */
void *arena_alloc(sluice_arena *arena, size_t bytes);
/* The same, zeroed. */
void *arena_zalloc(sluice_arena *arena, size_t bytes);
/* Room for `count` items of `size`; NULL also when the product overflows. */
void *arena_array(sluice_arena *arena, size_t count, size_t size);
/* A copy of `t` (terminated by a NUL that is not counted); null stays null; ptr NULL when out of memory. */
sluice_text arena_copy(sluice_arena *arena, sluice_text t);
char *arena_string(sluice_arena *arena, const char *s);
char *arena_printf(sluice_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Forget everything that was given out, but keep one chunk for the next use. */
void arena_reset(sluice_arena *arena);
/* Give everything back; the arena is empty and can be used again. */
void arena_free(sluice_arena *arena);
/* Give the kept chunks back to the system. */
void arena_pool_trim(void);

#endif
