#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check_times.h"
#include "log.h"
#include "text.h"

static char room[64], file[256];
static const char *dir;
static sluice_error error = ERROR_INIT;

static int set_up(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    dir = support_dir(room);
    support_path(file, dir, "checks.db");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    support_remove(dir);
    return 0;
}

static struct check_times *opened(const char *account) {
    struct check_times *times = NULL;
    error = (sluice_error)ERROR_INIT;
    assert_int_equal(check_times_open(dir, TEXT("shop"), text_of(account), &times, &error), 0);
    return times;
}

static void assert_found(struct check_times *times, const char *id, int64_t first, int64_t last) {
    int64_t first_ms = 0, last_ms = 0;
    assert_true(check_times_find(times, text_of(id), &first_ms, &last_ms));
    assert_int_equal(first_ms, first);
    assert_int_equal(last_ms, last);
}

static bool knows(struct check_times *times, const char *id) {
    int64_t first_ms, last_ms;
    return check_times_find(times, text_of(id), &first_ms, &last_ms);
}

static void note(struct check_times *times, const char *id, int64_t at) {
    assert_int_equal(check_times_note(times, text_of(id), at, &error), 0);
}

static const int64_t LATELY = 9000000000000; /* the future isn't forgotten */

static void times_outlive_the_process(void **state) {
    (void)state;
    struct check_times *times = opened("me");
    assert_false(knows(times, "1"));
    note(times, "1", LATELY);
    note(times, "2", LATELY + 1);
    assert_int_equal(check_times_keep(times, &error), 0);
    note(times, "1", LATELY + 50);
    check_times_close(times);
    times = opened("me");
    assert_found(times, "1", LATELY, LATELY + 50);
    assert_found(times, "2", LATELY + 1, LATELY + 1);
    assert_false(knows(times, "3"));
    check_times_close(times);
}

static void each_account_has_its_own(void **state) {
    (void)state;
    struct check_times *mine = opened("me"), *other;
    note(mine, "1", LATELY);
    check_times_close(mine);
    other = opened("you");
    assert_false(knows(other, "1"));
    note(other, "1", LATELY + 7);
    check_times_close(other);
    mine = opened("me");
    assert_found(mine, "1", LATELY, LATELY);
    check_times_close(mine);
}

static void what_is_long_over_is_forgotten(void **state) {
    (void)state;
    struct check_times *times = opened("me");
    note(times, "old", 1000);
    note(times, "new", LATELY);
    check_times_close(times);
    times = opened("me");
    assert_false(knows(times, "old"));
    assert_true(knows(times, "new"));
    check_times_close(times);
}

static void a_damaged_file_is_begun_anew(void **state) {
    char bytes[8192];
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    support_write(file, bytes, sizeof bytes);
    support_capture(2);
    struct check_times *times = opened("me");
    char *said = support_captured(2);
    assert_non_null(strstr(said, "is damaged; it is begun anew"));
    free(said);
    note(times, "1", LATELY);
    check_times_close(times);
    times = opened("me");
    assert_true(knows(times, "1"));
    check_times_close(times);
}

static void the_file_is_private(void **state) {
    struct stat about;
    (void)state;
    check_times_close(opened("me"));
    assert_int_equal(stat(file, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void a_directory_that_cannot_be_used_is_said(void **state) {
    struct check_times *times = NULL;
    (void)state;
    support_write(file, "", 0);
    error = (sluice_error)ERROR_INIT;
    assert_true(check_times_open(file, TEXT("shop"), TEXT("me"), &times, &error) < 0);
    assert_null(times);
    assert_true(strlen(error.text) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(times_outlive_the_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_account_has_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_long_over_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_begun_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_file_is_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_used_is_said, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
