#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

#include <cmocka.h>

static enum policy_action of(bool paid, enum http_outcome outcome, int status, unsigned attempt) {
    struct http_result result = {.outcome = outcome, .status = status, .retry_after_ms = -1};
    return policy_for(paid, &result, attempt);
}

static void a_paid_call_is_never_retried(void **state) {
    static const int statuses[] = {0, 200, 301, 403, 408, 425, 429, 500, 502, 503};
    (void)state;
    for (int outcome = HTTP_REPLIED; outcome <= HTTP_STOPPED; outcome++)
        for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
            for (unsigned attempt = 1; attempt <= 2 * POLICY_ATTEMPTS; attempt++)
                assert_int_not_equal(of(true, (enum http_outcome)outcome, statuses[i], attempt),
                                     POLICY_RETRY);
}

static void only_an_unsent_paid_call_is_released(void **state) {
    (void)state;
    assert_int_equal(of(true, HTTP_NOT_SENT, 0, 1), POLICY_RELEASE);
    assert_int_equal(of(true, HTTP_BROKEN, 0, 1), POLICY_DOUBT);
    assert_int_equal(of(true, HTTP_BROKEN, 200, 1), POLICY_DOUBT);
    assert_int_equal(of(true, HTTP_TIMEOUT, 0, 1), POLICY_DOUBT);
    assert_int_equal(of(true, HTTP_TOO_LARGE, 200, 1), POLICY_DOUBT);
    assert_int_equal(of(true, HTTP_STOPPED, 200, 1), POLICY_DOUBT);
}

static void a_paid_reply_is_parsed_whatever_its_status(void **state) {
    (void)state;
    assert_int_equal(of(true, HTTP_REPLIED, 200, 1), POLICY_PARSE);
    assert_int_equal(of(true, HTTP_REPLIED, 302, 1), POLICY_PARSE);
    assert_int_equal(of(true, HTTP_REPLIED, 429, 1), POLICY_PARSE);
    assert_int_equal(of(true, HTTP_REPLIED, 500, 1), POLICY_PARSE);
}

static void a_free_call_is_retried_and_then_given_up(void **state) {
    static const int statuses[] = {408, 425, 429, 500, 502, 503, 504, 599};
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        assert_int_equal(of(false, HTTP_REPLIED, statuses[i], 1), POLICY_RETRY);
        assert_int_equal(of(false, HTTP_REPLIED, statuses[i], POLICY_ATTEMPTS - 1), POLICY_RETRY);
        assert_int_equal(of(false, HTTP_REPLIED, statuses[i], POLICY_ATTEMPTS), POLICY_FAIL);
    }
    for (int outcome = HTTP_NOT_SENT; outcome <= HTTP_TIMEOUT; outcome++) {
        assert_int_equal(of(false, (enum http_outcome)outcome, 0, 1), POLICY_RETRY);
        assert_int_equal(of(false, (enum http_outcome)outcome, 0, POLICY_ATTEMPTS), POLICY_FAIL);
    }
}

static void a_free_reply_that_retrying_would_not_change(void **state) {
    (void)state;
    assert_int_equal(of(false, HTTP_REPLIED, 200, 1), POLICY_PARSE);
    assert_int_equal(of(false, HTTP_REPLIED, 404, 1), POLICY_PARSE);
    assert_int_equal(of(false, HTTP_TOO_LARGE, 200, 1), POLICY_FAIL);
    assert_int_equal(of(false, HTTP_STOPPED, 200, 1), POLICY_FAIL);
}

static void a_redirected_free_call_fails(void **state) {
    struct http_result result = {.outcome = HTTP_REPLIED, .status = 301, .redirect = "https://example.org/"};
    (void)state;
    assert_int_equal(policy_for(false, &result, 1), POLICY_FAIL);
    assert_int_equal(policy_for(true, &result, 1), POLICY_PARSE);
}

static void the_delay_doubles_up_to_a_minute(void **state) {
    static const int64_t most[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct http_result result = {.outcome = HTTP_BROKEN, .retry_after_ms = -1};
    (void)state;
    for (unsigned attempt = 1; attempt <= 9; attempt++)
        for (uint32_t seed = 0; seed < 200; seed++) {
            int64_t delay = policy_delay_ms(&result, attempt, seed);
            assert_in_range(delay, most[attempt - 1] / 2, most[attempt - 1]);
        }
    assert_in_range(policy_delay_ms(&result, 4000000000u, 1), 30000, 60000);
    assert_in_range(policy_delay_ms(&result, 0, 1), 250, 500);
}

static void the_jitter_comes_from_the_seed(void **state) {
    struct http_result result = {.outcome = HTTP_BROKEN, .retry_after_ms = -1};
    int64_t first = policy_delay_ms(&result, 8, 0);
    unsigned other = 0;
    (void)state;
    assert_int_equal(policy_delay_ms(&result, 8, 0), first);
    for (uint32_t seed = 1; seed <= 20; seed++)
        other += policy_delay_ms(&result, 8, seed) != first;
    assert_true(other >= 19);
}

static void never_before_retry_after(void **state) {
    struct http_result result = {.outcome = HTTP_REPLIED, .status = 429, .retry_after_ms = 90000};
    (void)state;
    assert_int_equal(policy_delay_ms(&result, 1, 3), 90000);
    result.retry_after_ms = 0;
    assert_in_range(policy_delay_ms(&result, 1, 3), 250, 500);
}

static void a_long_wait_is_not_waited_for(void **state) {
    struct http_result result = {
        .outcome = HTTP_REPLIED, .status = 503, .retry_after_ms = POLICY_WAIT_MOST_MS};
    (void)state;
    assert_int_equal(policy_for(false, &result, 1), POLICY_RETRY);
    result.retry_after_ms++;
    assert_int_equal(policy_for(false, &result, 1), POLICY_FAIL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paid_call_is_never_retried),
        cmocka_unit_test(only_an_unsent_paid_call_is_released),
        cmocka_unit_test(a_paid_reply_is_parsed_whatever_its_status),
        cmocka_unit_test(a_free_call_is_retried_and_then_given_up),
        cmocka_unit_test(a_free_reply_that_retrying_would_not_change),
        cmocka_unit_test(a_redirected_free_call_fails),
        cmocka_unit_test(the_delay_doubles_up_to_a_minute),
        cmocka_unit_test(the_jitter_comes_from_the_seed),
        cmocka_unit_test(never_before_retry_after),
        cmocka_unit_test(a_long_wait_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
