#include "support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor.h"

static struct monitor *monitor;
static int asked;

static char *make_page(void *user, unsigned *status) {
    (*(int *)user)++;
    *status = 503;
    return strdup("the page\n");
}

static const struct monitor_page pages[] = {{"/page", "text/plain", make_page}, {0}};

static int set_up(void **state) {
    struct listen_address address;
    (void)state;
    asked = 0;
    return listen_parse("127.0.0.1:0", &address, NULL) ||
           monitor_start(&address, pages, &asked, &monitor, NULL);
}

static int tear_down(void **state) {
    (void)state;
    monitor_stop(monitor);
    return 0;
}

static int connected(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned port = 0;
    assert_int_equal(sscanf(monitor_url(monitor), "http://127.0.0.1:%u", &port), 1);
    address.sin_port = htons((uint16_t)port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* The whole reply to these bytes; the connection is to be closed behind it. */
static const char *reply_to(const char *request) {
    static char reply[4096];
    size_t used = 0;
    ssize_t n;
    int fd = connected();
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    while (used < sizeof reply - 1 && (n = read(fd, reply + used, sizeof reply - 1 - used)) > 0)
        used += (size_t)n;
    reply[used] = 0;
    close(fd);
    return reply;
}

#define END "Connection: close\r\n\r\n"

static void a_page_is_made_when_it_is_asked_for(void **state) {
    (void)state;
    const char *reply = reply_to("GET /page HTTP/1.1\r\nHost: 127.0.0.1:1\r\n" END);
    assert_non_null(strstr(reply, "HTTP/1.1 503 "));
    assert_non_null(strstr(reply, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(reply, "\r\n\r\nthe page\n"));
    assert_int_equal(asked, 1);
    reply = reply_to("GET /page?x=1 HTTP/1.1\r\nHost: LocalHost\r\n" END);
    assert_non_null(strstr(reply, "the page"));
    assert_non_null(strstr(reply_to("HEAD /page HTTP/1.1\r\nHost: [::1]:80\r\n" END), " 503 "));
    assert_int_equal(asked, 3);
}

static void other_names_see_nothing(void **state) {
    static const char *const hosts[] = {"Host: rebound.example\r\n", "Host: 127.0.0.1.example:80\r\n",
                                        "Host: localhost.\r\n",      "Host: \r\n",
                                        "Host: [::2]\r\n",           "Host: 127.0.0.2\r\n"};
    char request[200];
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        snprintf(request, sizeof request, "GET /page HTTP/1.1\r\n%s" END, hosts[i]);
        assert_non_null(strstr(reply_to(request), " 403 "));
    }
    assert_non_null(strstr(reply_to("GET /page HTTP/1.0\r\n\r\n"), " 403 "));
    assert_int_equal(asked, 0);
}

static void nothing_can_be_done_but_look(void **state) {
    static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"};
    char request[200];
    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        snprintf(request, sizeof request,
                 "%s /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n" END "body", methods[i]);
        assert_non_null(strstr(reply_to(request), " 405 "));
    }
    assert_int_equal(asked, 0);
    assert_non_null(strstr(reply_to("GET /other HTTP/1.1\r\nHost: localhost\r\n" END), " 404 "));
}

static void who_sends_half_a_request_holds_nobody_up(void **state) {
    int half[20];
    (void)state;
    for (size_t i = 0; i < sizeof half / sizeof *half; i++) {
        half[i] = connected();
        assert_int_equal(write(half[i], "GET /pa", 7), 7);
    }
    assert_non_null(strstr(reply_to("GET /page HTTP/1.1\r\nHost: localhost\r\n" END), "the page"));
    for (size_t i = 0; i < sizeof half / sizeof *half; i++)
        close(half[i]);
}

/* More of them than there is room for. */
static void who_says_nothing_keeps_nobody_out(void **state) {
    enum { MANY = 300 };
    static int half[MANY];
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < MANY; i++)
            half[i] = connected();
        assert_non_null(strstr(reply_to("GET /page HTTP/1.1\r\nHost: localhost\r\n" END), "the page"));
        for (size_t i = 0; i < MANY; i++)
            close(half[i]);
    }
    assert_int_equal(asked, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page_is_made_when_it_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_names_see_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_can_be_done_but_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_sends_half_a_request_holds_nobody_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_says_nothing_keeps_nobody_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
