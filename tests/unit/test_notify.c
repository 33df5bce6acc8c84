#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"

static int manager(const char *name, size_t length) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    memcpy(address.sun_path, name, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    return fd;
}

static void assert_heard(int fd, const char *state) {
    char text[200];
    ssize_t n = recv(fd, text, sizeof text, MSG_DONTWAIT);
    assert_int_equal(n, strlen(state));
    assert_memory_equal(text, state, strlen(state));
}

static void a_manager_hears(void **state) {
    char room[64], path[256];
    const char *dir = support_dir(room);
    (void)state;
    int fd = manager(support_path(path, dir, "socket"), strlen(dir) + strlen("/socket"));
    setenv("NOTIFY_SOCKET", path, 1);
    notify("READY=1");
    assert_heard(fd, "READY=1");
    close(fd);
    unlink(path);
    support_remove(dir);
}

static void so_does_one_without_a_file(void **state) {
    char name[64];
    (void)state;
    int length = snprintf(name, sizeof name, "@sluice-test-%d", (int)getpid());
    setenv("NOTIFY_SOCKET", name, 1);
    name[0] = 0;
    int fd = manager(name, (size_t)length);
    notify("STOPPING=1");
    assert_heard(fd, "STOPPING=1");
    close(fd);
}

static void without_a_manager_nothing_happens(void **state) {
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    support_capture(2);
    notify("READY=1");
    setenv("NOTIFY_SOCKET", "", 1);
    notify("READY=1");
    char *said = support_captured(2);
    assert_string_equal(said, "");
    free(said);
}

static void one_that_is_gone_is_a_warning(void **state) {
    char path[300];
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    const char *const gone[] = {"/nowhere/socket", path};
    for (size_t i = 0; i < 2; i++) {
        setenv("NOTIFY_SOCKET", gone[i], 1);
        support_capture(2);
        notify("READY=1");
        char *said = support_captured(2);
        assert_non_null(strstr(said, "can't be told"));
        free(said);
    }
}

static void the_watchdog_wants_to_hear_in_half_of_its_time(void **state) {
    char pid[16];
    (void)state;
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manager_hears),
        cmocka_unit_test(so_does_one_without_a_file),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(one_that_is_gone_is_a_warning),
        cmocka_unit_test(the_watchdog_wants_to_hear_in_half_of_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
