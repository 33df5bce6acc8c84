#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "file_place.h"

static void make(const char *path) {
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void a_file_that_was_seen_must_stay(void **state) {
    char room[64], path[100], moved[100], log[100];
    const char *dir = support_dir(room);
    struct file_place place = {0}, log_place = {0};
    (void)state;
    snprintf(path, sizeof path, "%s/a.db", dir);
    snprintf(moved, sizeof moved, "%s/b.db", dir);
    snprintf(log, sizeof log, "%s/a.db-wal", dir);
    assert_true(file_place_holds(&place, path)); /* there is none yet */
    make(path);
    assert_true(file_place_holds(&place, path));
    assert_int_equal(rename(path, moved), 0);
    assert_false(file_place_holds(&place, path));
    make(path); /* another one */
    assert_false(file_place_holds(&place, path));
    assert_int_equal(rename(moved, path), 0);
    assert_true(file_place_holds_both(&place, &log_place, path)); /* without a log so far */
    make(log);
    assert_true(file_place_holds_both(&place, &log_place, path));
    unlink(log);
    assert_false(file_place_holds_both(&place, &log_place, path));
    support_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_file_that_was_seen_must_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
