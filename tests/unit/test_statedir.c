#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "statedir.h"

static char dir[64];

static int begin(void **state) {
    (void)state;
    support_dir(dir);
    return 0;
}

static int end(void **state) {
    (void)state;
    support_remove(dir);
    return 0;
}

static void it_is_made_with_all_above_it(void **state) {
    static const char *const names[] = {"a", "b/c/d", "b/c", "e//f/", "."};
    char path[256];
    struct stat found;
    sluice_error error = ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(statedir_make(support_path(path, dir, names[i]), &error), 0);
        assert_int_equal(statedir_make(path, &error), 0); /* again */
        assert_int_equal(stat(path, &found), 0);
        assert_true(S_ISDIR(found.st_mode));
        assert_int_equal(found.st_mode & 0777, 0700);
    }
}

static void a_relative_path_is_made_where_we_are(void **state) {
    char before[4096];
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(statedir_make("x/y", &error), 0);
    assert_int_equal(access("x/y", F_OK), 0);
    assert_int_equal(chdir(before), 0);
}

static void a_file_in_the_way_is_named(void **state) {
    char file[256], path[256];
    sluice_error error = ERROR_INIT;
    (void)state;
    support_write(support_path(file, dir, "file"), "x", 1);
    assert_int_equal(statedir_make(file, &error), SLUICE_E_CANTCREAT);
    assert_non_null(strstr(error.text, "is a file"));
    assert_int_equal(statedir_make(support_path(path, file, "below"), &error), SLUICE_E_CANTCREAT);
    assert_non_null(strstr(error.text, "--state-dir"));
}

static void a_path_that_is_none_is_refused(void **state) {
    char *path = malloc(10001);
    sluice_error error = ERROR_INIT;
    (void)state;
    memset(path, 'x', 10000);
    path[10000] = 0;
    assert_int_equal(statedir_make(path, &error), SLUICE_E_USAGE);
    assert_true(statedir_make("", &error) < 0);
    path[300] = 0; /* one name too long for any file system */
    assert_int_equal(statedir_make(path, &error), SLUICE_E_CANTCREAT);
    free(path);
}

static void where_nothing_may_be_written_is_refused(void **state) {
    char path[256];
    sluice_error error = ERROR_INIT;
    (void)state;
    if (geteuid() == 0)
        return; /* root may write anywhere */
    support_path(path, dir, "locked");
    assert_int_equal(mkdir(path, 0500), 0);
    assert_int_equal(statedir_make(path, &error), SLUICE_E_CANTCREAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_made_with_all_above_it, begin, end),
        cmocka_unit_test_setup_teardown(a_relative_path_is_made_where_we_are, begin, end),
        cmocka_unit_test_setup_teardown(a_file_in_the_way_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_path_that_is_none_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(where_nothing_may_be_written_is_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
