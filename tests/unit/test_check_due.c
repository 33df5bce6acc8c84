#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "check_due.h"

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static void the_older_the_more_seldom(void **state) {
    (void)state;
    assert_int_equal(check_due_after_ms(0, 0), 0);
    assert_int_equal(check_due_after_ms(-HOUR, 0), 0); /* from the future: a clock was set */
    assert_int_equal(check_due_after_ms(HOUR, 0), 5 * MINUTE);
    assert_int_equal(check_due_after_ms(24 * HOUR, 0), 2 * HOUR);
    assert_int_equal(check_due_after_ms(72 * HOUR, 0), 6 * HOUR);
    assert_int_equal(check_due_after_ms((int64_t)10000 * HOUR, 0), 6 * HOUR);
    assert_int_equal(check_due_after_ms(INT64_MAX, 0), 6 * HOUR);
}

static void salt_takes_off_a_quarter_at_most(void **state) {
    int64_t least = INT64_MAX, most = 0;
    (void)state;
    for (uint32_t salt = 0; salt < 100000; salt += 37) {
        int64_t pause = check_due_after_ms((int64_t)1000 * HOUR, salt);
        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
    }
    assert_int_equal(most, 6 * HOUR);
    assert_in_range(least, 6 * HOUR / 4 * 3, 6 * HOUR / 4 * 3 + 10 * MINUTE);
}

static void it_is_due_when_the_pause_is_over(void **state) {
    (void)state;
    assert_true(check_due(HOUR, 5 * MINUTE, 0));
    assert_false(check_due(HOUR, 5 * MINUTE - 1, 0));
    assert_true(check_due(HOUR, -1, 0));
    assert_true(check_due(10 * SECOND, SECOND, 0));
}

/* What the rule is for: 20,000 orders of last month, asked about every five minutes, 100 in a call. */
static void old_orders_cost_few_calls(void **state) {
    enum { ORDERS = 20000, FIRINGS = 288 };
    static int64_t last[ORDERS];
    int64_t asked = 0;
    (void)state;
    for (int i = 0; i < ORDERS; i++)
        last[i] = 0;
    for (int64_t firing = 1; firing <= FIRINGS; firing++) {
        int64_t now = firing * 5 * MINUTE;
        for (uint32_t i = 0; i < ORDERS; i++)
            if (check_due((int64_t)720 * HOUR + now, now - last[i], i * 2654435761u >> 7)) {
                last[i] = now;
                asked++;
            }
    }
    assert_in_range(asked / 100, 200 * 3, 200 * 6); /* calls a day; without the rule: 200 * 288 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_older_the_more_seldom),
        cmocka_unit_test(salt_takes_off_a_quarter_at_most),
        cmocka_unit_test(it_is_due_when_the_pause_is_over),
        cmocka_unit_test(old_orders_cost_few_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
