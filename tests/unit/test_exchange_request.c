#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "secret.h"
#include "text.h"

static void (*building)(sluice_call *call, sluice_request *request);
static int finished;

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    (void)instance, (void)error;
    building(call, request);
    return 0;
}

static void finish(void *instance, sluice_call *call) {
    (void)instance, (void)call;
    finished++;
}

static const sluice_exchanger exchanger = {.size = sizeof exchanger, .build = build, .finish = finish};
static const sluice_component spender = {.size = sizeof spender,
                                         .kind = SLUICE_ACTION,
                                         .flags = SLUICE_SPENDS,
                                         .name = "place",
                                         .exchanger = &exchanger};

static struct instance instance;
static struct call call;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    finished = 0;
    error = (sluice_error)ERROR_INIT;
    instance = (struct instance){
        .type = &spender, .self = {.type = &spender, .place = "actions[0] place", .has_endpoint = true}};
    instance.self.endpoint.base_url = TEXT("https://provider.test/base/");
    assert_int_equal(instance_name_adds(&instance.self, NULL, 0, &error), 0);
    call = (struct call){0};
    return 0;
}

static int end(void **state) {
    (void)state;
    call_end(&call);
    call_free(&call);
    arena_free(&instance.self.arena);
    secret_forget_all();
    return 0;
}

static void start(uint32_t op, uint32_t rows) {
    assert_int_equal(call_begin(&call, &instance, op, NULL, rows, &error), 0);
}

static void check_body(const char *expected) {
    assert_int_equal(call.request.length, strlen(expected));
    assert_memory_equal(call.request.body, expected, strlen(expected));
}

static void fill_form(sluice_call *c, sluice_request *request) {
    (void)c;
    request->method = SLUICE_METHOD_POST;
    request->path = TEXT("/index.php");
    exchange_request_form(request, "imei", TEXT("001001001234563"));
    exchange_request_form(request, "a b", TEXT("x&y=z+\xc3\xa9~._-"));
    exchange_request_form(request, "empty", TEXT(""));
    exchange_request_form(request, "null", (sluice_text){NULL, 0});
}

static void a_form_is_encoded(void **state) {
    (void)state;
    building = fill_form;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_build(&call, &error), 0);
    check_body("imei=001001001234563&a%20b=x%26y%3Dz%2B%C3%A9~._-&empty=&null=");
    struct http_request request = call_http(&call, &call);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://provider.test/base/index.php");
    assert_true(request.paid);
    assert_int_equal(request.header_count, 1);
    assert_string_equal(request.headers[0].line, "Content-Type: application/x-www-form-urlencoded");
    assert_ptr_equal(request.tag, &call);
}

static void fill_all(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_text(request, TEXT("<a&\"'>"), SLUICE_ENCODE_RAW);
    exchange_request_text(request, TEXT("<a&\"'>"), SLUICE_ENCODE_XML);
    exchange_request_text(request, TEXT("a\"b\\c\n"), SLUICE_ENCODE_JSON);
    exchange_request_text(request, TEXT("a b"), SLUICE_ENCODE_FORM);
    exchange_request_text(request, (sluice_text){NULL, 0}, SLUICE_ENCODE_RAW);
    exchange_request_text(request, (sluice_text){NULL, 0}, SLUICE_ENCODE_BASE64);
    request->content_type = TEXT("text/plain");
}

static void each_encoding_is_written(void **state) {
    (void)state;
    building = fill_all;
    start(SLUICE_OP_CHECK, 0);
    assert_int_equal(call_build(&call, &error), 0);
    check_body("<a&\"'>&lt;a&amp;&quot;&apos;&gt;a\\\"b\\\\c\\u000aa%20b");
    struct http_request request = call_http(&call, NULL);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url, "https://provider.test/base");
    assert_false(request.paid); /* only PLACE of a component that spends is */
    assert_string_equal(request.headers[0].line, "Content-Type: text/plain");
}

static void fill_nothing(sluice_call *c, sluice_request *request) {
    (void)c, (void)request;
}

static uint64_t limit_of(uint32_t op) {
    start(op, 1);
    assert_int_equal(call_build(&call, &error), 0);
    uint64_t limit = call_http(&call, NULL).reply_limit;
    call_end(&call);
    return limit;
}

/* All the orders of an account are more than other replies; who keeps the whole reply doesn't get them. */
static void a_list_of_orders_may_be_long(void **state) {
    (void)state;
    sluice_component streaming = spender;
    building = fill_nothing;
    instance.self.endpoint.reply_limit = 1000;
    assert_int_equal(limit_of(SLUICE_OP_SETTLE), 0); /* as for any other */
    streaming.flags |= SLUICE_STREAMS;
    instance.type = &streaming;
    assert_int_equal(limit_of(SLUICE_OP_SETTLE), 16000);
    assert_int_equal(limit_of(SLUICE_OP_PLACE), 0);
    instance.self.endpoint.reply_limit = UINT64_MAX;
    assert_int_equal(limit_of(SLUICE_OP_SETTLE), 0);
    assert_int_equal(limit_of(SLUICE_OP_PLACE), 4 * 1024 * 1024 + 64 * 1024); /* whatever the usual one is */
    instance.type = &spender;
}

static void base64_is_padded(void **state) {
    static const char *const cases[][2] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                           {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start(SLUICE_OP_CHECK, 0);
        exchange_request_text(&call.request.view, text_of(cases[i][0]), SLUICE_ENCODE_BASE64);
        check_body(cases[i][1]);
        call_end(&call);
    }
}

static sluice_secret key;

static void fill_secrets(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_form_secret(request, "apiKey", key);
    exchange_request_text(request, TEXT("&raw="), SLUICE_ENCODE_RAW);
    exchange_request_secret(request, key, SLUICE_ENCODE_RAW);
    exchange_request_header_secret(request, "Authorization", "Bearer ", key);
}

static void secrets_are_filled_in_and_wiped(void **state) {
    (void)state;
    key = secret_keep(TEXT("open sesame"));
    building = fill_secrets;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_build(&call, &error), 0);
    check_body("apiKey=open%20sesame&raw=open sesame");
    assert_string_equal(call.request.headers[0].line, "Authorization: Bearer open sesame");
    const char *line = call.request.headers[0].line, *body = call.request.body;
    size_t length = call.request.length;
    call_finish(&call);
    assert_int_equal(finished, 1);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(body[i], 0);
    assert_string_equal(line, ""); /* the arena's memory goes on to the next call */
    call_finish(&call);
    assert_int_equal(finished, 1); /* the plugin lets go once */
}

static void check_refused(void (*fill)(sluice_call *, sluice_request *)) {
    building = fill;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_build(&call, &error), SLUICE_E_DATA);
    assert_non_null(strstr(error.text, "actions[0] place: "));
    call_end(&call);
}

static void split_header(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_header(request, "X-Note", TEXT("a\r\nX-Evil: 1"));
}

static void own_host(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_header(request, "host", TEXT("elsewhere.test"));
}

static void own_length(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_header(request, "Content-Length", TEXT("1"));
}

static void kept_open(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_header(request, "Connection", TEXT("keep-alive"));
}

static void odd_name(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_header(request, "X-A: 1\r\nX-B", TEXT("1"));
}

static void nameless(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_header(request, "", TEXT("1"));
}

static void too_many(sluice_call *c, sluice_request *request) {
    (void)c;
    for (int i = 0; i <= CALL_HEADERS; i++)
        exchange_request_header(request, "X-A", TEXT("1"));
}

static sluice_secret secret;

static void ask(sluice_call *c, sluice_request *request) {
    (void)c;
    request->path = request->path.ptr ? request->path : TEXT("/find");
    exchange_request_query(request, "a b", TEXT("x&y=z"));
    exchange_request_query_secret(request, "key", secret);
}

static void a_query_stands_behind_the_path(void **state) {
    (void)state;
    secret = secret_keep(TEXT("s3 cr/et"));
    building = ask;
    start(SLUICE_OP_CHECK, 0);
    assert_int_equal(call_build(&call, &error), 0);
    assert_string_equal(call.url, "https://provider.test/base/find?a%20b=x%26y%3Dz&key=s3%20cr%2Fet");
    assert_int_equal(call.request.length, 0); /* nothing of it in the body */
    const char *url = call.url;
    call_finish(&call);
    assert_string_equal(url, "");
    call_end(&call);
    start(SLUICE_OP_CHECK, 0);
    call.request.view.path = TEXT("/find?all=1");
    assert_int_equal(call_build(&call, &error), 0);
    assert_string_equal(call.url, "https://provider.test/base/find?all=1&a%20b=x%26y%3Dz&key=s3%20cr%2Fet");
}

static void log_in(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_text(request, TEXT("body"), SLUICE_ENCODE_RAW);
    exchange_request_basic(request, TEXT("tester"), secret);
}

static void user_and_secret_go_as_basic(void **state) {
    (void)state;
    secret = secret_keep(TEXT("tiger"));
    building = log_in;
    start(SLUICE_OP_CHECK, 0);
    assert_int_equal(call_build(&call, &error), 0);
    check_body("body");
    assert_string_equal(call.request.headers[0].line, "Authorization: Basic dGVzdGVyOnRpZ2Vy");
    char repeated[] = "you said dGVzdGVyOnRpZ2Vy";
    assert_int_equal(secret_redact(repeated, strlen(repeated)), strlen("you said ***"));
}

static void odd_user(sluice_call *c, sluice_request *request) {
    (void)c;
    exchange_request_basic(request, TEXT("a:b"), secret);
}

static void bad_type(sluice_call *c, sluice_request *request) {
    (void)c;
    request->content_type = TEXT("text/plain\r\nX-Evil: 1");
}

static void too_large(sluice_call *c, sluice_request *request) {
    char *text = malloc(1024 * 1024);
    (void)c;
    memset(text, 'x', 1024 * 1024);
    for (int i = 0; i < 17; i++)
        exchange_request_text(request, (sluice_text){text, 1024 * 1024}, SLUICE_ENCODE_RAW);
    free(text);
}

static void a_request_that_cannot_be_sent_is_refused(void **state) {
    (void)state;
    check_refused(split_header);
    check_refused(own_host);
    check_refused(own_length);
    check_refused(kept_open);
    check_refused(odd_name);
    check_refused(nameless);
    check_refused(too_many);
    check_refused(bad_type);
    check_refused(too_large);
    check_refused(odd_user);
    assert_true(call.request.room <= CALL_BODY_MOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_form_is_encoded),
        TEST(each_encoding_is_written),
        TEST(a_list_of_orders_may_be_long),
        TEST(base64_is_padded),
        TEST(secrets_are_filled_in_and_wiped),
        TEST(a_query_stands_behind_the_path),
        TEST(user_and_secret_go_as_basic),
        TEST(a_request_that_cannot_be_sent_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
