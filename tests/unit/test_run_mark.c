#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run_mark.h"

#include <cmocka.h> /* last: it has a macro called fail */

static char dir[64], runs[80], mark[96];

static int set_up(void **state) {
    (void)state;
    strcpy(dir, "/tmp/test-run-mark-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(runs, sizeof runs, "%s/runs", dir);
    snprintf(mark, sizeof mark, "%s/newest", runs);
    return mkdir(runs, 0700);
}

static int tear_down(void **state) {
    (void)state;
    unlink(mark);
    rmdir(runs);
    return rmdir(dir);
}

static void put(const char *text) {
    FILE *file = fopen(mark, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_keeps_the_newest(void **state) {
    (void)state;
    assert_int_equal(run_mark_read(dir), 0);
    run_mark_write(dir, 9);
    assert_int_equal(run_mark_read(dir), 9);
    run_mark_write(dir, 10);
    run_mark_write(dir, 7);
    assert_int_equal(run_mark_read(dir), 10);
    run_mark_write(dir, INT64_MAX);
    assert_int_equal(run_mark_read(dir), INT64_MAX);
}

/* Nothing is refused because of a mark that a power cut or a person has spoilt. */
static void test_what_is_no_number_is_none(void **state) {
    static const char *const spoilt[] = {"",    "12",  "\n", "-3\n", "12x\n", "99999999999999999999\n",
                                         "0\n", " 5\n"};
    (void)state;
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        put(spoilt[i]);
        assert_int_equal(run_mark_read(dir), 0);
    }
    run_mark_write(dir, 3);
    assert_int_equal(run_mark_read(dir) == 3 || run_mark_read(dir) == 0, 1);
}

static void test_without_a_directory(void **state) {
    (void)state;
    run_mark_write("/tmp/no-such-directory-here", 4);
    assert_int_equal(run_mark_read("/tmp/no-such-directory-here"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keeps_the_newest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_number_is_none, set_up, tear_down),
        cmocka_unit_test(test_without_a_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
