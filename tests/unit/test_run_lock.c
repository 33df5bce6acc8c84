#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_lock.h"

#include <cmocka.h> /* last: it has a macro called fail */

static sluice_error error = ERROR_INIT;

static int set_up(void **state) {
    *state = strdup("/tmp/test-run-lock-XXXXXX");
    return mkdtemp(*state) ? 0 : -1;
}

static int tear_down(void **state) {
    char path[100];
    snprintf(path, sizeof path, "%s/runs/7.lock", (char *)*state);
    unlink(path);
    snprintf(path, sizeof path, "%s/runs", (char *)*state);
    rmdir(path);
    rmdir(*state);
    free(*state);
    return 0;
}

static struct run_lock *take(const char *dir) {
    struct run_lock *lock = NULL;
    assert_int_equal(run_lock_take(dir, 7, false, &lock, &error), RUN_LOCK_TAKEN);
    assert_non_null(lock);
    return lock;
}

static bool exists(const char *dir) {
    char path[100];
    snprintf(path, sizeof path, "%s/runs/7.lock", dir);
    return access(path, F_OK) == 0;
}

static void one_at_a_time_has_it(void **state) {
    struct run_lock *other, *lock = take(*state);
    assert_int_equal(lock->run, 7);
    assert_int_equal(run_lock_take(*state, 7, false, &other, &error), RUN_LOCK_HELD);
    run_lock_drop(lock);
    assert_true(exists(*state));
    run_lock_end(take(*state));
    assert_false(exists(*state));
    run_lock_end(NULL);
    run_lock_drop(NULL);
}

static void only_the_owner_may_look_at_it(void **state) {
    char path[100];
    struct stat status;
    struct run_lock *lock = take(*state);
    assert_int_equal(fstat(lock->fd, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/runs", (char *)*state);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    run_lock_end(lock);
}

static void a_killed_process_has_it_no_more(void **state) {
    int ready[2];
    char byte;
    struct run_lock *lock;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        take(*state);
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(run_lock_take(*state, 7, false, &lock, &error), RUN_LOCK_HELD);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    run_lock_end(take(*state));
    close(ready[0]);
    close(ready[1]);
}

/* Who fails to begin a run removes the file and lets go of it: a lock on the removed file is none. */
static void a_removed_file_is_not_taken_for_the_lock(void **state) {
    char path[100];
    struct run_lock *stale = take(*state);
    snprintf(path, sizeof path, "%s/runs/7.lock", (char *)*state);
    unlink(path);
    struct run_lock *lock = take(*state);
    run_lock_drop(stale);
    struct run_lock *other;
    assert_int_equal(run_lock_take(*state, 7, false, &other, &error), RUN_LOCK_HELD);
    run_lock_end(lock);
}

static void a_directory_that_cant_be_made_is_named(void **state) {
    struct run_lock *lock = NULL;
    (void)state;
    assert_int_equal(run_lock_take("/proc/no", 7, false, &lock, &error), SLUICE_E_IO);
    assert_non_null(strstr(error.text, "/proc/no/runs"));
    assert_null(lock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_at_a_time_has_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_owner_may_look_at_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_process_has_it_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_removed_file_is_not_taken_for_the_lock, set_up, tear_down),
        cmocka_unit_test(a_directory_that_cant_be_made_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
