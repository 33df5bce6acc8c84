#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sluice/plugin.h>

#include "clock.h"
#include "http.h"
#include "sandbox.h"
#include "text.h"

#include <cmocka.h>

/* ---- a sandbox and a client ---------------------------------------------------------------- */

const sluice_plugin *sluice_plugin_v1(void); /* fixture.c, linked in */

struct config {
    sluice_text prefix;
    int64_t start;
};

static const struct config config = {{"placed ", 7}, 100};

struct bench {
    struct sandbox *sandbox;
    struct http *http;
    unsigned done;
    struct http_result result;
    char body[4000], redirect[200], type[80];
    size_t length;
};

static int on_data(void *user, void *tag, int status, const char *content_type, sluice_text piece) {
    struct bench *bench = user;
    (void)tag, (void)status;
    snprintf(bench->type, sizeof bench->type, "%s", content_type ? content_type : "");
    for (uint64_t i = 0; i < piece.len && bench->length + 1 < sizeof bench->body; i++)
        bench->body[bench->length++] = piece.ptr[i];
    bench->body[bench->length] = '\0';
    return 0;
}

static void on_done(void *user, void *tag, const struct http_result *result) {
    struct bench *bench = user;
    (void)tag;
    bench->done++;
    bench->result = *result;
    snprintf(bench->redirect, sizeof bench->redirect, "%s", result->redirect ? result->redirect : "");
}

static struct sandbox_settings usual(void) {
    return (struct sandbox_settings){
        .type = sluice_plugin_v1()->components, .config = &config, .provider = "sandbox_fixture"};
}

static void open_bench(struct bench *bench, const struct sandbox_settings *settings) {
    const struct http_settings http = {15000, 60000, 64 << 20, 8};
    const struct http_events events = {.data = on_data, .done = on_done, .user = bench};
    sluice_error error = ERROR_INIT;
    *bench = (struct bench){0};
    if (sandbox_start(settings, &bench->sandbox, &error) || http_open(&http, &events, &bench->http, &error))
        fail_msg("%s", error.text);
}

static void open_with_faults(struct bench *bench, const char *const *faults) {
    struct fault parsed[8];
    struct sandbox_settings settings = usual();
    sluice_error error = ERROR_INIT;
    settings.faults = parsed;
    for (; faults[settings.fault_count]; settings.fault_count++)
        if (fault_parse(faults[settings.fault_count], NULL, &parsed[settings.fault_count], &error))
            fail_msg("%s", error.text);
    open_bench(bench, &settings);
}

static void close_bench(struct bench *bench) {
    http_close(bench->http);
    assert_int_equal(sandbox_stop(bench->sandbox, NULL), 0);
}

static void turn(struct bench *bench) {
    sluice_error error = ERROR_INIT;
    if (http_turn(bench->http, -1, &error))
        fail_msg("%s", error.text);
}

static void call(struct bench *bench, const char *method, const char *path, const char *body) {
    char url[400];
    sluice_error error = ERROR_INIT;
    unsigned before = bench->done;
    snprintf(url, sizeof url, "%s%s", sandbox_url(bench->sandbox), path);
    struct http_request request = {
        .method = method, .url = url, .body = text_of(body), .paid = true, .timeout_ms = 20000};
    bench->length = 0;
    bench->body[0] = '\0';
    if (http_start(bench->http, &request, &error))
        fail_msg("%s", error.text);
    while (bench->done == before)
        turn(bench);
}

static void get(struct bench *bench, const char *path) {
    call(bench, "GET", path, NULL);
}

static void order(struct bench *bench, const char *id) {
    char path[100];
    snprintf(path, sizeof path, "/order?id=%s&service=1739", id);
    get(bench, path);
}

static void assert_counts(struct bench *bench, uint64_t requests, uint64_t charges, uint64_t most) {
    struct sandbox_counts counts;
    sandbox_count(bench->sandbox, &counts);
    assert_int_equal(counts.requests, requests);
    assert_int_equal(counts.charges, charges);
    assert_int_equal(counts.most_charges, most);
    assert_int_equal(counts.amount, (money)charges * 100000);
}

/* ---- books --------------------------------------------------------------------------------- */

static void orders_are_charged_and_remembered(void **state) {
    struct sandbox_settings settings = usual();
    struct bench bench;
    (void)state;
    open_bench(&bench, &settings);
    order(&bench, "a");
    assert_int_equal(bench.result.status, 200);
    assert_string_equal(bench.type, "text/plain");
    assert_string_equal(bench.body, "placed 100");
    order(&bench, "b");
    order(&bench, "a");
    assert_string_equal(bench.body, "duplicate 100");
    get(&bench, "/balance");
    assert_string_equal(bench.body, "balance");
    assert_counts(&bench, 4, 2, 1);
    get(&bench, "/orders");
    assert_string_equal(bench.body, "a=100\nb=101\n");
    get(&bench, "/orders?prefix=b");
    assert_string_equal(bench.body, "b=101\n");
    get(&bench, "/forget?id=a");
    get(&bench, "/orders");
    assert_string_equal(bench.body, "b=101\n");
    order(&bench, "a");
    assert_counts(&bench, 9, 3, 2);
    close_bench(&bench);
}

static void the_control_page_counts_but_is_not_counted(void **state) {
    struct sandbox_settings settings = usual();
    struct bench bench;
    (void)state;
    open_bench(&bench, &settings);
    order(&bench, "a\"%20");
    get(&bench, "/_sandbox");
    assert_string_equal(bench.type, "application/json");
    assert_string_equal(bench.body,
                        "{\"provider\":\"sandbox_fixture\",\"requests\":1,\"charged\":1,\"identifiers\":1,"
                        "\"most_charges\":1,\"repeated\":0,\"amount\":\"0.10\",\"faults\":{}}");
    get(&bench, "/_sandbox/memory");
    assert_string_equal(bench.body, "{\"key\":\"a\\\" \",\"value\":\"100\"}\n");
    get(&bench, "/_sandbox/charges");
    assert_string_equal(
        bench.body, "{\"identifier\":\"a\\\" \",\"service\":\"1739\",\"charges\":1,\"amount\":\"0.10\"}\n");
    assert_counts(&bench, 1, 1, 1);
    close_bench(&bench);
}

static void the_same_identifier_for_another_service_is_another_order(void **state) {
    static const char *const faults[] = {"charge-always", NULL};
    struct sandbox_counts counts;
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    order(&bench, "a");
    get(&bench, "/order?id=a&service=2");
    sandbox_count(bench.sandbox, &counts);
    assert_int_equal(counts.identifiers, 2);
    assert_int_equal(counts.most_charges, 1);
    order(&bench, "a");
    sandbox_count(bench.sandbox, &counts);
    assert_int_equal(counts.identifiers, 2);
    assert_int_equal(counts.most_charges, 2);
    assert_int_equal(counts.repeated, 1);
    close_bench(&bench);
}

/* ---- requests ------------------------------------------------------------------------------ */

static void assert_seen(const struct bench *bench, const char *line) {
    if (!strstr(bench->body, line))
        fail_msg("'%s' is not in '%s'", line, bench->body);
}

static void a_request_is_taken_apart(void **state) {
    struct sandbox_settings settings = usual();
    struct bench bench;
    (void)state;
    open_bench(&bench, &settings);
    call(&bench, "POST", "/echo?q=1+2&q=3&empty=", "imei=00%2C11&q=4&a+b=%C3%A9&none");
    assert_seen(&bench,
                "method 2, 32 bytes\n? q=1 2\n? q=3\n? q=4\n? empty=\n? imei=00,11\n? a b=\xc3\xa9\n");
    assert_seen(&bench, ": user-agent=sluice/" SLUICE_VERSION "\n");
    call(&bench, "PATCH", "/echo", "x=1");
    assert_seen(&bench, "method 4, 3 bytes\n? x=1\n");
    get(&bench, "/echo");
    assert_seen(&bench, "method 1, 0 bytes\n: ");
    close_bench(&bench);
}

static void a_reply_has_headers_of_its_own(void **state) {
    struct sandbox_settings settings = usual();
    struct bench bench;
    (void)state;
    open_bench(&bench, &settings);
    get(&bench, "/headed");
    assert_int_equal(bench.result.retry_after_ms, 120000);
    get(&bench, "/echo");
    assert_int_equal(bench.result.retry_after_ms, -1);
    close_bench(&bench);
}

static void a_multipart_form_is_taken_apart(void **state) {
    static const struct http_header header[] = {{"Content-Type: multipart/form-data; boundary=xyz"}};
    static const char body[] =
        "--xyz\r\nContent-Disposition: form-data; name=\"imei\"\r\n\r\n001001001234563\r\n"
        "--xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n1\r\n2\r\n--xyz--\r\n";
    struct sandbox_settings settings = usual();
    struct bench bench;
    char url[100];
    sluice_error error = ERROR_INIT;
    (void)state;
    open_bench(&bench, &settings);
    snprintf(url, sizeof url, "%s/echo", sandbox_url(bench.sandbox));
    struct http_request request = {
        .method = "POST", .url = url, .body = TEXT(body), .headers = header, .header_count = 1};
    assert_int_equal(http_start(bench.http, &request, &error), 0);
    while (bench.done == 0)
        turn(&bench);
    assert_seen(&bench, "? imei=001001001234563\n? f=1\r\n2\n");
    close_bench(&bench);
}

static void a_long_value_arrives_whole(void **state) {
    enum { LENGTH = 500000 };
    struct sandbox_settings settings = usual();
    struct bench bench;
    char *body = malloc(LENGTH + 20), head[64];
    (void)state;
    assert_non_null(body);
    memcpy(body, "id=", 3);
    memset(body + 3, 'x', LENGTH);
    strcpy(body + 3 + LENGTH, "&last=1");
    open_bench(&bench, &settings);
    call(&bench, "POST", "/echo", body);
    snprintf(head, sizeof head, "method 2, %d bytes\n? id=xxx", LENGTH + 10);
    assert_seen(&bench, head);
    assert_int_equal(bench.result.outcome, HTTP_REPLIED);
    assert_true(bench.result.received > LENGTH + 10);
    close_bench(&bench);
    free(body);
}

static void too_large_a_request_is_refused(void **state) {
    enum { LENGTH = 17 * 1024 * 1024 };
    struct sandbox_settings settings = usual();
    struct bench bench;
    char *body = malloc(LENGTH + 1);
    (void)state;
    assert_non_null(body);
    memset(body, 'x', LENGTH);
    body[LENGTH] = '\0';
    open_bench(&bench, &settings);
    call(&bench, "POST", "/order?id=a", body);
    assert_int_equal(bench.result.status, 413);
    assert_counts(&bench, 1, 0, 0);
    close_bench(&bench);
    free(body);
}

static void a_failing_component_says_what_is_wrong(void **state) {
    struct sandbox_settings settings = usual();
    struct bench bench;
    (void)state;
    open_bench(&bench, &settings);
    get(&bench, "/broken");
    assert_int_equal(bench.result.status, 500);
    assert_string_equal(bench.body, "this is broken");
    get(&bench, "/odd");
    assert_string_equal(bench.body, "the component answered 7");
    get(&bench, "/nowhere");
    assert_int_equal(bench.result.status, 404);
    close_bench(&bench);
}

/* ---- faults -------------------------------------------------------------------------------- */

struct way {
    const char *fault;
    enum http_outcome outcome;
    int status;
    unsigned charges;
};

static void each_fault_does_what_it_says(void **state) {
    static const struct way ways[] = {
        {"http-500", HTTP_REPLIED, 500, 1}, {"close", HTTP_BROKEN, 0, 1},
        {"hang", HTTP_TIMEOUT, 0, 1},       {"truncate", HTTP_BROKEN, 200, 1},
        {"html", HTTP_REPLIED, 200, 0},     {"html-after", HTTP_REPLIED, 200, 1},
        {"empty", HTTP_REPLIED, 200, 1},    {"garbage", HTTP_REPLIED, 200, 1},
        {"big", HTTP_TOO_LARGE, 200, 1},    {"redirect", HTTP_REPLIED, 301, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *const faults[] = {ways[i].fault, NULL};
        struct bench bench;
        char url[100];
        sluice_error error = ERROR_INIT;
        open_with_faults(&bench, faults);
        get(&bench, "/balance"); /* free: nothing happens to it */
        assert_string_equal(bench.body, "balance");
        snprintf(url, sizeof url, "%s/order?id=a", sandbox_url(bench.sandbox));
        struct http_request request = {.method = "POST",
                                       .url = url,
                                       .paid = true,
                                       .timeout_ms = strcmp(ways[i].fault, "hang") ? 20000 : 200};
        bench.length = 0;
        bench.body[0] = '\0';
        assert_int_equal(http_start(bench.http, &request, &error), 0);
        while (bench.done == 1)
            turn(&bench);
        assert_int_equal(bench.result.outcome, ways[i].outcome);
        assert_int_equal(bench.result.status, ways[i].status);
        assert_counts(&bench, 2, ways[i].charges, ways[i].charges);
        assert_null(sandbox_idle_fault(bench.sandbox, 0));
        close_bench(&bench);
    }
}

static void the_bodies_of_faults(void **state) {
    static const char *const html[] = {"html", NULL}, *const half[] = {"truncate", NULL},
                             *const empty[] = {"empty", NULL}, *const redirect[] = {"redirect", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, html);
    order(&bench, "a");
    assert_memory_equal(bench.body, "<!DOCTYPE html>", 15);
    assert_string_equal(bench.type, "text/html; charset=utf-8");
    get(&bench, "/orders");
    assert_string_equal(bench.body, ""); /* the component didn't see it */
    close_bench(&bench);
    open_with_faults(&bench, half);
    order(&bench, "a");
    assert_string_equal(bench.body, "place");
    close_bench(&bench);
    open_with_faults(&bench, empty);
    order(&bench, "a");
    assert_int_equal(bench.result.received, 0);
    close_bench(&bench);
    open_with_faults(&bench, redirect);
    order(&bench, "a");
    assert_memory_equal(bench.redirect, "https://127.0.0.1:", 18);
    close_bench(&bench);
}

static void first_and_every_count_charged_requests(void **state) {
    static const char *const faults[] = {"http-500=every:3", "empty=first", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    for (int i = 1; i <= 9; i++) {
        char id[2] = {(char)('a' + i), 0};
        get(&bench, "/balance");
        assert_int_equal(bench.result.status, 200);
        order(&bench, id);
        assert_int_equal(bench.result.status, i % 3 ? 200 : 500);
        assert_int_equal(bench.result.received == 0, i == 1);
        order(&bench, id); /* a duplicate isn't charged */
        assert_int_equal(bench.result.status, 200);
    }
    assert_counts(&bench, 27, 9, 1);
    close_bench(&bench);
}

static void faults_before_charging_count_what_would_be_charged(void **state) {
    static const char *const faults[] = {"html=every:2", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    order(&bench, "a");
    get(&bench, "/balance");
    order(&bench, "a"); /* would not be charged */
    assert_string_equal(bench.body, "duplicate 100");
    order(&bench, "b");
    assert_string_equal(bench.type, "text/html; charset=utf-8");
    order(&bench, "b");
    assert_string_equal(bench.body, "placed 101");
    assert_counts(&bench, 5, 2, 1);
    close_bench(&bench);
}

static void a_components_fault_counts_what_would_be_charged(void **state) {
    static const char *const faults[] = {"no-credit=first", "timezone=every:2", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    get(&bench, "/balance");
    assert_string_equal(bench.body, "balance");
    get(&bench, "/balance");
    assert_string_equal(bench.body, "another zone"); /* this one counts every request that asks */
    order(&bench, "a");
    assert_string_equal(bench.body, "no credit");
    order(&bench, "a");
    assert_string_equal(bench.body, "placed 100");
    assert_counts(&bench, 4, 1, 1);
    close_bench(&bench);
}

static void a_constant_fault_of_the_component_is_always_on(void **state) {
    static const char *const faults[] = {"no-credit", "close", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    order(&bench, "a");
    assert_string_equal(bench.body, "no credit");
    order(&bench, "a");
    assert_string_equal(bench.body, "no credit");
    assert_counts(&bench, 2, 0, 0);
    assert_string_equal(sandbox_idle_fault(bench.sandbox, 0), "close");
    assert_null(sandbox_idle_fault(bench.sandbox, 1));
    close_bench(&bench);
}

static void free_requests_can_be_chosen(void **state) {
    static const char *const faults[] = {"html@free=first", "http-500:503@any=every:3", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    order(&bench, "a");
    assert_string_equal(bench.body, "placed 100");
    get(&bench, "/balance");
    assert_string_equal(bench.type, "text/html; charset=utf-8");
    get(&bench, "/balance");
    assert_string_equal(bench.body, "balance");
    order(&bench, "b"); /* the third that an answer was made for */
    assert_int_equal(bench.result.status, 503);
    assert_counts(&bench, 4, 2, 1);
    close_bench(&bench);
}

static void only_the_struck_answer_is_late(void **state) {
    static const char *const faults[] = {"latency:120ms=every:2", "empty=every:4", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    for (int i = 1; i <= 4; i++) {
        char id[2] = {(char)('a' + i), 0};
        int64_t begun = clock_us();
        order(&bench, id);
        assert_true(i % 2 || clock_us() - begun >= 120000);
        assert_int_equal(bench.result.received == 0, i == 4); /* late, and wrong as well */
    }
    close_bench(&bench);
}

/* A late answer isn't in the way of those that are due before it. */
static void the_others_overtake_a_late_answer(void **state) {
    static const char *const faults[] = {"latency:10m=first", NULL};
    struct bench bench;
    char url[100];
    struct sandbox_counts counts;
    sluice_error error = ERROR_INIT;
    (void)state;
    open_with_faults(&bench, faults);
    snprintf(url, sizeof url, "%s/order?id=late", sandbox_url(bench.sandbox));
    struct http_request request = {.method = "POST", .url = url, .body = TEXT("x"), .paid = true};
    assert_int_equal(http_start(bench.http, &request, &error), 0);
    do {
        assert_int_equal(http_turn(bench.http, 10, &error), 0);
        sandbox_count(bench.sandbox, &counts);
    } while (counts.requests < 1);
    order(&bench, "a");
    assert_string_equal(bench.body, "placed 101");
    close_bench(&bench);
}

static void a_request_that_a_proxy_repeats(void **state) {
    static const char *const once[] = {"resent=first", NULL}, *const twice[] = {"resent", "charge-always",
                                                                                NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, once);
    order(&bench, "a");
    assert_string_equal(bench.body, "duplicate 100"); /* and charged */
    order(&bench, "b");
    assert_string_equal(bench.body, "placed 101");
    assert_counts(&bench, 2, 2, 1);
    close_bench(&bench);
    open_with_faults(&bench, twice);
    order(&bench, "a");
    assert_string_equal(bench.body, "placed 101");
    assert_counts(&bench, 1, 2, 2);
    close_bench(&bench);
}

static void what_somebody_else_ordered_is_not_in_the_books(void **state) {
    static const char *const faults[] = {"taken:1h=every:2", NULL}, *const always[] = {"taken",
                                                                                       "charge-always", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    order(&bench, "a");
    order(&bench, "b");
    assert_string_equal(bench.body, "duplicate 101");
    get(&bench, "/orders");
    assert_string_equal(bench.body, "a=100\nb=101\n");
    assert_counts(&bench, 3, 1, 1);
    close_bench(&bench);
    open_with_faults(&bench, always);
    order(&bench, "a");
    assert_string_equal(bench.body, "placed 101"); /* a second order, which is ours */
    assert_counts(&bench, 1, 1, 1);
    close_bench(&bench);
}

static void close_idle_closes_a_used_connection(void **state) {
    static const char *const faults[] = {"close-idle", NULL};
    struct bench bench;
    (void)state;
    open_with_faults(&bench, faults);
    order(&bench, "a");
    assert_int_equal(bench.result.outcome, HTTP_REPLIED);
    order(&bench, "b");
    assert_int_equal(bench.result.outcome, HTTP_BROKEN);
    assert_counts(&bench, 2, 2, 1); /* sent once, charged once */
    close_bench(&bench);
}

/* ---- many at once -------------------------------------------------------------------------- */

static void replies_wait_side_by_side(void **state) {
    struct sandbox_settings settings = usual();
    struct bench bench;
    char urls[8][100];
    sluice_error error = ERROR_INIT;
    (void)state;
    settings.latency_ms = 150;
    open_bench(&bench, &settings);
    int64_t begun = clock_us();
    for (int i = 0; i < 8; i++) {
        snprintf(urls[i], sizeof urls[i], "%s/order?id=%d", sandbox_url(bench.sandbox), i);
        struct http_request request = {.method = "POST", .url = urls[i], .body = TEXT("x"), .paid = true};
        assert_int_equal(http_start(bench.http, &request, &error), 0);
    }
    while (bench.done < 8)
        turn(&bench);
    assert_true(clock_us() - begun >= 150000);
    assert_int_equal(bench.result.outcome, HTTP_REPLIED);
    assert_counts(&bench, 8, 8, 1);
    close_bench(&bench);
}

/* Stopping must not wait for the replies that are due, nor for those that never come. */
static void it_stops_with_calls_in_flight(void **state) {
    static const char *const faults[] = {"hang=every:2", NULL};
    struct fault fault;
    struct sandbox_settings settings = usual();
    struct bench bench;
    struct sandbox_counts counts;
    char urls[6][100];
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(fault_parse(faults[0], NULL, &fault, &error), 0);
    settings.faults = &fault;
    settings.fault_count = 1;
    settings.latency_ms = 600000;
    open_bench(&bench, &settings);
    for (int i = 0; i < 6; i++) {
        snprintf(urls[i], sizeof urls[i], "%s/order?id=%d", sandbox_url(bench.sandbox), i);
        struct http_request request = {.method = "POST", .url = urls[i], .body = TEXT("x"), .paid = true};
        assert_int_equal(http_start(bench.http, &request, &error), 0);
    }
    do {
        assert_int_equal(http_turn(bench.http, 10, &error), 0);
        sandbox_count(bench.sandbox, &counts);
    } while (counts.requests < 6);
    close_bench(&bench);
}

static void a_taken_port_is_refused(void **state) {
    struct sandbox_settings settings = usual();
    struct bench bench;
    struct sandbox *other = NULL;
    sluice_error error = ERROR_INIT;
    (void)state;
    open_bench(&bench, &settings);
    settings.port = (uint16_t)atoi(strrchr(sandbox_url(bench.sandbox), ':') + 1);
    assert_int_equal(sandbox_start(&settings, &other, &error), SLUICE_E_CANTCREAT);
    assert_non_null(
        strstr(error.text, "can't be listened on: Address already in use; give another --listen"));
    close_bench(&bench);
}

/* ---- state --------------------------------------------------------------------------------- */

struct place {
    char dir[32], file[64];
};

static void make_place(struct place *place) {
    strcpy(place->dir, "/tmp/sluice-test-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->file, sizeof place->file, "%s/books", place->dir);
}

static void remove_place(struct place *place) {
    unlink(place->file);
    assert_int_equal(rmdir(place->dir), 0);
}

static void books_outlive_the_sandbox(void **state) {
    struct sandbox_settings settings = usual();
    struct place place;
    struct bench bench;
    (void)state;
    make_place(&place);
    settings.state_path = place.file;
    open_bench(&bench, &settings);
    order(&bench, "a");
    order(&bench, "b%0a%00c");
    get(&bench, "/forget?id=a");
    close_bench(&bench);
    open_bench(&bench, &settings);
    assert_counts(&bench, 0, 2, 1);
    get(&bench, "/orders");
    assert_int_equal(bench.length, 9); /* "b\n\0c=101\n" */
    assert_memory_equal(bench.body, "b\n\0c=101\n", 9);
    order(&bench, "a");
    assert_counts(&bench, 2, 3, 2);
    close_bench(&bench);
    remove_place(&place);
}

static void one_sandbox_at_a_time_has_the_file(void **state) {
    struct sandbox_settings settings = usual();
    struct place place;
    struct bench bench;
    struct sandbox *other = NULL;
    sluice_error error = ERROR_INIT;
    (void)state;
    make_place(&place);
    settings.state_path = place.file;
    open_bench(&bench, &settings);
    assert_int_equal(sandbox_start(&settings, &other, &error), SLUICE_E_BUSY);
    assert_non_null(strstr(error.text, "another sandbox is using it"));
    close_bench(&bench);
    settings.provider = "another";
    assert_int_equal(sandbox_start(&settings, &other, &error), SLUICE_E_DATA);
    assert_non_null(strstr(error.text, "isn't the state of a sandbox of this provider"));
    remove_place(&place);
}

/* Whatever a crash leaves of the last group: the groups before it are read, and new ones can follow. */
static void a_torn_file_is_cut_after_its_last_whole_group(void **state) {
    struct sandbox_settings settings = usual();
    struct place place;
    struct bench bench;
    struct stat file;
    (void)state;
    make_place(&place);
    settings.state_path = place.file;
    open_bench(&bench, &settings);
    order(&bench, "a");
    assert_int_equal(stat(place.file, &file), 0);
    off_t whole = file.st_size;
    order(&bench, "b");
    close_bench(&bench);
    assert_int_equal(stat(place.file, &file), 0);
    for (off_t cut = file.st_size - 1; cut >= whole; cut--) {
        assert_int_equal(truncate(place.file, cut), 0);
        open_bench(&bench, &settings);
        assert_counts(&bench, 0, 1, 1);
        order(&bench, "b");
        assert_counts(&bench, 1, 2, 1);
        close_bench(&bench);
    }
    remove_place(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_charged_and_remembered),
        cmocka_unit_test(the_control_page_counts_but_is_not_counted),
        cmocka_unit_test(the_same_identifier_for_another_service_is_another_order),
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(a_reply_has_headers_of_its_own),
        cmocka_unit_test(a_multipart_form_is_taken_apart),
        cmocka_unit_test(a_long_value_arrives_whole),
        cmocka_unit_test(too_large_a_request_is_refused),
        cmocka_unit_test(a_failing_component_says_what_is_wrong),
        cmocka_unit_test(each_fault_does_what_it_says),
        cmocka_unit_test(the_bodies_of_faults),
        cmocka_unit_test(first_and_every_count_charged_requests),
        cmocka_unit_test(faults_before_charging_count_what_would_be_charged),
        cmocka_unit_test(a_components_fault_counts_what_would_be_charged),
        cmocka_unit_test(a_constant_fault_of_the_component_is_always_on),
        cmocka_unit_test(free_requests_can_be_chosen),
        cmocka_unit_test(only_the_struck_answer_is_late),
        cmocka_unit_test(the_others_overtake_a_late_answer),
        cmocka_unit_test(a_request_that_a_proxy_repeats),
        cmocka_unit_test(what_somebody_else_ordered_is_not_in_the_books),
        cmocka_unit_test(close_idle_closes_a_used_connection),
        cmocka_unit_test(replies_wait_side_by_side),
        cmocka_unit_test(it_stops_with_calls_in_flight),
        cmocka_unit_test(a_taken_port_is_refused),
        cmocka_unit_test(books_outlive_the_sandbox),
        cmocka_unit_test(one_sandbox_at_a_time_has_the_file),
        cmocka_unit_test(a_torn_file_is_cut_after_its_last_whole_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
