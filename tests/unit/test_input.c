#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"

static char dir[64];
static struct inputs inputs;
static sluice_error error;
static int kept_stdin;

static int begin(void **state) {
    (void)state;
    support_dir(dir);
    inputs = (struct inputs){.spool_dir = dir};
    error = (sluice_error)ERROR_INIT;
    kept_stdin = dup(STDIN_FILENO);
    return 0;
}

static int end(void **state) {
    (void)state;
    inputs_free(&inputs);
    support_remove(dir);
    if (kept_stdin >= 0) {
        dup2(kept_stdin, STDIN_FILENO);
        close(kept_stdin);
    }
    return 0;
}

/* Open, compare what is in it, close. */
static void check_open(const char *path, const char *expected) {
    char got[100];
    int fd = -1;
    assert_int_equal(input_open(&inputs, path, &fd, &error), 0);
    assert_true(fd > 2);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ssize_t n = read(fd, got, sizeof got);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(got, expected, (size_t)n);
    close(fd);
}

static void check_refused(const char *path, int code, const char *why) {
    int fd = -1;
    assert_int_equal(input_open(&inputs, path, &fd, &error), code);
    assert_non_null(strstr(error.text, why));
}

static void a_file_is_opened(void **state) {
    char path[256];
    (void)state;
    support_write(support_path(path, dir, "a.csv"), "abc", 3);
    check_open(path, "abc");
    support_write(path, "changed, which is nobody's business", 7);
    check_open(path, "changed");
}

static void what_is_no_file_is_refused(void **state) {
    char path[256];
    (void)state;
    check_refused(support_path(path, dir, "missing"), SLUICE_E_NOINPUT, "No such file");
    check_refused(dir, SLUICE_E_NOINPUT, "is a directory");
    if (geteuid() == 0)
        return; /* root may read anything */
    support_write(support_path(path, dir, "locked"), "x", 1);
    chmod(path, 0);
    check_refused(path, SLUICE_E_NOINPUT, "Permission denied");
}

static void a_file_that_changed_after_it_was_counted_is_refused(void **state) {
    char path[256], other[256];
    (void)state;
    inputs.twice = true;
    support_write(support_path(path, dir, "a.csv"), "abc", 3);
    check_open(path, "abc");
    check_open(path, "abc");
    support_write(path, "abcd", 4);
    check_refused(path, SLUICE_E_DATA, "changed after it was counted");
    /* Replaced by a file of the same size and time: still another file. */
    inputs_free(&inputs);
    check_open(path, "abcd");
    struct stat before;
    assert_int_equal(stat(path, &before), 0);
    support_write(support_path(other, dir, "b.csv"), "wxyz", 4);
    assert_int_equal(utimensat(AT_FDCWD, other, (struct timespec[]){before.st_atim, before.st_mtim}, 0), 0);
    assert_int_equal(rename(other, path), 0);
    check_refused(path, SLUICE_E_DATA, "changed after it was counted");
}

static void a_pipe_with_a_name_cannot_be_read_twice(void **state) {
    char path[256];
    (void)state;
    support_path(path, dir, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    inputs.twice = true;
    check_refused(path, SLUICE_E_NOINPUT, "not a regular file");
}

static void stdin_is_text(const char *text, size_t length) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, length), (ssize_t)length);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
}

static void standard_input_is_read_as_it_comes(void **state) {
    (void)state;
    stdin_is_text("abc", 3);
    check_open("-", "abc");
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* still open: it isn't the reader's to close */
}

static void standard_input_is_kept_aside_to_be_read_twice(void **state) {
    (void)state;
    inputs.twice = true;
    stdin_is_text("imei\n001001001234563\n", 21);
    check_open("-", "imei\n001001001234563\n");
    check_open("-", "imei\n001001001234563\n");
    DIR *listing = opendir(dir);
    size_t names = 0;
    while (readdir(listing))
        names++;
    closedir(listing);
    assert_int_equal(names, 2); /* "." and "..": nothing that a crash could leave behind */
}

static void two_positions_in_standard_input_are_apart(void **state) {
    int one = -1, two = -1;
    char c;
    (void)state;
    inputs.twice = true;
    stdin_is_text("ab", 2);
    assert_int_equal(input_open(&inputs, "-", &one, &error), 0);
    assert_int_equal(read(one, &c, 1), 1);
    assert_int_equal(input_open(&inputs, "-", &two, &error), 0);
    assert_int_equal(read(two, &c, 1), 1);
    assert_int_equal(c, 'a');
    assert_int_equal(read(one, &c, 1), 1);
    assert_int_equal(c, 'b');
    close(one);
    close(two);
}

static void closed_standard_input_is_missing_input(void **state) {
    (void)state;
    close(STDIN_FILENO);
    check_refused("-", SLUICE_E_NOINPUT, "standard input");
    inputs.twice = true;
    check_refused("-", SLUICE_E_NOINPUT, "standard input");
}

static void a_place_to_keep_it_that_is_none_is_named(void **state) {
    char path[256];
    (void)state;
    inputs.twice = true;
    inputs.spool_dir = support_path(path, dir, "missing");
    stdin_is_text("abc", 3);
    check_refused("-", SLUICE_E_IO, "missing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static void a_file_is_looked_at_while_it_is_read(void **state) {
    char path[256], other[256];
    int fd = -1;
    (void)state;
    inputs.twice = true;
    support_write(support_path(path, dir, "a.csv"), "abc", 3);
    support_write(support_path(other, dir, "b.csv"), "abc", 3);
    assert_int_equal(input_open(&inputs, path, &fd, &error), 0);
    close(fd);
    assert_true(inputs_have(&inputs, path));
    assert_false(inputs_have(&inputs, other));
    assert_false(inputs_have(&inputs, "/nowhere"));
    assert_int_equal(inputs_check(&inputs, &error), 0);
    support_write(path, "abcd", 4);
    assert_int_equal(inputs_check(&inputs, &error), SLUICE_E_DATA);
    assert_non_null(strstr(error.text, "a.csv: was written while it was read"));
    inputs.twice = false; /* nothing is paid */
    assert_int_equal(inputs_check(&inputs, &error), 0);
    inputs.twice = true;
    assert_int_equal(rename(other, path), 0); /* another file in its place isn't read */
    assert_int_equal(inputs_check(&inputs, &error), 0);
}

/* A pipe that somebody holds open and never writes to. */
static void what_is_waited_for_is_cut(void **state) {
    int ends[2], fd = -1;
    char byte;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    kept_stdin = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(input_open(&inputs, "-", &fd, &error), 0);
    inputs_cut(&inputs);
    assert_int_equal(read(fd, &byte, 1), 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(ends[1], "x", 1), 1); /* the pipe itself isn't touched */
    assert_int_equal(read(STDIN_FILENO, &byte, 1), 1);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

static void what_has_another_use_by_now_is_not_cut(void **state) {
    int ends[2], fd = -1;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    kept_stdin = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(input_open(&inputs, "-", &fd, &error), 0);
    close(fd);
    int other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup2(other, fd), fd);
    inputs_cut(&inputs);
    char byte = 1;
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(byte, 0);
    if (other != fd)
        close(other);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_looked_at_while_it_is_read),
        TEST(a_file_is_opened),
        TEST(what_is_no_file_is_refused),
        TEST(a_file_that_changed_after_it_was_counted_is_refused),
        TEST(a_pipe_with_a_name_cannot_be_read_twice),
        TEST(standard_input_is_read_as_it_comes),
        TEST(standard_input_is_kept_aside_to_be_read_twice),
        TEST(two_positions_in_standard_input_are_apart),
        TEST(closed_standard_input_is_missing_input),
        TEST(a_place_to_keep_it_that_is_none_is_named),
        TEST(what_is_waited_for_is_cut),
        TEST(what_has_another_use_by_now_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
