#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "option_facts.h"

#include <cmocka.h>

static void check(const sluice_option *row, const char *wanted) {
    char facts[600];
    option_facts(row, facts, sizeof facts);
    assert_string_equal(facts, wanted);
}

static void test_facts(void **state) {
    (void)state;
    static const char *const choices[] = {"luhn", ",", NULL};
    check(&(sluice_option){.type = SLUICE_TYPE_TEXT, .flags = SLUICE_REQUIRED}, "text, required");
    check(&(sluice_option){.type = SLUICE_TYPE_INT, .min = 1, .max = 100, .fallback = "10"},
          "number, 1 to 100, default 10");
    check(&(sluice_option){.type = SLUICE_TYPE_INT, .min = 1, .max = INT64_MAX}, "number, 1 or more");
    check(&(sluice_option){.type = SLUICE_TYPE_CHOICE, .choices = choices, .fallback = ","},
          "choice: luhn or ',', default ','");
    check(&(sluice_option){.type = SLUICE_TYPE_SECRET, .fallback = "${KEY}", .since = "0.2"},
          "secret, default ${KEY}, since 0.2");
}

/* What doesn't fit is cut, and nothing is written behind it. */
static void test_narrow(void **state) {
    (void)state;
    char facts[8];
    memset(facts, 'x', sizeof facts);
    option_facts(&(sluice_option){.type = SLUICE_TYPE_BOOL, .fallback = "true"}, facts, 6);
    assert_string_equal(facts, "true ");
    assert_int_equal(facts[6], 'x');
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_facts), cmocka_unit_test(test_narrow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
