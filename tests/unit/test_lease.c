/* How long a run may count on being taken for alive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "lease.h"

#include <cmocka.h> /* last: it has a macro called fail */

static const int64_t SECOND = 1000000;

static void a_lease_ends_before_others_may_take_the_run(void **state) {
    struct lease lease;
    (void)state;
    lease_begin(&lease, 30000, 100 * SECOND);
    assert_true(lease_holds(&lease, 124 * SECOND));
    assert_true(lease_holds(&lease, 125 * SECOND - 1));
    assert_false(lease_holds(&lease, 125 * SECOND)); /* for the others it goes on until 130 */
}

static void it_counts_from_when_it_was_asked_for(void **state) {
    struct lease lease;
    (void)state;
    lease_begin(&lease, 30000, 100 * SECOND);
    assert_true(lease_renew(&lease, 110 * SECOND, 118 * SECOND)); /* the answer took 8 s */
    assert_true(lease_holds(&lease, 135 * SECOND - 1));
    assert_false(lease_holds(&lease, 135 * SECOND));
}

static void an_answer_that_comes_too_late_renews_nothing(void **state) {
    struct lease lease;
    (void)state;
    lease_begin(&lease, 30000, 100 * SECOND);
    assert_false(lease_renew(&lease, 124 * SECOND, 126 * SECOND)); /* over at 125 */
    assert_false(lease_holds(&lease, 124 * SECOND));
}

static void asked_for_before_a_long_sleep_it_is_over_after_it(void **state) {
    struct lease lease;
    (void)state;
    lease_begin(&lease, 2000, 100 * SECOND);
    assert_false(lease_renew(&lease, 101 * SECOND, 3600 * SECOND));
}

static void over_once_it_is_over_for_good(void **state) {
    struct lease lease;
    (void)state;
    lease_begin(&lease, 30000, 100 * SECOND);
    assert_false(lease_holds(&lease, 200 * SECOND));
    assert_false(lease_renew(&lease, 201 * SECOND, 201 * SECOND));
    assert_false(lease_holds(&lease, 101 * SECOND));
    lease_begin(&lease, 30000, 300 * SECOND);
    lease_end(&lease); /* another run says so */
    assert_false(lease_holds(&lease, 301 * SECOND));
}

static void the_margin_is_a_part_but_never_long(void **state) {
    (void)state;
    assert_int_equal(lease_margin_ms(1200), 200);
    assert_int_equal(lease_margin_ms(30000), 5000);
    assert_int_equal(lease_margin_ms(3600000), 5000);
}

static void it_is_renewed_with_time_for_a_second_attempt(void **state) {
    (void)state;
    assert_int_equal(lease_renewal_us(0, 30000), 10 * SECOND);
    assert_true(lease_renewal_us(lease_renewal_us(0, 30000), 30000) <
                (30000 - lease_margin_ms(30000)) * 1000);
}

/* The last call may leave just before the margin, and take all of its time. */
static void whoever_takes_a_run_waits_for_its_last_call(void **state) {
    int64_t lengths[] = {LEASE_LEAST_MS, LEASE_MS, 3600000};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int64_t last_answer = lengths[i] - lease_margin_ms(lengths[i]) + 60000;
        assert_true(lengths[i] + lease_grace_ms(lengths[i], 60000) > last_answer);
    }
}

static void the_clock_goes_on(void **state) {
    (void)state;
    int64_t before = lease_now_us();
    assert_true(before > 0);
    assert_true(lease_now_us() >= before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_ends_before_others_may_take_the_run),
        cmocka_unit_test(it_counts_from_when_it_was_asked_for),
        cmocka_unit_test(an_answer_that_comes_too_late_renews_nothing),
        cmocka_unit_test(asked_for_before_a_long_sleep_it_is_over_after_it),
        cmocka_unit_test(over_once_it_is_over_for_good),
        cmocka_unit_test(the_margin_is_a_part_but_never_long),
        cmocka_unit_test(it_is_renewed_with_time_for_a_second_attempt),
        cmocka_unit_test(whoever_takes_a_run_waits_for_its_last_call),
        cmocka_unit_test(the_clock_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
