#include "support.h"

#include <stdlib.h>
#include <time.h>

#include "date.h"
#include "text.h"

static void check(const char *text, int64_t seconds) {
    int64_t ms = -1;
    if (!date_parse(text, &ms))
        fail_msg("'%s' is no date", text);
    assert_int_equal(ms, seconds * 1000);
}

static void refuse(const char *text) {
    int64_t ms = -1;
    if (date_parse(text, &ms))
        fail_msg("'%s' was taken for a date", text);
    assert_int_equal(ms, -1);
}

static void days_and_times_are_utc(void **state) {
    (void)state;
    setenv("TZ", "America/New_York", 1); /* wherever the machine stands */
    tzset();
    check("1970-01-01", 0);
    check("2026-11-22", 1795305600);
    check("2026-11-22 16:05:29", 1795305600 + 16 * 3600 + 5 * 60 + 29);
    check("2026-11-22T16:05:29", 1795305600 + 16 * 3600 + 5 * 60 + 29);
    check("2026-11-22T16:05:29Z", 1795305600 + 16 * 3600 + 5 * 60 + 29);
    check("1969-12-31", -86400);
    check("2028-02-29", 1835395200);
}

static void a_time_without_a_zone_is_never_taken_too_early(void **state) {
    int64_t ms = -1, noon = 1795305600000 + 12 * 3600000LL;
    (void)state;
    assert_true(date_parse_latest(TEXT("2026-11-20 16:05:29"), noon, &ms));
    assert_int_equal(ms, 1795305600000 - 2 * 86400000LL + (28 * 3600 + 5 * 60 + 29) * 1000LL);
    assert_true(date_parse_latest(TEXT("2026-11-22 10:00:00"), noon, &ms));
    assert_int_equal(ms, noon);
    assert_true(date_parse_latest(TEXT("2027-01-01 00:00:00"), noon, &ms));
    assert_int_equal(ms, noon);
    assert_false(date_parse_latest(TEXT("lately"), noon, &ms));
    assert_false(date_parse_latest(TEXT(""), noon, &ms));
    assert_false(date_parse_latest(TEXT("2026-11-22 10:00:00 and much more than that"), noon, &ms));
}

static void what_is_no_day_is_refused(void **state) {
    (void)state;
    refuse("2026-02-29");
    refuse("2026-02-31");
    refuse("2026-04-31");
    refuse("2026-13-01");
    refuse("2026-00-10");
    refuse("2026-01-00");
    refuse("2026-01-32");
}

static void what_is_written_otherwise_is_refused(void **state) {
    (void)state;
    refuse("");
    refuse("yesterday");
    refuse("22.11.2026");
    refuse("11/22/2026");
    refuse("2026-11");
    refuse("2026-11-22x");
    refuse("2026-11-22 ");
    refuse("2026-11-22 16:05");
    refuse("2026-11-22 24:00:00");
    refuse("2026-11-22 16:60:00");
    refuse("2026-11-22T16:05:29+01:00");
}

static void a_moment_may_be_so_long_ago(void **state) {
    const int64_t now_ms = 1795305600000;
    int64_t ms = -1;
    (void)state;
    assert_true(date_parse_since("2h", now_ms, &ms));
    assert_int_equal(ms, now_ms - 2 * 3600 * 1000);
    assert_true(date_parse_since("2026-11-22", now_ms, &ms));
    assert_int_equal(ms, 1795305600000);
    assert_true(date_parse_since("99999999d", now_ms, &ms)); /* before there were computers: all */
    assert_int_equal(ms, 0);
    assert_false(date_parse_since("-2h", now_ms, &ms));
    assert_false(date_parse_since("yesterday", now_ms, &ms));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_times_are_utc),
        cmocka_unit_test(what_is_no_day_is_refused),
        cmocka_unit_test(a_time_without_a_zone_is_never_taken_too_early),
        cmocka_unit_test(what_is_written_otherwise_is_refused),
        cmocka_unit_test(a_moment_may_be_so_long_ago),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
