#include "support.h"

#include <string.h>

#include "escape.h"

static const char *escaped(enum escape_style style, const char *text) {
    static char out[300];
    size_t n = 0;
    for (; *text; text++)
        n += escape_byte(style, (unsigned char)*text, out + n);
    out[n] = 0;
    return out;
}

static void a_form_keeps_letters_digits_and_four_signs(void **state) {
    (void)state;
    assert_string_equal(escaped(ESCAPE_FORM, "AZaz09-._~"), "AZaz09-._~");
    assert_string_equal(escaped(ESCAPE_FORM, "a b+c&d=e/f%\n\xc3\xa9"), "a%20b%2Bc%26d%3De%2Ff%25%0A%C3%A9");
}

static void xml_has_five_entities(void **state) {
    (void)state;
    assert_string_equal(escaped(ESCAPE_XML, "<a b=\"c\">'&\xc3\xa9"),
                        "&lt;a b=&quot;c&quot;&gt;&apos;&amp;\xc3\xa9");
}

static void json_escapes_quotes_backslashes_and_controls(void **state) {
    (void)state;
    assert_string_equal(escaped(ESCAPE_JSON, "a\"b\\c/\t\x1f\x7f\xc3\xa9"),
                        "a\\\"b\\\\c/\\u0009\\u001f\x7f\xc3\xa9");
}

/* Whoever makes room for a text relies on it. */
static void no_byte_becomes_more_than_said(void **state) {
    (void)state;
    for (int style = ESCAPE_FORM; style <= ESCAPE_JSON; style++)
        for (unsigned byte = 0; byte < 256; byte++) {
            char out[ESCAPE_MOST + 1];
            memset(out, '!', sizeof out);
            assert_in_range(escape_byte((enum escape_style)style, (unsigned char)byte, out), 1, ESCAPE_MOST);
            assert_int_equal(out[ESCAPE_MOST], '!');
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_keeps_letters_digits_and_four_signs),
        cmocka_unit_test(xml_has_five_entities),
        cmocka_unit_test(json_escapes_quotes_backslashes_and_controls),
        cmocka_unit_test(no_byte_becomes_more_than_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
