#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"
#include "wanted.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void each_once_and_without_separators(void **state) {
    struct wanted wanted = {0};
    (void)state;
    assert_true(wanted_add(&wanted, TEXT("00-100100-123456-3")));
    assert_true(wanted_add(&wanted, TEXT(" 0010/0100.1234 563\t")));
    assert_true(wanted_add(&wanted, TEXT("004400000000016")));
    assert_true(wanted_add(&wanted, TEXT("")));
    assert_true(wanted_add(&wanted, TEXT(" - ")));
    assert_true(wanted_add(&wanted, (sluice_text){NULL, 0}));
    assert_int_equal(wanted.count, 2);
    assert_true(text_is(wanted.items[0], "001001001234563"));
    assert_true(text_is(wanted.items[1], "004400000000016"));
    wanted_free(&wanted);
}

static void missing_ones_are_named(void **state) {
    struct wanted wanted = {0};
    char out[200], few[12];
    (void)state;
    assert_int_equal(wanted_missing(&wanted, out, sizeof out), 0);
    wanted_see(&wanted, TEXT("1"));
    for (int i = 1; i <= 9; i++) {
        char text[8];
        snprintf(text, sizeof text, "00%d", i);
        assert_true(wanted_add(&wanted, text_of(text)));
    }
    wanted_see(&wanted, TEXT("002"));
    wanted_see(&wanted, TEXT("never asked for"));
    assert_int_equal(wanted_missing(&wanted, out, sizeof out), 8);
    assert_string_equal(out, "001, 003, 004, 005, 006, …");
    assert_int_equal(wanted_missing(&wanted, few, sizeof few), 8);
    assert_int_equal(strlen(few), sizeof few - 1);
    for (int i = 3; i <= 9; i++) {
        char text[8];
        snprintf(text, sizeof text, "00%d", i);
        wanted_see(&wanted, text_of(text));
    }
    assert_int_equal(wanted_missing(&wanted, out, sizeof out), 1);
    assert_string_equal(out, "001");
    wanted_free(&wanted);
}

static void many(void **state) {
    struct wanted wanted = {0};
    char text[24], out[100];
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 50000; i++) {
            snprintf(text, sizeof text, "%015d", i * 7);
            assert_true(wanted_add(&wanted, text_of(text)));
        }
    assert_int_equal(wanted.count, 50000);
    for (int i = 0; i < 50000; i++) {
        snprintf(text, sizeof text, "%015d", i * 7);
        wanted_see(&wanted, text_of(text));
    }
    assert_int_equal(wanted_missing(&wanted, out, sizeof out), 0);
    wanted_free(&wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_once_and_without_separators),
        cmocka_unit_test(missing_ones_are_named),
        cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
