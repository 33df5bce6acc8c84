#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"
#include "timer.h"

#include <cmocka.h>

enum { SECOND = 1000000 };
#define MINUTE_US (60 * (int64_t)SECOND)

static struct timer_now at(int64_t seconds) {
    return (struct timer_now){.us = seconds * SECOND, .wall_ms = seconds * 1000};
}

static int64_t wait_at(struct timer *timer, int64_t seconds) {
    struct timer_now now = at(seconds);
    return timer_wait_us(timer, &now);
}

static void start_at(struct timer *timer, int64_t seconds) {
    struct timer_now now = at(seconds);
    timer_start(timer, &now);
}

static void fired_at(struct timer *timer, int64_t seconds) {
    struct timer_now now = at(seconds);
    timer_fired(timer, &now);
}

static void every_keeps_its_grid(void **state) {
    struct timer timer = {.every_us = 5 * MINUTE_US};
    (void)state;
    start_at(&timer, 1000);
    assert_int_equal(wait_at(&timer, 1000), 0);
    fired_at(&timer, 1000);
    assert_int_equal(wait_at(&timer, 1001), 299 * (int64_t)SECOND);
    fired_at(&timer, 1307); /* seven seconds late */
    assert_int_equal(wait_at(&timer, 1307), 293 * (int64_t)SECOND);
}

static void times_that_went_by_come_once(void **state) {
    struct timer timer = {.every_us = MINUTE_US};
    (void)state;
    start_at(&timer, 0);
    fired_at(&timer, 0);
    assert_int_equal(wait_at(&timer, 1000), 0);
    fired_at(&timer, 1000);
    assert_int_equal(wait_at(&timer, 1000), 20 * (int64_t)SECOND);
}

static void jitter_delays_and_never_adds_up(void **state) {
    struct timer timer = {.every_us = MINUTE_US, .jitter_us = 10 * SECOND};
    struct timer_now now = at(0);
    (void)state;
    now.random = UINT32_MAX;
    timer_start(&timer, &now);
    assert_int_equal(wait_at(&timer, 0), 10 * SECOND);
    for (int64_t minute = 1; minute < 100; minute++) {
        now = at(minute * 60 - 50);
        now.random = minute % 2 ? UINT32_MAX : 0;
        timer_fired(&timer, &now);
        assert_int_equal(wait_at(&timer, minute * 60), minute % 2 ? 10 * SECOND : 0);
    }
}

static void without_a_trigger_it_is_once(void **state) {
    struct timer timer = {0};
    (void)state;
    start_at(&timer, 5);
    assert_int_equal(wait_at(&timer, 5), 0);
    fired_at(&timer, 5);
    assert_true(wait_at(&timer, 1000000) == INT64_MAX);
}

static struct timer by_cron(const char *text) {
    struct timer timer = {.by_cron = true};
    assert_int_equal(cron_parse(text_of(text), &timer.cron, NULL), 0);
    return timer;
}

static void cron_is_by_the_wall_clock(void **state) {
    struct timer timer = by_cron("0 * * * *");
    (void)state;
    start_at(&timer, 3600 * 100);
    assert_int_equal(wait_at(&timer, 3600 * 100), 60 * MINUTE_US); /* not at once */
    assert_int_equal(wait_at(&timer, 3600 * 101), 0);
    fired_at(&timer, 3600 * 101 + 2);
    assert_int_equal(wait_at(&timer, 3600 * 101 + 2), 3598 * (int64_t)SECOND);
}

static void a_clock_set_back_is_noticed(void **state) {
    struct timer timer = by_cron("0 * * * *");
    (void)state;
    start_at(&timer, 3600 * 100);
    assert_int_equal(wait_at(&timer, 3600 * 50 + 600), 50 * MINUTE_US);
}

static void a_clock_set_forward_fires_once(void **state) {
    struct timer timer = by_cron("0 * * * *");
    (void)state;
    start_at(&timer, 3600 * 100);
    assert_int_equal(wait_at(&timer, 3600 * 200 + 60), 0);
    fired_at(&timer, 3600 * 200 + 60);
    assert_int_equal(wait_at(&timer, 3600 * 200 + 60), 59 * MINUTE_US);
}

static void failures_double_the_pause_up_to_an_hour(void **state) {
    static const int64_t minutes[] = {5, 10, 20, 40, 60, 60};
    struct timer timer = {.every_us = 5 * MINUTE_US};
    struct timer_now now = at(0);
    (void)state;
    timer_start(&timer, &now);
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        timer_fired(&timer, &now);
        assert_int_equal(timer_failed(&timer, &now), minutes[i] * MINUTE_US);
        assert_int_equal(timer_wait_us(&timer, &now), minutes[i] * MINUTE_US);
        now.us += minutes[i] * MINUTE_US;
        now.wall_ms += minutes[i] * 60000;
        assert_int_equal(timer_wait_us(&timer, &now), 0);
    }
    timer_fired(&timer, &now);
    timer_succeeded(&timer);
    assert_in_range(timer_wait_us(&timer, &now), 1, 5 * MINUTE_US);
    assert_int_equal(timer_failed(&timer, &now), 5 * MINUTE_US);
}

static void what_runs_rarely_is_tried_again_sooner(void **state) {
    struct timer timer = by_cron("0 6 * * *"), once = {0};
    struct timer_now now = at(6 * 3600 - 1);
    (void)state;
    timer_start(&timer, &now);
    now = at(6 * 3600);
    assert_int_equal(timer_wait_us(&timer, &now), 0);
    timer_fired(&timer, &now);
    assert_int_equal(timer_failed(&timer, &now), MINUTE_US);
    assert_int_equal(wait_at(&timer, 6 * 3600 + 60), 0);
    timer_start(&once, &now);
    timer_fired(&once, &now);
    assert_int_equal(timer_failed(&once, &now), MINUTE_US);
    assert_int_equal(timer_wait_us(&once, &now), MINUTE_US);
}

static void a_long_period_is_no_longer_after_a_failure(void **state) {
    struct timer timer = {.every_us = 240 * MINUTE_US};
    struct timer_now now = at(0);
    (void)state;
    timer_start(&timer, &now);
    timer_fired(&timer, &now);
    assert_int_equal(timer_failed(&timer, &now), 240 * MINUTE_US);
    assert_int_equal(timer_failed(&timer, &now), 240 * MINUTE_US);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_keeps_its_grid),
        cmocka_unit_test(times_that_went_by_come_once),
        cmocka_unit_test(jitter_delays_and_never_adds_up),
        cmocka_unit_test(without_a_trigger_it_is_once),
        cmocka_unit_test(cron_is_by_the_wall_clock),
        cmocka_unit_test(a_clock_set_back_is_noticed),
        cmocka_unit_test(a_clock_set_forward_fires_once),
        cmocka_unit_test(failures_double_the_pause_up_to_an_hour),
        cmocka_unit_test(what_runs_rarely_is_tried_again_sooner),
        cmocka_unit_test(a_long_period_is_no_longer_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
