#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tally.h"

static void done_is_the_sum_of_all_kinds(void **state) {
    struct tally tally;
    (void)state;
    tally_init(&tally);
    for (int kind = 0; kind < TALLY_KINDS; kind++)
        tally_add(&tally, (enum tally_kind)kind, (uint64_t)kind + 1);
    assert_int_equal(tally_done(&tally), 28);
    assert_int_equal(tally_get(&tally, TALLY_PASSED), 7);
    tally_skip(&tally, 9);
    assert_int_equal(tally_get(&tally, TALLY_SKIPPED), 7);
    tally_free(&tally);
}

static void kinds_are_called_as_in_the_summary(void **state) {
    (void)state;
    assert_string_equal(tally_name(TALLY_PLACED), "placed");
    assert_string_equal(tally_name(TALLY_DUPLICATE), "duplicate");
    assert_string_equal(tally_name(TALLY_REJECTED), "rejected");
    assert_string_equal(tally_name(TALLY_IN_DOUBT), "in_doubt");
    assert_string_equal(tally_name(TALLY_FAILED), "failed");
    assert_string_equal(tally_name(TALLY_SKIPPED), "skipped");
    assert_string_equal(tally_name(TALLY_PASSED), "passed");
}

static void check(const uint64_t *rows, size_t count, size_t room, const char *expected) {
    struct tally tally;
    char out[512];
    tally_init(&tally);
    for (size_t i = 0; i < count; i++)
        tally_skip(&tally, rows[i]);
    tally_skipped_text(&tally, out, room);
    assert_string_equal(out, expected);
    assert_true(strlen(out) < room);
    tally_skipped_text(&tally, out, room); /* asking twice changes nothing */
    assert_string_equal(out, expected);
    tally_free(&tally);
}

#define CHECK(room, expected, ...) \
    check((const uint64_t[]){__VA_ARGS__}, sizeof(uint64_t[]){__VA_ARGS__} / sizeof(uint64_t), room, expected)

static void rows_are_said_as_ranges(void **state) {
    (void)state;
    check(NULL, 0, 100, "");
    CHECK(100, "7", 7);
    CHECK(100, "2-5", 2, 3, 4, 5);
    CHECK(100, "2-4, 9, 12-13", 2, 3, 4, 9, 12, 13);
    CHECK(100, "1-6", 4, 5, 6, 1, 2, 3);
    CHECK(100, "1-3, 5", 5, 3, 2, 1);
    CHECK(100, "3-4", 3, 3, 4, 4); /* the same row twice is still one row */
}

static void what_has_no_room_is_counted(void **state) {
    (void)state;
    /* 64 bytes are kept for the last words. */
    CHECK(80, "1, 3, 5, 7, 9 and 3 more", 1, 3, 5, 7, 9, 11, 13, 14);
    CHECK(64, "whose numbers aren't kept (3)", 2, 3, 4);
}

/* However many ranges there are, memory stays flat, and nothing that was skipped is left out of the sum. */
static void ranges_are_bounded(void **state) {
    struct tally tally;
    char out[200];
    enum { ROWS = 100000 };
    (void)state;
    tally_init(&tally);
    for (uint64_t row = 0; row < ROWS; row++)
        tally_skip(&tally, row * 2 + 2);
    assert_int_equal(tally_get(&tally, TALLY_SKIPPED), ROWS);
    assert_true(tally.skipped_room <= 16384);
    tally_skipped_text(&tally, out, sizeof out);
    const char *rest = strstr(out, " and ");
    assert_non_null(rest);
    uint64_t named = 1;
    for (const char *c = out; c < rest; c++)
        named += *c == ',';
    assert_int_equal(named + strtoull(rest + 5, NULL, 10), ROWS);
    tally_free(&tally);
}

/* Lots come back out of order: joined, they take little room again. */
static void ranges_that_meet_make_room(void **state) {
    struct tally tally;
    char out[200];
    enum { ROWS = 60000 };
    (void)state;
    tally_init(&tally);
    for (uint64_t row = 1; row <= ROWS; row += 2) {
        tally_skip(&tally, row + 1);
        tally_skip(&tally, row);
    }
    tally_skipped_text(&tally, out, sizeof out);
    assert_string_equal(out, "1-60000");
    tally_free(&tally);
}

static void rows_without_a_number_are_counted(void **state) {
    struct tally tally;
    char out[200];
    (void)state;
    tally_init(&tally);
    tally_skip_unnamed(&tally, 7);
    tally_skipped_text(&tally, out, sizeof out);
    assert_string_equal(out, "whose numbers aren't kept (7)");
    tally_skip(&tally, 3);
    tally_skipped_text(&tally, out, sizeof out);
    assert_string_equal(out, "3 and 7 more");
    assert_int_equal(tally_get(&tally, TALLY_SKIPPED), 8);
    tally_free(&tally);
}

/* Several sinks may refuse the same record. */
static void a_passed_row_is_taken_back_once(void **state) {
    static const uint64_t rows[] = {9, 3, 9, 500, 3, 4, 9, 1};
    struct tally tally;
    (void)state;
    tally_init(&tally);
    tally_add(&tally, TALLY_PASSED, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        tally_take_back(&tally, rows[i]);
    assert_int_equal(tally_get(&tally, TALLY_PASSED), 995);
    assert_int_equal(tally_get(&tally, TALLY_REJECTED), 5);
    for (uint64_t row = 1000; row > 0; row--)
        tally_take_back(&tally, row);
    assert_int_equal(tally_get(&tally, TALLY_PASSED), 0);
    assert_int_equal(tally_done(&tally), 1000);
    tally_free(&tally);
}

/* What a record was counted as first stays counted for those who count events. */
static void what_was_counted_never_falls(void **state) {
    struct tally tally;
    (void)state;
    tally_init(&tally);
    tally_add(&tally, TALLY_IN_DOUBT, 3);
    tally_move(&tally, TALLY_IN_DOUBT, TALLY_PLACED);
    tally_add(&tally, TALLY_PASSED, 2);
    tally_take_back(&tally, 7);
    assert_int_equal(tally_get(&tally, TALLY_IN_DOUBT), 2);
    assert_int_equal(tally_ever(&tally, TALLY_IN_DOUBT), 3);
    assert_int_equal(tally_get(&tally, TALLY_PASSED), 1);
    assert_int_equal(tally_ever(&tally, TALLY_PASSED), 2);
    assert_int_equal(tally_ever(&tally, TALLY_PLACED), 1);
    assert_int_equal(tally_ever(&tally, TALLY_REJECTED), 1);
    assert_int_equal(tally_done(&tally), 5);
    tally_free(&tally);
}

static struct tally shared;

static void *count(void *user) {
    uint64_t base = (uint64_t)(uintptr_t)user * 5000;
    for (uint64_t i = 0; i < 5000; i++) {
        tally_add(&shared, TALLY_PLACED, 1);
        tally_skip(&shared, base + i + 1);
    }
    return NULL;
}

static void threads_count_together(void **state) {
    pthread_t threads[4];
    char out[100];
    (void)state;
    tally_init(&shared);
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, (void *)i), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(tally_get(&shared, TALLY_PLACED), 20000);
    assert_int_equal(tally_done(&shared), 40000);
    tally_skipped_text(&shared, out, sizeof out);
    assert_string_equal(out, "1-20000");
    tally_free(&shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(done_is_the_sum_of_all_kinds),
        cmocka_unit_test(kinds_are_called_as_in_the_summary),
        cmocka_unit_test(rows_are_said_as_ranges),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(ranges_are_bounded),
        cmocka_unit_test(ranges_that_meet_make_room),
        cmocka_unit_test(rows_without_a_number_are_counted),
        cmocka_unit_test(a_passed_row_is_taken_back_once),
        cmocka_unit_test(what_was_counted_never_falls),
        cmocka_unit_test(threads_count_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
