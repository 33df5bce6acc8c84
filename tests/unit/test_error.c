#include "support.h"

#include <string.h>

#include "error.h"
#include "secret.h"
#include "text.h"

static void says_code_and_text(void **state) {
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(fail(&error, SLUICE_E_IO, "%s: row %d", "a.csv", 7), SLUICE_E_IO);
    assert_int_equal(error.code, SLUICE_E_IO);
    assert_string_equal(error.text, "a.csv: row 7");
    assert_int_equal(fail(NULL, SLUICE_E_DATA, "nobody listens"), SLUICE_E_DATA);
    assert_int_equal(fail_memory(&error), SLUICE_E_IO);
    assert_string_equal(error.text, "out of memory");
}

static void nothing_in_it_moves_a_cursor(void **state) {
    sluice_error error = ERROR_INIT;
    (void)state;
    fail(&error, SLUICE_E_DATA, "%s",
         "a\033[2Jb\nc\x7f"
         "d\xc2\x9b"
         "31me \xc3\xa9 \xff");
    assert_string_equal(error.text, "a [2Jb c d 31me \xc3\xa9 ?");
}

static void a_long_text_is_cut(void **state) {
    sluice_error error = ERROR_INIT;
    char text[3000];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    fail(&error, SLUICE_E_DATA, "%s", text);
    assert_int_equal(strlen(error.text), SLUICE_ERROR_TEXT - 1);
}

/* Struck out when it is printed, a whole value would be found; half of one would not. */
static void half_a_secret_is_not_left_at_the_cut(void **state) {
    sluice_error error = ERROR_INIT;
    char text[SLUICE_ERROR_TEXT - 9];
    (void)state;
    secret_keep(TEXT("correct-horse-battery"));
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    fail(&error, SLUICE_E_DATA, "%s%s", text, "correct-horse-battery");
    assert_null(strstr(error.text, "corr"));
    assert_int_equal(strlen(error.text), sizeof text - 1);
    secret_forget_all();
}

static void a_place_goes_in_front(void **state) {
    sluice_error error = ERROR_INIT;
    (void)state;
    fail(&error, SLUICE_E_NOINPUT, "no such file");
    assert_int_equal(fail_within(&error, "%s %d", "source", 1), SLUICE_E_NOINPUT);
    assert_string_equal(error.text, "source 1: no such file");
    memset(error.text, 'y', sizeof error.text); /* a plugin that forgot the NUL */
    fail_within(&error, "sink");
    assert_memory_equal(error.text, "sink: yyy", 9);
    assert_true(strlen(error.text) < sizeof error.text);
}

static void a_message_may_be_part_of_the_next(void **state) {
    sluice_error error = ERROR_INIT;
    (void)state;
    fail(&error, SLUICE_E_IO, "disk full");
    fail(&error, error.code, "the ledger: %s", error.text);
    assert_string_equal(error.text, "the ledger: disk full");
}

static void a_callback_always_leaves_a_code_and_a_sentence(void **state) {
    static const struct {
        int32_t answer, code;
    } silent[] = {{-74, -74}, {-64, -64},   {-78, -78}, {-1, -76},
                  {-79, -76}, {-9999, -76}, {1, -76},   {INT32_MIN, -76}};
    (void)state;
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        sluice_error error = ERROR_INIT;
        assert_int_equal(fail_callback(&error, silent[i].answer, "write"), silent[i].code);
        assert_int_equal(error.code, silent[i].code);
        assert_non_null(strstr(error.text, "write()"));
        assert_int_equal(fail_callback(NULL, silent[i].answer, "write"), silent[i].code);
    }
    sluice_error error = ERROR_INIT;
    fail(&error, SLUICE_E_IO, "disk full");
    assert_int_equal(fail_callback(&error, SLUICE_E_IO, "write"), SLUICE_E_IO);
    assert_string_equal(error.text, "disk full");
    assert_int_equal(fail_callback(&error, SLUICE_E_DATA, "write"),
                     SLUICE_E_DATA); /* what was returned counts */
    assert_int_equal(error.code, SLUICE_E_DATA);
    assert_string_equal(error.text, "disk full");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_code_and_text),
        cmocka_unit_test(nothing_in_it_moves_a_cursor),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(half_a_secret_is_not_left_at_the_cut),
        cmocka_unit_test(a_place_goes_in_front),
        cmocka_unit_test(a_message_may_be_part_of_the_next),
        cmocka_unit_test(a_callback_always_leaves_a_code_and_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
