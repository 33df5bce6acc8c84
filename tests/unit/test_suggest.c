#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "suggest.h"
#include "text.h"

static void test_distance(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned distance;
    } cases[] = {
        {"", "", 0},
        {"a", "", 1},
        {"", "abc", 3},
        {"sinks", "sink", 1},
        {"sorce", "source", 1},
        {"soruce", "source", 1},
        {"Source", "source", 0},
        {"on-reject", "on_reject", 0},
        {"imei", "csv", 4},
        {"ca", "abc", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(suggest_distance(text_of(cases[i].a), text_of(cases[i].b), 9), cases[i].distance);
        assert_int_equal(suggest_distance(text_of(cases[i].b), text_of(cases[i].a), 9), cases[i].distance);
    }
    assert_int_equal(suggest_distance(TEXT("imei"), TEXT("csv"), 2), 3);
}

static void test_closest(void **state) {
    (void)state;
    static const char *const names[] = {"path", "columns", "delimiter", "header", "service_id", "list"};
    const size_t count = sizeof names / sizeof *names;
    assert_string_equal(suggest(TEXT("servce_id"), names, count), "service_id");
    assert_string_equal(suggest(TEXT("ServiceID"), names, count), "service_id");
    assert_string_equal(suggest(TEXT("headers"), names, count), "header");
    assert_string_equal(suggest(TEXT("pth"), names, count), "path");
    assert_null(suggest(TEXT("colour"), names, count));
    assert_null(suggest(TEXT(""), names, count));
    assert_null(suggest(TEXT("path"), names, 0));
}

static void test_the_first_of_equals_wins(void **state) {
    (void)state;
    static const char *const names[] = {"max_day", "max_bay"};
    assert_string_equal(suggest(TEXT("max_ray"), names, 2), "max_day");
}

static void test_a_long_word_is_no_slip(void **state) {
    (void)state;
    char word[4000];
    static const char *const names[] = {"path"};
    memset(word, 'p', sizeof word);
    assert_null(suggest((sluice_text){word, sizeof word}, names, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_closest),
        cmocka_unit_test(test_the_first_of_equals_wins),
        cmocka_unit_test(test_a_long_word_is_no_slip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
