#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "text.h"

static void memory_is_aligned_and_apart(void **state) {
    sluice_arena arena = {0};
    char *rooms[200];
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        rooms[i] = arena_alloc(&arena, i);
        assert_non_null(rooms[i]);
        assert_int_equal((uintptr_t)rooms[i] % 16, 0);
        memset(rooms[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t b = 0; b < i; b++)
            assert_int_equal((unsigned char)rooms[i][b], i);
    arena_free(&arena);
}

static void more_than_a_chunk_fits(void **state) {
    sluice_arena arena = {0};
    (void)state;
    char *small = arena_alloc(&arena, 10);
    memset(small, 'a', 10);
    char *large = arena_alloc(&arena, 5 * 1024 * 1024);
    memset(large, 'b', 5 * 1024 * 1024);
    assert_int_equal(small[9], 'a');
    assert_true(arena.bytes >= 5 * 1024 * 1024);
    arena_free(&arena);
    assert_int_equal(arena.bytes, 0);
    assert_null(arena.chunk);
}

static void a_size_beyond_memory_is_refused(void **state) {
    sluice_arena arena = {0};
    volatile size_t huge = SIZE_MAX; /* the compiler would warn of the constant */
    (void)state;
    assert_null(arena_alloc(&arena, huge));
    assert_null(arena_alloc(&arena, huge - 20));
    assert_null(arena_zalloc(&arena, huge - 100));
    assert_null(arena_array(&arena, huge / 2, 3));
    assert_null(arena_array(&arena, 3, huge / 2));
    assert_non_null(arena_array(&arena, 0, 16));
    assert_non_null(arena_alloc(&arena, 1)); /* it still works */
    arena_free(&arena);
}

static void zeroed_memory_is_zero_when_it_was_used_before(void **state) {
    sluice_arena arena = {0};
    (void)state;
    memset(arena_alloc(&arena, 60000), 0xff, 60000);
    arena_free(&arena);
    const char *again = arena_zalloc(&arena, 60000);
    for (size_t i = 0; i < 60000; i++)
        assert_int_equal(again[i], 0);
    arena_free(&arena);
}

static void a_copy_is_terminated_and_null_stays_null(void **state) {
    sluice_arena arena = {0};
    (void)state;
    sluice_text copy = arena_copy(&arena, (sluice_text){"imei,more", 4});
    assert_string_equal(copy.ptr, "imei");
    assert_int_equal(copy.len, 4);
    copy = arena_copy(&arena, (sluice_text){"", 0});
    assert_non_null(copy.ptr);
    assert_int_equal(copy.len, 0);
    copy = arena_copy(&arena, (sluice_text){NULL, 0});
    assert_null(copy.ptr);
    assert_string_equal(arena_string(&arena, "text"), "text");
    arena_free(&arena);
}

static void printf_writes_any_length(void **state) {
    sluice_arena arena = {0};
    char *long_text = malloc(100001);
    (void)state;
    memset(long_text, 'x', 100000);
    long_text[100000] = 0;
    const char *out = arena_printf(&arena, "<%s|%d>", long_text, 7);
    assert_int_equal(strlen(out), 100004);
    assert_string_equal(out + 100000, "x|7>");
    arena_free(&arena);
    free(long_text);
}

static void a_chunk_is_kept_for_the_next_arena(void **state) {
    sluice_arena one = {0}, two = {0};
    (void)state;
    arena_pool_trim();
    arena_alloc(&one, 100);
    const void *chunk = one.chunk;
    arena_free(&one);
    arena_alloc(&two, 200);
    assert_ptr_equal(two.chunk, chunk);
    arena_free(&two);
    arena_pool_trim();
}

static void a_small_arena_takes_no_large_chunk(void **state) {
    sluice_arena large = {0}, small = {0};
    (void)state;
    arena_pool_trim();
    arena_alloc(&large, 1024 * 1024);
    arena_free(&large);
    arena_alloc(&small, 100);
    assert_true(small.bytes < 100 * 1024);
    arena_free(&small);
    arena_pool_trim();
}

static void *work(void *user) {
    unsigned seed = (unsigned)(uintptr_t)user;
    for (int round = 0; round < 300; round++) {
        sluice_arena arena = {0};
        for (int i = 0; i < 20; i++) {
            size_t bytes = (seed = seed * 1103515245u + 12345u) % 30000;
            unsigned char *room = arena_alloc(&arena, bytes + 1);
            memset(room, (int)seed, bytes + 1);
        }
        arena_free(&arena);
    }
    return NULL;
}

static void threads_share_the_pool(void **state) {
    pthread_t threads[4];
    (void)state;
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    arena_pool_trim();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_apart),
        cmocka_unit_test(more_than_a_chunk_fits),
        cmocka_unit_test(a_size_beyond_memory_is_refused),
        cmocka_unit_test(zeroed_memory_is_zero_when_it_was_used_before),
        cmocka_unit_test(a_copy_is_terminated_and_null_stays_null),
        cmocka_unit_test(printf_writes_any_length),
        cmocka_unit_test(a_chunk_is_kept_for_the_next_arena),
        cmocka_unit_test(a_small_arena_takes_no_large_chunk),
        cmocka_unit_test(threads_share_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
