#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cron.h"
#include "text.h"
#include "zone.h"

#include <cmocka.h>

static int32_t offset_at(const void *zone, int64_t utc_s) {
    return zone_offset(zone, utc_s);
}

static struct zone *opened(const char *name) {
    struct zone *zone = NULL;
    sluice_error error = ERROR_INIT;
    if (zone_open(name, &zone, &error))
        fail_msg("%s", error.text);
    return zone;
}

static int64_t utc(const char *text) {
    struct tm parts = {0};
    assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &parts));
    return (int64_t)timegm(&parts);
}

static const char *written(int64_t seconds) {
    static char out[32];
    time_t when = (time_t)seconds;
    struct tm parts;
    if (seconds == INT64_MAX)
        return "never";
    strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", gmtime_r(&when, &parts));
    return out;
}

static struct cron parsed(const char *text) {
    struct cron cron;
    sluice_error error = ERROR_INIT;
    if (cron_parse(text_of(text), &cron, &error))
        fail_msg("%s: %s", text, error.text);
    return cron;
}

/* `times`: one after the other, UTC, a NULL behind the last. */
static void assert_times(const char *text, const char *zone_name, const char *after,
                         const char *const *times) {
    struct zone *zone = opened(zone_name);
    const struct cron_zone of_zone = {offset_at, zone};
    struct cron cron = parsed(text);
    int64_t at = utc(after);
    for (; *times; times++) {
        at = cron_next(&cron, &of_zone, at);
        if (strcmp(written(at), *times) != 0)
            fail_msg("%s in %s: %s, and not %s", text, zone_name, written(at), *times);
    }
    zone_close(zone);
}
#define TIMES(...) \
    (const char *const[]) { \
        __VA_ARGS__, NULL \
    }

static void fields_are_read(void **state) {
    (void)state;
    assert_times("0 6 * * *", "UTC", "2026-11-22 05:59:59",
                 TIMES("2026-11-22 06:00:00", "2026-11-23 06:00:00"));
    assert_times("*/20 * * * *", "UTC", "2026-11-22 23:30:00",
                 TIMES("2026-11-22 23:40:00", "2026-11-23 00:00:00", "2026-11-23 00:20:00"));
    assert_times("5-15/5 9,17 * * *", "UTC", "2026-11-22 09:05:00",
                 TIMES("2026-11-22 09:10:00", "2026-11-22 09:15:00", "2026-11-22 17:05:00"));
    assert_times("30 8 * JAN-mar Mon", "UTC", "2026-03-23 08:29:00",
                 TIMES("2026-03-23 08:30:00", "2026-03-30 08:30:00", "2027-01-04 08:30:00"));
    assert_times("0 0 * * 7", "UTC", "2026-11-22 00:00:00", TIMES("2026-11-29 00:00:00"));
    assert_times(
        "0 0 * * fri-sun", "UTC", "2026-11-26 00:00:00",
        TIMES("2026-11-27 00:00:00", "2026-11-28 00:00:00", "2026-11-29 00:00:00", "2026-12-04 00:00:00"));
    assert_times("59 23 31 12 *", "UTC", "2026-12-31 23:59:00", TIMES("2027-12-31 23:59:00"));
}

static void a_day_or_a_weekday_is_enough(void **state) {
    (void)state;
    assert_times(
        "0 12 1 * mon", "UTC", "2026-11-22 13:00:00",
        TIMES("2026-11-23 12:00:00", "2026-11-30 12:00:00", "2026-12-01 12:00:00", "2026-12-07 12:00:00"));
    assert_times("0 12 1 * *", "UTC", "2026-11-22 13:00:00",
                 TIMES("2026-12-01 12:00:00", "2027-01-01 12:00:00"));
    assert_times("0 12 * * mon", "UTC", "2026-11-22 13:00:00",
                 TIMES("2026-11-23 12:00:00", "2026-11-30 12:00:00"));
    /* A step over `*` is no choice of its own: both have to hold. */
    assert_times("0 12 */2 * mon", "UTC", "2026-11-01 00:00:00",
                 TIMES("2026-11-09 12:00:00", "2026-11-23 12:00:00"));
}

static void leap_days_come_when_there_are_some(void **state) {
    (void)state;
    assert_times("0 0 29 2 *", "UTC", "2026-01-01 00:00:00",
                 TIMES("2028-02-29 00:00:00", "2032-02-29 00:00:00"));
    assert_times("0 0 29 2 *", "UTC", "2096-02-29 00:00:00", TIMES("2104-02-29 00:00:00"));
    assert_times("0 0 30 2 *", "UTC", "2026-01-01 00:00:00", TIMES("never"));
}

static void a_time_that_is_left_out_comes_at_the_change(void **state) {
    (void)state;
    /* Berlin: 2026-03-29, 02:00 becomes 03:00 (01:00 UTC). */
    assert_times("30 2 * * *", "Europe/Berlin", "2026-03-28 00:00:00",
                 TIMES("2026-03-28 01:30:00", "2026-03-29 01:00:00", "2026-03-30 00:30:00"));
    assert_times("0 3 * * *", "Europe/Berlin", "2026-03-28 12:00:00",
                 TIMES("2026-03-29 01:00:00", "2026-03-30 01:00:00"));
    assert_times("*/30 * * * *", "Europe/Berlin", "2026-03-29 00:30:00",
                 TIMES("2026-03-29 01:00:00", "2026-03-29 01:30:00"));
}

static void a_time_that_is_there_twice_comes_once(void **state) {
    (void)state;
    /* Berlin: 2026-10-25, 03:00 becomes 02:00 (01:00 UTC). */
    assert_times("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00:00",
                 TIMES("2026-10-25 00:30:00", "2026-10-26 01:30:00"));
    assert_times("30 * * * *", "Europe/Berlin", "2026-10-25 00:00:00",
                 TIMES("2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-25 02:30:00"));
    assert_times("0 3 * * *", "Europe/Berlin", "2026-10-25 00:00:00", TIMES("2026-10-25 02:00:00"));
    assert_times("0 2 * * *", "America/New_York", "2026-11-01 00:00:00",
                 TIMES("2026-11-01 07:00:00", "2026-11-02 07:00:00"));
}

static void zones_of_any_offset_work(void **state) {
    (void)state;
    assert_times("0 6 * * *", "Asia/Kolkata", "2026-11-22 00:00:00",
                 TIMES("2026-11-22 00:30:00", "2026-11-23 00:30:00"));
    assert_times("0 6 * * *", "Pacific/Kiritimati", "2026-11-22 00:00:00", TIMES("2026-11-22 16:00:00"));
    /* Half an hour of summer time. */
    assert_times("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00:00",
                 TIMES("2026-04-04 14:45:00", "2026-04-05 15:15:00"));
    /* Long after what the file lists. */
    assert_times("0 12 * * *", "Europe/Berlin", "2090-07-01 00:00:00", TIMES("2090-07-01 10:00:00"));
    assert_times("0 12 * * *", "Europe/Berlin", "2090-12-01 00:00:00", TIMES("2090-12-01 11:00:00"));
}

/* An hour of all hours of a year, in a zone with summer time: one firing for each, none twice. */
static void every_hour_comes_once(void **state) {
    struct zone *zone = opened("America/New_York");
    const struct cron_zone of_zone = {offset_at, zone};
    struct cron cron = parsed("0 * * * *");
    int64_t at = utc("2026-01-01 00:30:00");
    (void)state;
    for (int hour = 1; hour <= 365 * 24; hour++) {
        int64_t next = cron_next(&cron, &of_zone, at);
        assert_int_equal(next, utc("2026-01-01 00:00:00") + hour * 3600);
        at = next;
    }
    zone_close(zone);
}

static void what_is_wrong_is_named(void **state) {
    static const struct {
        const char *text, *says;
    } table[] = {
        {"", "five fields"},
        {"* * * *", "five fields"},
        {"* * * * * *", "five fields"},
        {"60 * * * *", "'60' is no minute"},
        {"* 24 * * *", "is no hour"},
        {"* * 0 * *", "is no day"},
        {"* * 32 * *", "is no day"},
        {"* * * 13 *", "is no month"},
        {"* * * foo *", "'foo' is no month"},
        {"* * * * 8", "is no weekday"},
        {"*/0 * * * *", "is no minute"},
        {"5/10 * * * *", "is no minute"},
        {"9-5 * * * *", "is no minute"},
        {"1,,2 * * * *", "is no minute"},
        {"1, * * * *", "is no minute"},
        {"- * * * *", "is no minute"},
        {"1- * * * *", "is no minute"},
        {"99999999999 * * * *", "is no minute"},
        {"*/ * * * *", "is no minute"},
        {"** * * * *", "is no minute"},
        {"-1 * * * *", "is no minute"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct cron cron;
        sluice_error error = ERROR_INIT;
        assert_int_equal(cron_parse(text_of(table[i].text), &cron, &error), SLUICE_E_CONFIG);
        if (!strstr(error.text, table[i].says))
            fail_msg("'%s': %s", table[i].text, error.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(a_day_or_a_weekday_is_enough),
        cmocka_unit_test(leap_days_come_when_there_are_some),
        cmocka_unit_test(a_time_that_is_left_out_comes_at_the_change),
        cmocka_unit_test(a_time_that_is_there_twice_comes_once),
        cmocka_unit_test(zones_of_any_offset_work),
        cmocka_unit_test(every_hour_comes_once),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
