#include "support.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_sockets.h"

static struct http_sockets sockets;

static int set_up(void **state) {
    (void)state;
    return !http_sockets_init(&sockets);
}

static int tear_down(void **state) {
    (void)state;
    http_sockets_free(&sockets);
    return 0;
}

static int open_socket(void) {
    int fd = http_sockets_open(&sockets, AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    return fd;
}

/* As it is after a call: watched once, and forgotten. */
static int open_idle(int64_t since_us) {
    int fd = open_socket();
    assert_true(http_sockets_watch(&sockets, fd, EPOLLOUT));
    http_sockets_forget(&sockets, fd, since_us);
    return fd;
}

/* Another file with a number that is free. */
static int take_number(int fd, int file) {
    assert_int_equal(dup2(file, fd), fd);
    return fd;
}

static bool is_shut(int fd) {
    char byte = 'x';
    return send(fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1;
}

static void the_oldest_are_retired(void **state) {
    (void)state;
    int first = open_idle(1000), second = open_idle(2000), third = open_idle(3000);
    http_sockets_watch(&sockets, first, EPOLLOUT); /* in use again */
    http_sockets_retire(&sockets, 2000);
    assert_int_equal(sockets.oldest, third);
    assert_int_equal(sockets.newest, third);
    http_sockets_forget(&sockets, first, 4000);
    assert_int_equal(sockets.newest, first);
    http_sockets_retire(&sockets, 4000);
    assert_int_equal(sockets.oldest, -1);
    assert_int_equal(sockets.newest, -1);
    http_sockets_close(&sockets, first);
    http_sockets_close(&sockets, second);
    http_sockets_close(&sockets, third);
}

/* libcurl does so with a connection that never came about. */
static void one_that_was_closed_by_others_is_left_alone(void **state) {
    (void)state;
    int pair[2], fd = open_idle(1000);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(fd);
    take_number(fd, pair[0]);
    http_sockets_retire(&sockets, 1000);
    assert_false(is_shut(fd));
    assert_int_equal(sockets.oldest, -1);
    close(fd);
    close(pair[0]);
    close(pair[1]);
}

static void its_number_may_be_that_of_the_next_one(void **state) {
    (void)state;
    int before = open_idle(500), fd = open_idle(1000);
    close(fd);
    assert_int_equal(open_socket(), fd);
    assert_true(http_sockets_watch(&sockets, fd, EPOLLOUT));
    http_sockets_forget(&sockets, fd, 2000);
    http_sockets_retire(&sockets, 1500); /* it came to no end */
    assert_int_equal(sockets.oldest, fd);
    http_sockets_retire(&sockets, 2000);
    assert_int_equal(sockets.oldest, -1);
    http_sockets_close(&sockets, fd);
    http_sockets_close(&sockets, before);
}

/* A socket that libcurl opened itself, for what it waits for in another thread. */
static void what_has_its_number_is_watched(void **state) {
    (void)state;
    struct epoll_event event;
    int pair[2], fd = open_idle(1000);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(fd);
    take_number(fd, pair[0]);
    assert_true(http_sockets_watch(&sockets, fd, EPOLLOUT));
    assert_int_equal(epoll_wait(sockets.epoll_fd, &event, 1, 0), 1);
    assert_int_equal(event.data.fd, fd);
    http_sockets_forget(&sockets, fd, 2000); /* not ours: it isn't kept */
    assert_int_equal(epoll_wait(sockets.epoll_fd, &event, 1, 0), 0);
    assert_int_equal(sockets.oldest, -1);
    close(fd);
    close(pair[0]);
    close(pair[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_oldest_are_retired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_was_closed_by_others_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_number_may_be_that_of_the_next_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_has_its_number_is_watched, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
