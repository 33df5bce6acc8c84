#include "support.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stop.h"

static bool readable(const struct stop *stop) {
    struct pollfd fd = {.fd = stop->fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void a_wish_is_heard_once_and_stays(void **state) {
    struct stop stop;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(stop_on_wish(&stop, &error), 0);
    assert_int_equal(stop_arm(&stop, &error), 0);
    assert_false(readable(&stop));
    stop_wish(&stop);
    stop_wish(&stop);
    assert_true(readable(&stop));
    stop_heard(&stop);
    assert_false(readable(&stop));
    assert_true(atomic_load(&stop.wanted));
    stop_close(&stop);
    assert_int_equal(stop.fd, -1);
    stop_close(&stop);
}

/* In a child: signals belong to the whole process. The exit code, or minus the signal that ended it. */
static int in_child(int (*act)(void)) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGHUP, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        _exit(act());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int before_it_is_armed(void) {
    struct stop stop;
    stop_on_signals(&stop);
    raise(SIGTERM);
    return 0;
}

static int the_first(void) {
    struct stop stop;
    stop_on_signals(&stop);
    if (stop_arm(&stop, NULL))
        return 1;
    raise(SIGTERM);
    if (!readable(&stop) || atomic_load(&stop.wanted))
        return 2;
    stop_heard(&stop);
    return atomic_load(&stop.wanted) ? 3 : 4;
}

static int the_second(void) {
    struct stop stop;
    stop_on_signals(&stop);
    if (stop_arm(&stop, NULL))
        return 1;
    raise(SIGTERM);
    stop_heard(&stop);
    raise(SIGINT);
    stop_heard(&stop);
    return 2;
}

static int an_ignored_one(void) {
    struct stop stop;
    signal(SIGHUP, SIG_IGN);
    stop_on_signals(&stop);
    if (stop_arm(&stop, NULL))
        return 1;
    raise(SIGHUP);
    return readable(&stop) ? 2 : 3;
}

static void signals_are_heard_from_when_it_is_armed(void **state) {
    (void)state;
    assert_int_equal(in_child(before_it_is_armed), -SIGTERM);
    assert_int_equal(in_child(the_first), 3);
    assert_int_equal(in_child(the_second), 128 + SIGINT);
    assert_int_equal(in_child(an_ignored_one), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wish_is_heard_once_and_stays),
        cmocka_unit_test(signals_are_heard_from_when_it_is_armed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
