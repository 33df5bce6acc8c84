#include "arena.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

enum {
    CHUNK_BYTES = 64 * 1024,        /* what most arenas need one or a few of */
    POOL_CHUNKS = 64,               /* kept for reuse … */
    POOL_BYTES = 2 * 1024 * 1024,   /* … but no more than this in all */
    POOL_LARGEST = 2 * 1024 * 1024, /* a larger chunk goes back to the system at once */
};

struct arena_chunk {
    struct arena_chunk *next;
    size_t bytes; /* the room behind this header */
};

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static struct arena_chunk *pool;
static unsigned pool_count;
static size_t pool_bytes;

static char *chunk_room(struct arena_chunk *chunk) {
    return (char *)(chunk + 1);
}

/* A chunk in the pool is as good as freed: AddressSanitizer is told so. */
static void set_usable(struct arena_chunk *chunk, bool usable) {
#ifdef __SANITIZE_ADDRESS__
    if (usable)
        ASAN_UNPOISON_MEMORY_REGION(chunk_room(chunk), chunk->bytes);
    else
        ASAN_POISON_MEMORY_REGION(chunk_room(chunk), chunk->bytes);
#else
    (void)chunk, (void)usable;
#endif
}

/* First fit, but never a chunk more than twice as large: a small arena must not sit on a large one. */
static struct arena_chunk *pool_take(size_t least, size_t most) {
    pthread_mutex_lock(&pool_lock);
    struct arena_chunk **link = &pool;
    while (*link && ((*link)->bytes < least || (*link)->bytes > most))
        link = &(*link)->next;
    struct arena_chunk *chunk = *link;
    if (chunk) {
        *link = chunk->next;
        set_usable(chunk, true);
        pool_count--;
        pool_bytes -= chunk->bytes;
    }
    pthread_mutex_unlock(&pool_lock);
    return chunk;
}

static void pool_give(struct arena_chunk *chunk) {
    pthread_mutex_lock(&pool_lock);
    bool keep =
        chunk->bytes <= POOL_LARGEST && pool_count < POOL_CHUNKS && pool_bytes + chunk->bytes <= POOL_BYTES;
    if (keep) {
        chunk->next = pool;
        set_usable(chunk, false);
        pool = chunk;
        pool_count++;
        pool_bytes += chunk->bytes;
    }
    pthread_mutex_unlock(&pool_lock);
    if (!keep)
        free(chunk);
}

static struct arena_chunk *chunk_new(size_t bytes, size_t step) {
    const size_t least = (step ? step : CHUNK_BYTES) - sizeof(struct arena_chunk);
    if (bytes > PTRDIFF_MAX - sizeof(struct arena_chunk))
        return NULL;
    if (bytes < least)
        bytes = least;
    struct arena_chunk *chunk = pool_take(bytes, bytes * 2);
    if (chunk)
        return chunk;
    chunk = malloc(sizeof *chunk + bytes);
    if (chunk)
        chunk->bytes = bytes;
    return chunk;
}

void *arena_alloc(sluice_arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX - 15)
        return NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    if (!arena->chunk || arena->chunk->bytes - arena->used < bytes) {
        struct arena_chunk *chunk = chunk_new(bytes, arena->step);
        if (!chunk)
            return NULL;
        chunk->next = arena->chunk;
        arena->chunk = chunk;
        arena->used = 0;
        arena->bytes += chunk->bytes;
    }
    void *room = chunk_room(arena->chunk) + arena->used;
    arena->used += bytes;
    return room;
}

void *arena_zalloc(sluice_arena *arena, size_t bytes) {
    void *room = arena_alloc(arena, bytes);
    return room ? memset(room, 0, bytes) : NULL;
}

void *arena_array(sluice_arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_alloc(arena, bytes);
}

sluice_text arena_copy(sluice_arena *arena, sluice_text t) {
    if (!t.ptr)
        return t;
    char *copy = arena_alloc(arena, t.len + 1);
    if (!copy)
        return (sluice_text){NULL, 0};
    memcpy(copy, t.ptr, t.len);
    copy[t.len] = 0;
    return (sluice_text){copy, t.len};
}

char *arena_string(sluice_arena *arena, const char *s) {
    size_t bytes = strlen(s) + 1;
    char *copy = arena_alloc(arena, bytes);
    return copy ? memcpy(copy, s, bytes) : NULL;
}

char *arena_printf(sluice_arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int bytes = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *out = bytes < 0 ? NULL : arena_alloc(arena, (size_t)bytes + 1);
    if (out)
        vsnprintf(out, (size_t)bytes + 1, format, again);
    va_end(again);
    return out;
}

static void give_chunks(struct arena_chunk *chunk) {
    for (struct arena_chunk *next; chunk; chunk = next) {
        next = chunk->next;
        pool_give(chunk);
    }
}

void arena_reset(sluice_arena *arena) {
    struct arena_chunk *kept = arena->chunk;
    if (!kept)
        return;
    give_chunks(kept->next);
    kept->next = NULL;
    arena->used = 0;
    arena->bytes = kept->bytes;
}

void arena_free(sluice_arena *arena) {
    give_chunks(arena->chunk);
    *arena = (sluice_arena){.step = arena->step};
}

void arena_pool_trim(void) {
    for (struct arena_chunk *chunk; (chunk = pool_take(0, SIZE_MAX));)
        free(chunk);
}
