#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text.h"
#include "utf8.h"

#include <cmocka.h>

static void test_valid(void **state) {
    (void)state;
    static const char *const good[] = {
        "", "a", "é", "€", "𝄞", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xc3(",
                                      "\xe2(\x82"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(text_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(text_of(bad[i])));
    assert_int_equal(utf8_valid_prefix(TEXT("aé\xff")), 3);
    assert_int_equal(utf8_length(TEXT("aé€𝄞")), 4);
}

static void test_places(void **state) {
    (void)state;
    static const sluice_text text = {"é1\r\n2\n\r4\xc2\x85"
                                     "5\xe2\x80\xa8"
                                     "6x",
                                     20};
    static const struct {
        uint64_t offset;
        unsigned line, column;
    } cases[] = {{0, 1, 1}, {2, 1, 2}, {5, 2, 1}, {7, 3, 1}, {8, 4, 1}, {11, 5, 1}, {15, 6, 1}, {16, 6, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned line, column;
        utf8_place(text, cases[i].offset, &line, &column);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
}

static void test_lines(void **state) {
    (void)state;
    const sluice_text text = TEXT("a\r\n\nb\xc2\x85"
                                  "c");
    assert_true(text_is(utf8_line(text, 1), "a"));
    assert_true(text_is(utf8_line(text, 2), ""));
    assert_true(text_is(utf8_line(text, 3), "b"));
    assert_true(text_is(utf8_line(text, 4), "c"));
    assert_null(utf8_line(text, 5).ptr);
    assert_true(text_is(utf8_line(TEXT("a\n"), 2), ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
