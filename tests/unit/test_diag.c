#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "secret.h"
#include "text.h"

#include <cmocka.h>

static struct diag diag;

static int tear_down(void **state) {
    (void)state;
    diag_free(&diag);
    secret_forget_all();
    return 0;
}

static void assert_printed(const char *expected) {
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    diag_print(&diag, out, &(struct diag_look){0});
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static struct mark at(unsigned line, unsigned column, unsigned width) {
    return (struct mark){"place.yaml", line, column, width};
}

static void test_form(void **state) {
    (void)state;
    diag_source(&diag, "place.yaml", TEXT("actions:\n  - x:\n      servce_id: \"1739\"\n"));
    diag_add(&diag, DIAG_ERROR, at(3, 7, 9), "no option '%s'", "servce_id");
    assert_printed("place.yaml:3:7: error: no option 'servce_id'\n"
                   "    3 |       servce_id: \"1739\"\n"
                   "      |       ^~~~~~~~~\n");
    assert_int_equal(diag.exit_code, 78);
    assert_int_equal(diag.errors, 1);
}

static void test_order_and_levels(void **state) {
    (void)state;
    diag_add(&diag, DIAG_NOTE, at(2, 1, 1), "third");
    diag_add(&diag, DIAG_WARNING, at(1, 5, 1), "second");
    diag_add(&diag, DIAG_NOTE, at(1, 2, 1), "first");
    diag_add(&diag, DIAG_WARNING, at(0, 0, 0), "of the file");
    assert_printed("place.yaml: warning: of the file\n"
                   "place.yaml:1:2: note: first\n"
                   "place.yaml:1:5: warning: second\n"
                   "place.yaml:2:1: note: third\n");
    assert_int_equal(diag.exit_code, 0);
}

static void test_characters_not_bytes(void **state) {
    (void)state;
    diag_source(&diag, "place.yaml",
                TEXT("\xef\xbb\xbf"
                     "né: \xff\t\x1b[31mx\xc2\x9b"
                     "1\n"));
    diag_add(&diag, DIAG_ERROR, at(1, 5, 3), "here\x1b[0m");
    assert_printed("place.yaml:1:5: error: here [0m\n"
                   "    1 | né: ?  [31mx 1\n"
                   "      |     ^~~\n");
}

/* The caret never leaves the line, whatever the mark says. */
static void test_marks_beyond_the_line(void **state) {
    (void)state;
    diag_source(&diag, "place.yaml", TEXT("ab\n"));
    diag_add(&diag, DIAG_ERROR, at(1, 2, 40), "wide");
    diag_add(&diag, DIAG_ERROR, at(1, 50, 4), "far");
    diag_add(&diag, DIAG_ERROR, at(9, 1, 1), "no such line");
    assert_printed("place.yaml:1:2: error: wide\n    1 | ab\n      |  ^\n"
                   "place.yaml:1:50: error: far\n    1 | ab\n      |   ^\n"
                   "place.yaml:9:1: error: no such line\n");
}

static void test_long_lines_are_cut(void **state) {
    (void)state;
    char text[1001], *shown = NULL;
    size_t length;
    memset(text, 'x', 1000);
    text[1000] = 0;
    text[700] = '!';
    diag_source(&diag, "place.yaml", text_of(text));
    diag_add(&diag, DIAG_ERROR, at(1, 701, 1), "far out");
    FILE *out = open_memstream(&shown, &length);
    diag_print(&diag, out, &(struct diag_look){0});
    fclose(out);
    assert_true(length < 400);
    char *line = strstr(shown, "    1 | "), *caret = strchr(shown, '^');
    char *bang = strchr(line, '!'), *second = strstr(line, "      | ");
    assert_int_equal(bang - line, caret - second);
    free(shown);
}

/* A key says what its value is, whether the option was bound or not; a kept secret is struck out anywhere. */
static void test_secrets_are_struck_out(void **state) {
    (void)state;
    secret_keep(TEXT("sesame-open"));
    diag_source(&diag, "place.yaml",
                TEXT("- x: {api_key: hunter22, password: \"a, b\", path: sesame-open}\n"
                     "key: '${API_KEY}'\n"
                     "url: postgres://u:hunter22@host/db\n"
                     "API_TOKEN: ab\n"));
    for (unsigned line = 1; line <= 4; line++)
        diag_add(&diag, DIAG_ERROR, at(line, 1, 1), "sesame-open");
    assert_printed("place.yaml:1:1: error: ***\n"
                   "    1 | - x: {api_key: ***, password: \"***\", path: ***}\n      | ^\n"
                   "place.yaml:2:1: error: ***\n    2 | key: '${API_KEY}'\n      | ^\n"
                   "place.yaml:3:1: error: ***\n    3 | url: postgres://u:***@host/db\n      | ^\n"
                   "place.yaml:4:1: error: ***\n    4 | API_TOKEN: **\n      | ^\n");
}

static void test_too_many(void **state) {
    (void)state;
    char *text = NULL;
    size_t length;
    for (unsigned i = 1; i <= 250; i++)
        diag_add(&diag, DIAG_ERROR, at(i, 1, 1), "again");
    FILE *out = open_memstream(&text, &length);
    diag_print(&diag, out, &(struct diag_look){0});
    fclose(out);
    assert_non_null(strstr(text, "150 more of these aren't shown"));
    assert_int_equal(diag.errors, 250);
    free(text);
}

static void test_errors_only(void **state) {
    (void)state;
    char *text = NULL;
    size_t length;
    diag_add(&diag, DIAG_WARNING, at(1, 1, 1), "doubtful");
    diag_add(&diag, DIAG_NOTE, at(2, 1, 1), "by the way");
    diag_add(&diag, DIAG_ERROR, at(3, 1, 1), "wrong");
    FILE *out = open_memstream(&text, &length);
    diag_print(&diag, out, &(struct diag_look){.errors_only = true});
    fclose(out);
    assert_string_equal(text, "place.yaml:3:1: error: wrong\n");
    free(text);
}

static void test_an_error_is_shown_however_many_warnings_there_are(void **state) {
    (void)state;
    char *text = NULL;
    size_t length;
    for (unsigned i = 1; i <= 150; i++)
        diag_add(&diag, DIAG_WARNING, at(i, 1, 1), "doubtful");
    diag_add(&diag, DIAG_ERROR, at(151, 1, 1), "wrong");
    diag_add(&diag, DIAG_ERROR, at(152, 1, 1), "wrong, too");
    FILE *out = open_memstream(&text, &length);
    diag_print(&diag, out, &(struct diag_look){0});
    fclose(out);
    assert_non_null(strstr(text, "place.yaml:151:1: error: wrong\n"));
    assert_non_null(
        strstr(text, "place.yaml:152:1: error: wrong, too\nsluice: 52 more of these aren't shown\n"));
    assert_non_null(strstr(text, "place.yaml:98:1: warning"));
    assert_null(strstr(text, "place.yaml:99:1:"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_form, tear_down),
        cmocka_unit_test_teardown(test_order_and_levels, tear_down),
        cmocka_unit_test_teardown(test_characters_not_bytes, tear_down),
        cmocka_unit_test_teardown(test_marks_beyond_the_line, tear_down),
        cmocka_unit_test_teardown(test_long_lines_are_cut, tear_down),
        cmocka_unit_test_teardown(test_secrets_are_struck_out, tear_down),
        cmocka_unit_test_teardown(test_too_many, tear_down),
        cmocka_unit_test_teardown(test_errors_only, tear_down),
        cmocka_unit_test_teardown(test_an_error_is_shown_however_many_warnings_there_are, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
