#include "support.h"

#include <string.h>

#include "text.h"
#include "traffic.h"

static struct traffic_report found;
static unsigned count;

static void find_shop(void *user, const struct traffic_report *report) {
    count++;
    if (strcmp(report->account, user) == 0)
        found = *report;
}

static const struct traffic_report *report_of(const char *account) {
    found = (struct traffic_report){0};
    count = 0;
    traffic_each(find_shop, (void *)account);
    return &found;
}

static sluice_endpoint endpoint(const char *provider, const char *account) {
    return (sluice_endpoint){.size = sizeof(sluice_endpoint),
                             .base_url = TEXT("http://127.0.0.1/"),
                             .provider = text_of(provider),
                             .account = text_of(account)};
}

static struct limit limits[3];

static struct traffic *join(unsigned at, const char *provider, const char *account) {
    sluice_endpoint where = endpoint(provider, account);
    limit_init(&limits[at], (sluice_rate){0, 0}, 2);
    return traffic_join(&limits[at], &where, 2);
}

static void an_account_is_one_however_many_use_it(void **state) {
    (void)state;
    struct traffic *one = join(0, "shop", "me"), *same = join(1, "shop", "me"),
                   *other = join(2, "mart", "me");
    assert_ptr_equal(one, same);
    assert_ptr_not_equal(one, other);
    assert_int_equal(limit_start(&limits[0], 0), 0);
    assert_int_equal(limit_start(&limits[1], 0), 0);
    assert_true(limit_start(&limits[1], 0) > 0);
    assert_int_equal(limit_start(&limits[2], 0), 0);
    for (int i = 0; i < 3; i++)
        limit_leave(&limits[i]);
    report_of("me");
    assert_int_equal(count, 2);
}

static void calls_are_counted_by_end_and_time(void **state) {
    (void)state;
    struct traffic *traffic = join(0, "shop", "counted");
    assert_int_equal(report_of("counted")->seen_ms, 0);
    traffic_note(traffic, &(struct http_result){.outcome = HTTP_REPLIED, .status = 200, .elapsed_us = 7000});
    traffic_note(traffic,
                 &(struct http_result){.outcome = HTTP_REPLIED, .status = 200, .elapsed_us = 70000000});
    const struct traffic_report *report = report_of("counted");
    assert_true(report->reached && report->seen_ms > 0);
    assert_int_equal(report->calls, 2);
    assert_int_equal(report->buckets[0], 0);
    assert_int_equal(report->buckets[1], 1);
    assert_int_equal(report->buckets[TRAFFIC_BUCKETS - 1], 1);
    assert_int_equal(report->sum_us, 70007000);
    traffic_note(traffic,
                 &(struct http_result){.outcome = HTTP_TIMEOUT, .elapsed_us = 1, .text = "no reply"});
    report = report_of("counted");
    assert_false(report->reached);
    assert_string_equal(report->text, "no reply");
    assert_int_equal(report->outcomes[HTTP_TIMEOUT], 1);
    traffic_note(traffic, &(struct http_result){.outcome = HTTP_REPLIED, .status = 502});
    assert_string_equal(report_of("counted")->text, "HTTP 502");
    assert_false(report_of("counted")->reached);
    limit_leave(&limits[0]);
}

static void without_an_account_nothing_is_counted(void **state) {
    (void)state;
    traffic_note(NULL, &(struct http_result){0});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_one_however_many_use_it),
        cmocka_unit_test(calls_are_counted_by_end_and_time),
        cmocka_unit_test(without_an_account_nothing_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
