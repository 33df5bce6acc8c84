#include "support.h"

#include <stdio.h>
#include <string.h>

#include "layout.h"

static char got[2000];

static const char *wrapped(const char *text, int indent, int column) {
    FILE *out = fmemopen(got, sizeof got, "w");
    layout_wrap(out, text, indent, column);
    fclose(out);
    return got;
}

static void check(const char *text, int indent, int column, const char *expected) {
    assert_string_equal(wrapped(text, indent, column), expected);
}

static void a_short_text_is_one_line(void **state) {
    (void)state;
    check("all on one line", 4, 0, "all on one line\n");
    check("", 4, 0, "\n");
}

static void a_new_line_of_the_text_stays(void **state) {
    (void)state;
    check("one\ntwo", 2, 2, "one\n  two\n");
    check("one\n\ntwo", 2, 0, "one\n\n  two\n"); /* no blanks on the empty line */
}

/* The 79th column is used, the 80th isn't; a character counts once, however many bytes it has. */
static void lines_are_broken_between_words(void **state) {
    char text[400] = "";
    (void)state;
    for (int i = 0; i < 16; i++)
        strcat(text, i ? " äöüß" : "äöüß"); /* 16 × 4 + 15 = 79 */
    wrapped(text, 0, 0);
    assert_int_equal(strcspn(got, "\n"), strlen(text));
    wrapped(text, 3, 1); /* the first line begins further right */
    assert_string_equal(got + strcspn(got, "\n"), "\n   äöüß\n");
}

static void a_word_that_is_too_long_stands_alone(void **state) {
    char word[101];
    (void)state;
    memset(word, 'x', 100);
    word[100] = 0;
    char text[130], expected[140];
    snprintf(text, sizeof text, "a %s b", word);
    snprintf(expected, sizeof expected, "a\n  %s\n  b\n", word);
    check(text, 2, 0, expected);
}

static void rows_have_two_columns(void **state) {
    (void)state;
    FILE *out = fmemopen(got, sizeof got, "w");
    layout_row(out, "lint", 8, "check");
    layout_row(out, "prüfe", 8,
               "a help text that is so long that it does not fit into what is left of the line any more");
    fclose(out);
    assert_string_equal(got,
                        "  lint      check\n"
                        "  prüfe     a help text that is so long that it does not fit into what is left\n"
                        "            of the line any more\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_text_is_one_line),
        cmocka_unit_test(a_new_line_of_the_text_stays),
        cmocka_unit_test(lines_are_broken_between_words),
        cmocka_unit_test(a_word_that_is_too_long_stands_alone),
        cmocka_unit_test(rows_have_two_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
