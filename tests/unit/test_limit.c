#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "limit.h"

#include <cmocka.h>

static const sluice_rate none = {0, 0};

static void slots_bound_what_is_in_flight(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, none, 2);
    assert_int_equal(limit_start(&limit, 0), 0);
    assert_int_equal(limit_start(&limit, 0), 0);
    assert_int_equal(limit_start(&limit, 0), -1);
    limit_end(&limit);
    assert_int_equal(limit_start(&limit, 0), 0);
    assert_int_equal(limit.in_flight, 2);
}

static void no_slots_means_one(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, none, 0);
    assert_int_equal(limit_start(&limit, 5), 0);
    assert_int_equal(limit_start(&limit, 5), -1);
}

static void an_end_too_many_changes_nothing(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, none, 1);
    limit_end(&limit);
    assert_int_equal(limit_start(&limit, 0), 0);
    assert_int_equal(limit_start(&limit, 0), -1);
}

static void a_rate_spaces_the_starts(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, (sluice_rate){60, 60000}, 100);
    assert_int_equal(limit_start(&limit, 7000000), 0);
    assert_int_equal(limit_start(&limit, 7000000), 1000000);
    assert_int_equal(limit_start(&limit, 7999999), 1);
    assert_int_equal(limit_start(&limit, 8000000), 0);
}

/* The promise itself, with a caller that is now early, now late. */
static void no_period_has_more_starts_than_the_rate_says(void **state) {
    enum { STARTS = 500, COUNT = 7, PERIOD_MS = 100 };
    static int64_t starts[STARTS];
    struct limit limit;
    int64_t now = 0;
    uint32_t seed = 1;
    (void)state;
    limit_init(&limit, (sluice_rate){COUNT, PERIOD_MS}, STARTS + 1);
    for (int n = 0; n < STARTS;) {
        seed = seed * 1103515245 + 12345;
        now += seed >> 16 & 0x3fff; /* up to 16 ms, about the interval of 14.3 */
        if (limit_start(&limit, now) == 0)
            starts[n++] = now;
    }
    for (int i = 0; i + COUNT < STARTS; i++)
        assert_true(starts[i + COUNT] - starts[i] >= PERIOD_MS * 1000);
}

static void a_wait_is_exact(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, (sluice_rate){3, 1000}, 10); /* 333,334 us: rounded up */
    assert_int_equal(limit_start(&limit, 0), 0);
    int64_t wait = limit_start(&limit, 0);
    assert_int_equal(wait, 333334);
    assert_int_equal(limit_start(&limit, wait), 0);
}

static void a_pause_holds_every_start(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, none, 10);
    limit_pause(&limit, 5000);
    limit_pause(&limit, 3000); /* an earlier end doesn't shorten it */
    assert_int_equal(limit_start(&limit, 1000), 4000);
    assert_int_equal(limit_start(&limit, 5000), 0);
}

static void a_full_limit_is_full_whatever_the_time(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, (sluice_rate){1, 1000}, 1);
    assert_int_equal(limit_start(&limit, 0), 0);
    assert_int_equal(limit_start(&limit, 1), -1);
    assert_int_equal(limit_start(&limit, 2000000), -1);
}

static void extreme_rates_do_not_overflow(void **state) {
    struct limit limit;
    (void)state;
    limit_init(&limit, (sluice_rate){INT64_MAX, 1}, 10); /* more than one in a microsecond */
    assert_int_equal(limit_start(&limit, 0), 0);
    assert_int_equal(limit_start(&limit, 0), 1);
    limit_init(&limit, (sluice_rate){1, INT64_MAX}, 10);
    assert_int_equal(limit_start(&limit, 0), 0);
    assert_true(limit_start(&limit, 0) > 1000000);
    limit_init(&limit, (sluice_rate){1, 1000}, 10);
    assert_int_equal(limit_start(&limit, INT64_MAX - 5), 0);
    assert_int_equal(limit_start(&limit, INT64_MAX - 5), 5);
}

static void those_of_a_pool_count_together(void **state) {
    struct limit_pool pool;
    struct limit one, other;
    (void)state;
    limit_pool_init(&pool);
    limit_init(&one, none, 3);
    limit_init(&other, none, 3);
    limit_join(&one, &pool, 3);
    limit_join(&other, &pool, 3);
    assert_int_equal(limit_start(&one, 0), 0);
    assert_int_equal(limit_start(&one, 0), 0);
    assert_int_equal(limit_start(&other, 0), 0);
    assert_true(limit_start(&other, 0) > 0);
    assert_int_equal(pool.in_flight, 3);
    limit_leave(&one); /* with two in flight */
    assert_int_equal(pool.in_flight, 1);
    assert_int_equal(limit_start(&other, 0), 0);
    assert_int_equal(limit_start(&other, 0), 0);
    assert_int_equal(limit_start(&other, 0), -1);
    limit_leave(&other);
    assert_null(pool.members);
    assert_int_equal(pool.in_flight, 0);
}

/* A pipeline with thousands of orders must not shut out one that asks now and then. */
static void who_has_less_goes_first(void **state) {
    struct limit_pool pool;
    struct limit busy, modest;
    (void)state;
    limit_pool_init(&pool);
    limit_init(&busy, none, 2);
    limit_init(&modest, none, 1);
    limit_join(&busy, &pool, 2);
    limit_join(&modest, &pool, 2);
    assert_int_equal(limit_start(&busy, 0), 0);
    assert_int_equal(limit_start(&busy, 0), 0);
    assert_true(limit_start(&modest, 0) > 0);
    limit_end(&busy);
    assert_true(limit_start(&busy, 1) > 0); /* it is the other's turn */
    assert_int_equal(limit_start(&modest, 2), 0);
    limit_end(&modest);
    assert_int_equal(limit_start(&busy, 3), 0); /* nobody waits any more */
    limit_end(&busy);
    assert_int_equal(limit_start(&busy, 4), 0);
    assert_true(limit_start(&modest, 5) > 0);
    limit_end(&busy);
    assert_int_equal(limit_start(&busy, 10000000), 0); /* who gave up isn't waited for */
    limit_leave(&modest);
    limit_leave(&busy);
}

static void a_pool_has_one_rate_and_one_pause(void **state) {
    struct limit_pool pool;
    struct limit one, other;
    (void)state;
    limit_pool_init(&pool);
    limit_init(&one, (sluice_rate){1, 1000}, 9);
    limit_init(&other, (sluice_rate){1, 1000}, 9);
    limit_join(&one, &pool, 9);
    limit_join(&other, &pool, 9);
    assert_int_equal(limit_start(&one, 0), 0);
    assert_int_equal(limit_start(&other, 0), 1000000);
    assert_int_equal(limit_start(&other, 1000000), 0);
    limit_pause(&one, 5000000);
    assert_int_equal(limit_start(&other, 2000000), 3000000);
    limit_leave(&one);
    limit_leave(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_bound_what_is_in_flight),
        cmocka_unit_test(no_slots_means_one),
        cmocka_unit_test(an_end_too_many_changes_nothing),
        cmocka_unit_test(a_rate_spaces_the_starts),
        cmocka_unit_test(no_period_has_more_starts_than_the_rate_says),
        cmocka_unit_test(a_wait_is_exact),
        cmocka_unit_test(a_pause_holds_every_start),
        cmocka_unit_test(a_full_limit_is_full_whatever_the_time),
        cmocka_unit_test(extreme_rates_do_not_overflow),
        cmocka_unit_test(those_of_a_pool_count_together),
        cmocka_unit_test(who_has_less_goes_first),
        cmocka_unit_test(a_pool_has_one_rate_and_one_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
