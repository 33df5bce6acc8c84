#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "money.h"
#include "text.h"

static void reads_what_providers_write(void **state) {
    static const struct {
        const char *text;
        money amount;
    } cases[] = {
        {"0.08", 80000},
        {"$0.08", 80000},
        {"$ 150.00 USD", 150000000},
        {"1,234.50", 1234500000},
        {"12,345,678", 12345678000000},
        {"-3.5", -3500000},
        {"0.080000000", 80000},
        {".5", 500000},
        {"7", 7000000},
        {"\xe2\x82\xac 2.10", 2100000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        money amount = 0;
        assert_true(money_parse(text_of(cases[i].text), &amount));
        assert_int_equal(amount, cases[i].amount);
    }
}

static void refuses_what_is_no_amount(void **state) {
    static const char *const cases[] = {"",          "-",   "free", "1.2.3",   "1,23", "1,,234",
                                        "0.0000001", "1e3", "0x10", "12,34.5", "1 2",  "99999999999999",
                                        ".",         "5."};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        money amount;
        assert_false(money_parse(text_of(cases[i]), &amount));
    }
}

static void strict_takes_the_amount_alone(void **state) {
    money amount;
    (void)state;
    assert_true(money_parse_strict(text_of("0.50"), &amount));
    assert_int_equal(amount, 500000);
    assert_false(money_parse_strict(text_of("$0.50"), &amount));
    assert_false(money_parse_strict(text_of("1,000"), &amount));
    assert_false(money_parse_strict(text_of(" 1"), &amount));
}

static void writes_at_least_two_decimals(void **state) {
    char out[MONEY_TEXT];
    (void)state;
    assert_string_equal(money_format(80000, out), "0.08");
    assert_string_equal(money_format(480000000, out), "480.00");
    assert_string_equal(money_format(125000, out), "0.125");
    assert_string_equal(money_format(-1, out), "-0.000001");
    assert_string_equal(money_format(0, out), "0.00");
    assert_string_equal(money_format(100000, out), "0.10");
}

static void saturates(void **state) {
    (void)state;
    assert_int_equal(money_add(INT64_MAX, 1), INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_providers_write),
        cmocka_unit_test(refuses_what_is_no_amount),
        cmocka_unit_test(strict_takes_the_amount_alone),
        cmocka_unit_test(writes_at_least_two_decimals),
        cmocka_unit_test(saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
