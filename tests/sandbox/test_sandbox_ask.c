/* The sandbox as it is asked in its own process: what it sees of a request, and what its faults come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sluice/plugin.h>

#include "http.h"
#include "sandbox.h"
#include "text.h"

#include <cmocka.h>

const sluice_plugin *sluice_plugin_v1(void); /* fixture.c, linked in */

struct config {
    sluice_text prefix;
    int64_t start;
};

static const struct config config = {{"placed ", 7}, 100};

static struct sandbox *open_sandbox(const char *fault, const char *books) {
    struct fault parsed = {0};
    struct sandbox_settings settings = {.type = sluice_plugin_v1()->components,
                                        .config = &config,
                                        .provider = "sandbox_fixture",
                                        .faults = &parsed,
                                        .state_path = books};
    struct sandbox *sandbox;
    sluice_error error = ERROR_INIT;
    if (fault && fault_parse(fault, NULL, &parsed, &error))
        fail_msg("%s", error.text);
    settings.fault_count = fault != NULL;
    if (sandbox_open(&settings, &sandbox, &error))
        fail_msg("%s", error.text);
    return sandbox;
}

static sluice_arena arena;

static struct stand_in_reply ask(struct sandbox *sandbox, const struct http_request *request) {
    struct stand_in_reply reply;
    sandbox_ask(sandbox, request, &arena, &reply);
    return reply;
}

static struct stand_in_reply get(struct sandbox *sandbox, const char *path) {
    char url[200];
    snprintf(url, sizeof url, "https://fixture.test%s", path);
    const struct http_request request = {.method = "GET", .url = url};
    return ask(sandbox, &request);
}

static void assert_body(const struct stand_in_reply *reply, const char *body) {
    if (!text_is(reply->body, body))
        fail_msg("'%.*s' instead of '%s'", TEXT_ARG(reply->body), body);
}

static void a_request_is_seen_as_over_a_connection(void **state) {
    struct sandbox *sandbox = open_sandbox(NULL, NULL);
    const struct http_header headers[] = {{"Content-Type: application/x-www-form-urlencoded; charset=utf-8"},
                                          {"X-One:  two "}};
    const struct http_request form = {.method = "POST",
                                      .url = "https://fixture.test/ec%68o?a=1+2&b=%26&c",
                                      .headers = headers,
                                      .header_count = 2,
                                      .body = TEXT("d=%C3%A4+&a=3&=x&&%zz=1")};
    const struct http_request other = {
        .method = "PUT", .url = "https://fixture.test/echo", .body = TEXT("d=1")};
    (void)state;
    struct stand_in_reply reply = ask(sandbox, &form);
    assert_int_equal(reply.outcome, HTTP_REPLIED);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.content_type, "text/plain");
    assert_body(&reply, "method 2, 23 bytes\n? a=1 2\n? a=3\n? b=&\n? c=\n? d=ä \n? =x\n? %zz=1\n"
                        ": content-type=application/x-www-form-urlencoded; charset=utf-8\n: x-one=two\n");
    reply = ask(sandbox, &other);
    assert_body(&reply, "method 3, 3 bytes\n");
    reply = get(sandbox, "/nowhere");
    assert_int_equal(reply.status, 404);
    reply = get(sandbox, "");
    assert_int_equal(reply.status, 404);
    reply = get(sandbox, "/headed");
    assert_string_equal(stand_in_header(&reply, "retry-after"), "120");
    reply = get(sandbox, "/broken");
    assert_int_equal(reply.status, 500);
    assert_int_equal(sandbox_stop(sandbox, NULL), 0);
}

struct spoilt {
    const char *fault;
    enum http_outcome outcome;
    int status;
    const char *body;
    unsigned charges;
};

static void faults_come_to_what_they_come_to_over_a_connection(void **state) {
    static const struct spoilt cases[] = {
        {NULL, HTTP_REPLIED, 200, "placed 100", 1},
        {"close", HTTP_BROKEN, 0, "", 1},
        {"hang", HTTP_TIMEOUT, 0, "", 1},
        {"truncate", HTTP_BROKEN, 200, "place", 1},
        {"empty", HTTP_REPLIED, 200, "", 1},
        {"http-500:503", HTTP_REPLIED, 503, NULL, 1},
        {"html", HTTP_REPLIED, 200, NULL, 0},
        {"html-after", HTTP_REPLIED, 200, NULL, 1},
        {"garbage", HTTP_REPLIED, 200, NULL, 1},
        {"redirect", HTTP_REPLIED, 301, "", 0},
        {"big", HTTP_TOO_LARGE, 200, NULL, 1},
        {"resent", HTTP_REPLIED, 200, "duplicate 100", 1},
        {"taken", HTTP_REPLIED, 200, "duplicate 100", 0},
        {"latency:1h", HTTP_REPLIED, 200, "placed 100", 1},
        {"no-credit", HTTP_REPLIED, 200, "no credit", 0},
        {"close-idle", HTTP_REPLIED, 200, "placed 100", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sandbox *sandbox = open_sandbox(cases[i].fault, NULL);
        struct sandbox_counts counts;
        struct stand_in_reply reply = get(sandbox, "/order?id=1&service=2");
        sandbox_count(sandbox, &counts);
        if (reply.outcome != cases[i].outcome || reply.status != cases[i].status ||
            counts.charges != cases[i].charges || !reply.redirect == (cases[i].status == 301))
            fail_msg("%s: %d %d %u", cases[i].fault, reply.outcome, reply.status, (unsigned)counts.charges);
        if (cases[i].body)
            assert_body(&reply, cases[i].body);
        assert_int_equal(sandbox_stop(sandbox, NULL), 0);
    }
}

static void a_kept_connection_is_closed_at_its_second_request(void **state) {
    struct sandbox *sandbox = open_sandbox("close-idle", NULL);
    (void)state;
    assert_int_equal(get(sandbox, "/order?id=1").outcome, HTTP_REPLIED);
    assert_int_equal(get(sandbox, "/order?id=2").outcome, HTTP_BROKEN);
    assert_int_equal(sandbox_stop(sandbox, NULL), 0);
}

static void books_outlive_it(void **state) {
    char books[] = "/tmp/sluice-books-XXXXXX";
    int fd = mkstemp(books);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    unlink(books);
    struct sandbox *sandbox = open_sandbox(NULL, books);
    get(sandbox, "/order?id=1");
    assert_int_equal(sandbox_stop(sandbox, NULL), 0);
    sandbox = open_sandbox(NULL, books);
    struct stand_in_reply reply = get(sandbox, "/order?id=1");
    struct sandbox_counts counts;
    sandbox_count(sandbox, &counts);
    assert_body(&reply, "duplicate 100");
    assert_int_equal(counts.charges, 1);
    assert_int_equal(sandbox_stop(sandbox, NULL), 0);
    unlink(books);
}

static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_request_is_seen_as_over_a_connection, tear_down),
        cmocka_unit_test_teardown(faults_come_to_what_they_come_to_over_a_connection, tear_down),
        cmocka_unit_test_teardown(a_kept_connection_is_closed_at_its_second_request, tear_down),
        cmocka_unit_test_teardown(books_outlive_it, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
