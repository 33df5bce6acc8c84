#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "no_network.h"

#define MUST(true_thing) \
    do { \
        if (!(true_thing)) \
            _exit(__LINE__ & 0x7f); \
    } while (0)

static void ask_for_sockets(int inherited) {
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
    MUST(no_network_available() && no_network_begin());
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        errno = 0;
        MUST(socket(families[i], SOCK_STREAM, 0) == -1);
        MUST(errno == EACCES);
    }
    MUST(write(inherited, "x", 1) == -1 && errno == EBADF); /* what was open is closed */
}

static void ask_for_files(void) {
    MUST(no_network_begin());
    FILE *file = tmpfile();
    MUST(file && fputs("x", file) >= 0 && fclose(file) == 0);
    MUST(no_network_begin()); /* once more does no harm */
}

static void in_a_child(void (*act)(int), void (*other)(void), int fd) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (act)
            act(fd);
        else
            other();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void no_socket_can_be_opened(void **state) {
    int pair[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    in_a_child(ask_for_sockets, NULL, pair[0]);
    close(pair[0]);
    close(pair[1]);
    int here = socket(AF_INET, SOCK_STREAM, 0); /* nothing of it holds outside */
    assert_true(here >= 0);
    close(here);
}

static void files_can(void **state) {
    (void)state;
    in_a_child(NULL, ask_for_files, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_socket_can_be_opened),
        cmocka_unit_test(files_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
