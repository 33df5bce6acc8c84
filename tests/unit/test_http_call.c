#include "support.h"

#include <stdio.h>
#include <string.h>

#include "http_call.h"
#include "text.h"

static const struct http_settings settings = {
    .connect_ms = 1000, .timeout_ms = 2000, .reply_limit = 5000, .slots = 1};
static const struct http_events events = {0};
static struct http_sockets sockets;
static struct http_call call;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    error = (sluice_error)ERROR_INIT;
    const struct curl_library *curl = curl_library(&error);
    return curl && http_call_init(&call, curl, &events, &sockets) ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    http_call_free(&call);
    return 0;
}

static int prepare(const struct http_request *request) {
    return http_call_prepare(&call, request, &settings, 77, &error);
}

static struct http_request get(const char *url) {
    return (struct http_request){.method = "GET", .url = url};
}

/* What is known of one call must not be taken for something of the next. */
static void nothing_is_left_of_the_call_before(void **state) {
    struct http_request request = get("http://127.0.0.1:1/");
    (void)state;
    call.received = call.head = 99;
    call.starts = 1;
    call.status = 200;
    call.content_type = "text/html";
    call.too_large = call.stopped = true;
    strcpy(call.problem, "it broke");
    request.tag = &request;
    assert_int_equal(prepare(&request), 0);
    assert_ptr_equal(call.tag, &request);
    assert_int_equal(call.received + call.head + call.starts + (uint64_t)call.status, 0);
    assert_null(call.content_type);
    assert_false(call.too_large || call.stopped);
    assert_string_equal(call.problem, "");
    assert_int_equal(call.begun_us, 77);
}

static void a_request_may_have_limits_of_its_own(void **state) {
    struct http_request request = get("http://127.0.0.1:1/");
    (void)state;
    assert_int_equal(prepare(&request), 0);
    assert_int_equal(call.connect_ms, 1000);
    assert_int_equal(call.timeout_ms, 2000);
    assert_int_equal(call.reply_limit, 5000);
    request.connect_ms = 1;
    request.timeout_ms = 2;
    request.reply_limit = 3;
    assert_int_equal(prepare(&request), 0);
    assert_int_equal(call.connect_ms, 1);
    assert_int_equal(call.timeout_ms, 2);
    assert_int_equal(call.reply_limit, 3);
    request = get("http://127.0.0.1:1/");
    assert_int_equal(prepare(&request), 0);
    assert_int_equal(call.timeout_ms, 2000);
}

/* Only a POST without a body announces a length of 0, which some servers insist on. */
static void what_has_a_body_is_known_by_the_method_or_the_body(void **state) {
    static const struct {
        const char *method, *body;
        bool has_body;
    } cases[] = {{"GET", "", false}, {"POST", "", true},     {"POST", "a=b", true},
                 {"PUT", "", false}, {"PUT", "bytes", true}, {"DELETE", "", false},
                 {"GET", "", false}, {"PATCH", "a=b", true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = get("http://127.0.0.1:1/");
        request.method = cases[i].method;
        request.body = text_of(cases[i].body);
        assert_int_equal(prepare(&request), 0);
        assert_string_equal(call.method, cases[i].method);
        assert_int_equal(call.has_body, cases[i].has_body);
    }
}

static void an_order_is_marked_and_the_next_call_is_none(void **state) {
    struct http_request request = get("http://127.0.0.1:1/");
    (void)state;
    request.paid = true;
    assert_int_equal(prepare(&request), 0);
    assert_true(call.paid);
    request.paid = false;
    assert_int_equal(prepare(&request), 0);
    assert_false(call.paid);
}

static void only_this_machine_is_reached_without_a_proxy(void **state) {
    static const struct {
        const char *url;
        bool direct;
    } cases[] = {{"http://127.0.0.1:8080/x", true},
                 {"http://localhost/x", true},
                 {"http://[::1]:80/", true},
                 {"https://provider.test/127.0.0.1", false},
                 {"https://localhost.provider.test/", false},
                 {"http://LOCALHOST:5/", true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = get(cases[i].url);
        assert_int_equal(prepare(&request), 0);
        if (call.direct != cases[i].direct)
            print_error("# %s\n", cases[i].url);
        assert_int_equal(call.direct, cases[i].direct);
    }
}

static void headers_go_behind_the_one_that_takes_expect_out(void **state) {
    static const struct http_header headers[] = {{"Accept: text/xml"}, {"X-One: 1"}};
    struct http_request request = get("http://127.0.0.1:1/");
    (void)state;
    request.headers = headers;
    request.header_count = 2;
    assert_int_equal(prepare(&request), 0);
    assert_string_equal(call.headers[0].data, "Expect:");
    assert_string_equal(call.headers[0].next->data, "Accept: text/xml");
    assert_string_equal(call.headers[0].next->next->data, "X-One: 1");
    assert_null(call.headers[0].next->next->next);
    request.header_count = 0;
    assert_int_equal(prepare(&request), 0);
    assert_null(call.headers[0].next); /* none of the call before */
}

static void a_header_that_would_be_two_is_refused_without_its_value(void **state) {
    static const struct http_header header = {"X-Key: hunter22\r\nHost: elsewhere.test"};
    struct http_request request = get("http://127.0.0.1:1/");
    (void)state;
    request.headers = &header;
    request.header_count = 1;
    assert_int_equal(prepare(&request), SLUICE_E_CONFIG);
    assert_string_equal(error.text, "the header 'X-Key' holds a control character");
}

static void more_headers_than_there_is_room_for_are_refused(void **state) {
    static struct http_header headers[HTTP_HEADERS + 1];
    struct http_request request = get("http://127.0.0.1:1/");
    (void)state;
    for (size_t i = 0; i <= HTTP_HEADERS; i++)
        headers[i].line = "X: y";
    request.headers = headers;
    request.header_count = HTTP_HEADERS + 1;
    assert_int_equal(prepare(&request), SLUICE_E_CONFIG);
    request.header_count = HTTP_HEADERS;
    assert_int_equal(prepare(&request), 0);
}

static void a_method_that_is_none_is_refused(void **state) {
    struct http_request request = get("http://127.0.0.1:1/");
    (void)state;
    request.method = "SUBSCRIBE";
    assert_int_equal(prepare(&request), SLUICE_E_CONFIG);
    assert_string_equal(error.text, "the method SUBSCRIBE isn't known");
    request.method = "GET";
    assert_int_equal(prepare(&request), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_left_of_the_call_before),
        TEST(a_request_may_have_limits_of_its_own),
        TEST(what_has_a_body_is_known_by_the_method_or_the_body),
        TEST(an_order_is_marked_and_the_next_call_is_none),
        TEST(only_this_machine_is_reached_without_a_proxy),
        TEST(headers_go_behind_the_one_that_takes_expect_out),
        TEST(a_header_that_would_be_two_is_refused_without_its_value),
        TEST(more_headers_than_there_is_room_for_are_refused),
        TEST(a_method_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
