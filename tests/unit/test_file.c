#include "support.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "text.h"

static char dir[64], path[256];
static sluice_arena arena;
static sluice_error error;
static sluice_text text;

static int begin(void **state) {
    (void)state;
    support_path(path, support_dir(dir), "file");
    error = (sluice_error)ERROR_INIT;
    text = (sluice_text){NULL, 0};
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(&arena);
    support_remove(dir);
    return 0;
}

static void it_is_read_whole_and_terminated(void **state) {
    (void)state;
    support_write(path, "a\0b\n", 4);
    assert_int_equal(file_read(path, 100, &arena, &text, &error), 0);
    assert_int_equal(text.len, 4);
    assert_memory_equal(text.ptr, "a\0b\n", 5);
}

static void an_empty_one_is_no_failure(void **state) {
    (void)state;
    support_write(path, "", 0);
    assert_int_equal(file_read(path, 100, &arena, &text, &error), 0);
    assert_int_equal(text.len, 0);
    assert_string_equal(text.ptr, "");
}

static void the_limit_is_the_most_that_is_read(void **state) {
    (void)state;
    support_write(path, "12345", 5);
    assert_int_equal(file_read(path, 5, &arena, &text, &error), 0);
    assert_true(text_is(text, "12345"));
    assert_int_equal(file_read(path, 4, &arena, &text, &error), SLUICE_E_DATA);
    assert_string_equal(error.text, "larger than 4 bytes; is it the right file?");
}

static void what_cannot_be_read_says_why(void **state) {
    (void)state;
    assert_int_equal(file_read(path, 100, &arena, &text, &error), SLUICE_E_NOINPUT);
    assert_string_equal(error.text, "can't be read: No such file or directory");
    assert_int_equal(file_read(dir, 100, &arena, &text, &error), SLUICE_E_NOINPUT);
    assert_string_equal(error.text, "can't be read: Is a directory");
}

static void *feed(void *bytes) {
    int fd = open(path, O_WRONLY);
    for (const char *at = bytes; *at; at++)
        if (write(fd, at, 1) != 1)
            break;
    close(fd);
    return NULL;
}

/* <(…) of a shell: its size isn't known, and it comes in pieces. */
static void a_pipe_is_read_to_its_end(void **state) {
    pthread_t thread;
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    pthread_create(&thread, NULL, feed, "source: {csv: {}}");
    assert_int_equal(file_read(path, 100, &arena, &text, &error), 0);
    pthread_join(thread, NULL);
    assert_true(text_is(text, "source: {csv: {}}"));
}

static void a_pipe_that_nobody_writes_to_is_given_up(void **state) {
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(file_read(path, 100, &arena, &text, &error), SLUICE_E_NOINPUT);
    assert_string_equal(error.text,
                        "it is no file, and nothing has come from it for 10 s; name a file, or start "
                        "what writes to it");
}

static void a_device_without_an_end_is_too_large(void **state) {
    (void)state;
    assert_int_equal(file_read("/dev/zero", 1000, &arena, &text, &error), SLUICE_E_DATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_is_read_whole_and_terminated),
        TEST(an_empty_one_is_no_failure),
        TEST(the_limit_is_the_most_that_is_read),
        TEST(what_cannot_be_read_says_why),
        TEST(a_pipe_is_read_to_its_end),
        TEST(a_pipe_that_nobody_writes_to_is_given_up),
        TEST(a_device_without_an_end_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
