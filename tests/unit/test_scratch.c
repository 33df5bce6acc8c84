#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

static bool is_there(const char *path) {
    struct stat found;
    return stat(path, &found) == 0;
}

static void it_is_removed_with_its_files(void **state) {
    char room[64], path[256];
    const char *dir = support_dir(room);
    struct scratch scratch;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(scratch_make(&scratch, dir, "export", &error), 0);
    assert_non_null(strstr(scratch.dir, "/export-"));
    char *made = strdup(scratch.dir);
    support_write(support_path(path, made, "orders.csv"), "a", 1);
    support_write(support_path(path, made, ".orders.csv.part"), "b", 1);
    scratch_remove(&scratch);
    assert_false(is_there(made));
    scratch_remove(&scratch); /* once is enough */
    free(made);
    assert_int_equal(scratch_make(&scratch, "/proc/nothing", "export", &error), SLUICE_E_CANTCREAT);
    assert_null(scratch.dir);
    support_remove(dir);
}

static void what_the_dead_have_left_is_swept(void **state) {
    char room[64], path[256], left[256], mine[256], other[256];
    const char *dir = support_dir(room);
    struct scratch scratch;
    sluice_error error = ERROR_INIT;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        if (scratch_make(&scratch, dir, "export", &error))
            _exit(1);
        support_write(support_path(path, scratch.dir, "orders.csv"), "a", 1);
        support_path(left, dir, "left"); /* which one it was */
        support_write(left, scratch.dir, strlen(scratch.dir));
        _exit(0);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    FILE *file = fopen(support_path(path, dir, "left"), "r");
    assert_non_null(file);
    assert_non_null(fgets(left, sizeof left, file));
    fclose(file);
    assert_int_equal(scratch_make(&scratch, dir, "export", &error), 0);
    snprintf(mine, sizeof mine, "%s", scratch.dir);
    support_path(other, dir, "export-of-mine");
    assert_int_equal(mkdir(other, 0700), 0);
    assert_true(is_there(left));
    scratch_sweep(dir, "export");
    assert_false(is_there(left));
    assert_true(is_there(mine));  /* somebody is at work there */
    assert_true(is_there(other)); /* that isn't ours */
    scratch_remove(&scratch);
    support_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_removed_with_its_files),
                                       cmocka_unit_test(what_the_dead_have_left_is_swept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
