#include "support.h"

#include "pace.h"

enum { SECOND = 1000000 };

static void assert_span(struct pace_span span, uint64_t done, int64_t seconds) {
    assert_int_equal(span.done, done);
    assert_int_equal(span.us, seconds * SECOND);
}

static void nothing_noted_is_no_pace(void **state) {
    struct pace pace = {0};
    (void)state;
    assert_span(pace_of_late(&pace, 5 * SECOND, 100), 0, 0);
    assert_int_equal(pace_seconds(pace_of_late(&pace, 5 * SECOND, 100), 100), -1);
}

static void the_beginning_counts_until_enough_has_happened(void **state) {
    struct pace pace = {0};
    (void)state;
    pace_note(&pace, 0, 0);
    for (int64_t s = 1; s <= 40; s++)
        pace_note(&pace, s * SECOND, (uint64_t)s / 4); /* one in four seconds */
    assert_span(pace_of_late(&pace, 40 * SECOND, 10), 10, 40);
}

static void of_a_fast_run_the_last_ten_seconds_count(void **state) {
    struct pace pace = {0};
    (void)state;
    for (int64_t s = 0; s <= 30; s++)
        pace_note(&pace, s * SECOND, (uint64_t)(s < 15 ? s * 1000 : 15000 + (s - 15) * 10));
    assert_span(pace_of_late(&pace, 30 * SECOND, 15150), 100, 10);
}

static void of_a_slow_one_so_much_that_twenty_are_in_it(void **state) {
    struct pace pace = {0};
    (void)state;
    pace_note(&pace, 0, 0);
    pace_note(&pace, SECOND, 5000); /* known already */
    for (int64_t s = 2; s <= 60; s++)
        pace_note(&pace, s * SECOND, 5000 + (uint64_t)(s - 1) / 2);
    assert_span(pace_of_late(&pace, 60 * SECOND, 5029), 20, 40);
}

/* A provider that hangs: what is known gets old, and the forecast grows with it. */
static void a_standstill_slows_the_pace(void **state) {
    struct pace pace = {0};
    (void)state;
    for (int64_t s = 0; s <= 20; s++)
        pace_note(&pace, s * SECOND, (uint64_t)s * 10);
    int64_t before = pace_seconds(pace_of_late(&pace, 20 * SECOND, 200), 100);
    for (int64_t s = 21; s <= 50; s++)
        pace_note(&pace, s * SECOND, 200);
    int64_t after = pace_seconds(pace_of_late(&pace, 50 * SECOND, 200), 100);
    assert_int_equal(before, 10);
    assert_in_range(after, 100, 200);
}

/* However long it runs: no more samples than there is room for, and the beginning is never lost. */
static void a_day_fits(void **state) {
    struct pace pace = {0};
    (void)state;
    for (int64_t s = 0; s <= 86400; s++)
        pace_note(&pace, s * SECOND, (uint64_t)s * 3);
    assert_true(pace.count <= PACE_SAMPLES);
    assert_int_equal(pace.samples[0].us, 0);
    struct pace_span span = pace_of_late(&pace, 86400 * (int64_t)SECOND, 86400 * 3);
    assert_true(span.us <= 2 * 86400 * (int64_t)SECOND / (PACE_SAMPLES / 2));
    assert_int_equal(pace_in(span, SECOND), 3);
    for (unsigned i = 1; i < pace.count; i++)
        assert_true(pace.samples[i].us > pace.samples[i - 1].us);
}

static void forecasts_are_rounded_up_and_never_wrap(void **state) {
    (void)state;
    assert_int_equal(pace_seconds((struct pace_span){3, 2 * SECOND}, 4), 3);
    assert_int_equal(pace_seconds((struct pace_span){1, SECOND}, 0), 0);
    assert_int_equal(pace_seconds((struct pace_span){1, INT64_MAX}, UINT64_MAX), INT64_MAX);
    assert_int_equal(pace_in((struct pace_span){7, 2 * SECOND}, 10 * SECOND), 35);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_noted_is_no_pace),
        cmocka_unit_test(the_beginning_counts_until_enough_has_happened),
        cmocka_unit_test(of_a_fast_run_the_last_ten_seconds_count),
        cmocka_unit_test(of_a_slow_one_so_much_that_twenty_are_in_it),
        cmocka_unit_test(a_standstill_slows_the_pace),
        cmocka_unit_test(a_day_fits),
        cmocka_unit_test(forecasts_are_rounded_up_and_never_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
