#include "support.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "dry_run.h"
#include "till_test.h"

/* There is no way back, so each of these is a process of its own. */
static void in_a_child(void (*act)(void)) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        dry_run_begin();
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define MUST(true_thing) \
    do { \
        if (!(true_thing)) \
            _exit(__LINE__ & 0x7f); \
    } while (0)

static void call_a_paid_op(void) {
    struct call call = {0};
    sluice_error error = ERROR_INIT;
    MUST(call_begin(&call, &till.instance, SLUICE_OP_PLACE, NULL, 0, &error) == SLUICE_E_SOFTWARE);
    MUST(strstr(error.text, "a plan orders nothing"));
    MUST(call_begin(&call, &till.instance, SLUICE_OP_WRITE, NULL, 0, &error) == SLUICE_E_SOFTWARE);
    MUST(call_begin(&call, &till.instance, SLUICE_OP_BALANCE, NULL, 0, &error) == 0);
}

static void send_a_paid_request(void) {
    sluice_error error = ERROR_INIT;
    struct http_settings settings = {.connect_ms = 1000, .timeout_ms = 1000, .reply_limit = 1000, .slots = 1};
    struct http_events events = {0};
    struct http_request request = {.method = "POST", .url = shop.http.url, .paid = true};
    struct http *http;
    MUST(http_open(&settings, &events, &http, &error) == 0);
    MUST(http_start(http, &request, &error) == SLUICE_E_SOFTWARE);
    MUST(strstr(error.text, "sends nothing that costs money"));
    MUST(http_free_slots(http) == 1);
}

/* A whole run that pays, with all its threads: every order comes back unsent. */
static void order_something(void) {
    struct till other;
    till_open(&other, &shop, till_dir); /* which asks for the catalogue: that is free */
    till_start(&other);
    till_give(&other, TILL_ROWS("imei", "1", "2", "3"));
    till_finish(&other);
    MUST(tally_get(&other.run.tally, TALLY_PLACED) == 0);
    MUST(tally_get(&other.run.tally, TALLY_IN_DOUBT) == 0);
}

static void no_call_is_made(void **state) {
    (void)state;
    till_begin();
    till_start(&till);
    till_finish(&till);
    in_a_child(call_a_paid_op);
}

static void no_request_is_sent(void **state) {
    (void)state;
    till_begin();
    till_start(&till);
    till_finish(&till);
    in_a_child(send_a_paid_request);
    assert_int_equal(shop_paid(&shop), 0);
}

#ifdef __SANITIZE_THREAD__
enum { THREADS_IN_A_CHILD = 0 }; /* it can't follow them into the child of a process that had some */
#else
enum { THREADS_IN_A_CHILD = 1 };
#endif

static void nothing_is_bought(void **state) {
    (void)state;
    if (THREADS_IN_A_CHILD)
        in_a_child(order_something);
    assert_int_equal(shop_paid(&shop), 0);
    TILL_RUN("imei", "1"); /* here, where nothing was said, it is */
    assert_int_equal(shop_paid(&shop), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(no_call_is_made),
        TILL_TEST(no_request_is_sent),
        TILL_TEST(nothing_is_bought),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
