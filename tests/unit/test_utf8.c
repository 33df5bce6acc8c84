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

/* What is put is what is recognised, for every character there is. */
static void test_put(void **state) {
    char out[4];
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        unsigned length = utf8_put(out, c);
        bool surrogate = c >= 0xd800 && c < 0xe000;
        assert_int_equal(utf8_sequence(out, length), surrogate ? 0 : length);
        if (length > 1)
            assert_int_equal(utf8_sequence(out, length - 1), 0);
    }
    assert_int_equal(utf8_put(out, 0x20ac), 3);
    assert_memory_equal(out, "\xe2\x82\xac", 3);
}

static void test_from_1252(void **state) {
    (void)state;
    assert_int_equal(utf8_from_1252('A'), 'A');
    assert_int_equal(utf8_from_1252(0x80), 0x20ac);
    assert_int_equal(utf8_from_1252(0x81), 0x81);
    assert_int_equal(utf8_from_1252(0x9f), 0x178);
    assert_int_equal(utf8_from_1252(0xe9), 0xe9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid), cmocka_unit_test(test_places),    cmocka_unit_test(test_lines),
        cmocka_unit_test(test_put),   cmocka_unit_test(test_from_1252),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
