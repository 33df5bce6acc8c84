#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cap.h"

static const struct cap none = {
    .max_run = MONEY_NONE, .max_day = MONEY_NONE, .reserve = MONEY_NONE, .balance = MONEY_NONE};

static money cents(int64_t count) {
    return count * 10000;
}

static void without_rules_everything_is_allowed(void **state) {
    (void)state;
    assert_null(cap_forbids(&none, cents(100000000)));
}

/* 50.00 at 0.08: 625 orders, never 626. */
static void a_run_ends_exactly_at_its_cap(void **state) {
    struct cap cap = none;
    int placed = 0;
    (void)state;
    cap.max_run = cents(5000);
    while (!cap_forbids(&cap, cents(8))) {
        cap_count(&cap, cents(8));
        placed++;
    }
    assert_int_equal(placed, 625);
    assert_string_equal(cap_forbids(&cap, cents(8)), "max_run");
    cap_count(&cap, -cents(8));
    assert_null(cap_forbids(&cap, cents(8)));
}

static void a_day_counts_what_others_spent(void **state) {
    struct cap cap = none;
    (void)state;
    cap.max_day = cents(100);
    cap.day = cents(95);
    assert_null(cap_forbids(&cap, cents(5)));
    assert_string_equal(cap_forbids(&cap, cents(6)), "max_day");
}

static void the_reserve_stays_on_the_account(void **state) {
    struct cap cap = none;
    (void)state;
    cap.reserve = cents(1000);
    assert_null(cap_forbids(&cap, cents(8))); /* an unknown balance was warned about */
    cap.balance = cents(1016);
    cap_count(&cap, cents(8));
    assert_null(cap_forbids(&cap, cents(8)));
    cap_count(&cap, cents(8));
    assert_string_equal(cap_forbids(&cap, cents(8)), "reserve");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_everything_is_allowed),
        cmocka_unit_test(a_run_ends_exactly_at_its_cap),
        cmocka_unit_test(a_day_counts_what_others_spent),
        cmocka_unit_test(the_reserve_stays_on_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
