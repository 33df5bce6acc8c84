#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "text.h"

/* `width` 0: as it is. */
static void check(sluice_text text, unsigned width, const char *expected) {
    char *got = NULL;
    size_t length;
    FILE *out = open_memstream(&got, &length);
    if (width)
        printable_pad(out, text, width);
    else
        printable_put(out, text);
    fclose(out);
    assert_string_equal(got, expected);
    free(got);
}

static void text_of_any_language_is_shown(void **state) {
    (void)state;
    check(TEXT("iPhone 15 – Prüfung \xf0\x9f\x93\xb1 検査"), 0, "iPhone 15 – Prüfung \xf0\x9f\x93\xb1 検査");
    check(TEXT(""), 0, "");
    check((sluice_text){NULL, 0}, 0, "");
}

/* "\033]0;…\a" renames a window, "\033[2J" clears it, "\r" writes over what is there, U+009B is "\033[". */
static void no_control_character_gets_through(void **state) {
    (void)state;
    check(TEXT("\033[2Ja\r\n\tb\a\x7f"), 0, "?[2Ja   b??");
    check(TEXT("a\xc2\x9b"
               "31mb\xc2\x85"),
          0, "a??31mb??");
    check(TEXT("a\0b"), 0, "a?b");
    check(TEXT("\xc2\xa0"), 0, "\xc2\xa0"); /* the first behind the C1 controls */
}

static void a_broken_byte_is_one_mark(void **state) {
    (void)state;
    check(TEXT("a\xff"
               "b\xc3"),
          0, "a?b?");
    check(TEXT("\xe2\x82"), 0, "??");
    check(TEXT("\xc0\xaf\xed\xa0\x80"), 0, "?????"); /* overlong, a surrogate */
}

static void a_column_is_as_wide_as_said(void **state) {
    (void)state;
    check(TEXT("Prüfung"), 10, "Prüfung   ");
    check(TEXT("Prüfung"), 7, "Prüfung");
    check(TEXT("Prüfung"), 3, "Prü");
    check(TEXT("a\033b"), 4, "a?b ");
    check((sluice_text){NULL, 0}, 3, "   ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_any_language_is_shown),
        cmocka_unit_test(no_control_character_gets_through),
        cmocka_unit_test(a_broken_byte_is_one_mark),
        cmocka_unit_test(a_column_is_as_wide_as_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
