#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "civil.h"

#include <cmocka.h>

static void known_days(void **state) {
    (void)state;
    assert_int_equal(civil_days(1970, 1, 1), 0);
    assert_int_equal(civil_days(2000, 2, 29), 11016);
    assert_int_equal(civil_days(1969, 12, 31), -1);
    assert_int_equal(civil_weekday(0), 4);
    assert_int_equal(civil_weekday(-1), 3);
    assert_int_equal(civil_weekday(civil_days(2026, 11, 22)), 0);
}

static void days_are_counted_both_ways(void **state) {
    (void)state;
    for (int64_t day = -800000; day < 800000; day += 7) {
        struct civil date = civil_of_days(day);
        assert_int_equal(civil_days(date.year, date.month, date.day), day);
    }
}

static void moments_before_1970_belong_to_their_day(void **state) {
    (void)state;
    assert_int_equal(civil_floor(86399, 86400), 0);
    assert_int_equal(civil_floor(-1, 86400), -1);
    assert_int_equal(civil_floor(-86400, 86400), -1);
    assert_int_equal(civil_floor(-86401, 86400), -2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days),
        cmocka_unit_test(days_are_counted_both_ways),
        cmocka_unit_test(moments_before_1970_belong_to_their_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
