#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zone.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct zone *open_zone(const char *name) {
    struct zone *zone = NULL;
    sluice_error error = ERROR_INIT;
    if (zone_open(name, &zone, &error))
        fail_msg("%s: %s", name, error.text);
    return zone;
}

static int64_t utc(int year, int month, int day, int hour, int minute) {
    struct tm parts = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute};
    return timegm(&parts);
}

static int32_t day_at(const struct zone *zone, int year, int month, int day, int hour, int minute) {
    return zone_day(zone, utc(year, month, day, hour, minute) * 1000);
}

static void a_day_begins_at_midnight_there(void **state) {
    struct zone *berlin = open_zone("Europe/Berlin"), *none = open_zone("UTC");
    (void)state;
    assert_int_equal(day_at(none, 2026, 1, 10, 23, 59) + 1, day_at(none, 2026, 1, 11, 0, 0));
    assert_int_equal(day_at(none, 1970, 1, 1, 0, 0), 0);
    assert_int_equal(day_at(none, 1969, 12, 31, 23, 59), -1);
    /* In winter an hour before midnight UTC, in summer two. */
    assert_int_equal(day_at(berlin, 2026, 1, 10, 22, 59) + 1, day_at(berlin, 2026, 1, 10, 23, 0));
    assert_int_equal(day_at(berlin, 2026, 7, 10, 21, 59) + 1, day_at(berlin, 2026, 7, 10, 22, 0));
    zone_close(berlin);
    zone_close(none);
}

/* The day on which the clocks go forward has 23 hours, the one on which they go back has 25. */
static void the_days_on_which_the_clock_changes(void **state) {
    static const struct {
        const char *zone;
        int month, day, hour, hours; /* of its midnight in UTC, the day before; how long it is */
    } days[] = {{"Europe/Berlin", 3, 28, 23, 23},    {"Europe/Berlin", 10, 24, 22, 25},
                {"America/New_York", 3, 8, 5, 23},   {"America/New_York", 11, 1, 4, 25},
                {"Australia/Sydney", 10, 3, 14, 23}, {"Australia/Sydney", 4, 4, 13, 25},
                {"Asia/Kolkata", 3, 28, 18, 24}};
    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct zone *zone = open_zone(days[i].zone);
        int64_t begins = utc(2026, days[i].month, days[i].day, days[i].hour, 0);
        if (strcmp(days[i].zone, "Asia/Kolkata") == 0)
            begins += 30 * 60;
        int64_t ends = begins + days[i].hours * 3600;
        int32_t day = zone_day(zone, begins * 1000);
        assert_int_equal(zone_day(zone, begins * 1000 - 1), day - 1);
        assert_int_equal(zone_day(zone, ends * 1000 - 1), day);
        assert_int_equal(zone_day(zone, ends * 1000), day + 1);
        zone_close(zone);
    }
}

/* As the C library has it, also behind the end of the table. */
static void as_the_system_counts(void **state) {
    static const char *const names[] = {"Europe/Berlin",    "America/New_York", "America/Sao_Paulo",
                                        "Australia/Sydney", "Asia/Kathmandu",   "Africa/Casablanca",
                                        "Europe/Dublin",    "Pacific/Apia",     "America/St_Johns",
                                        "Asia/Tehran",      "Etc/GMT+12",       "Asia/Gaza"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone *zone = open_zone(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (time_t at = utc(1950, 1, 1, 0, 0); at < utc(2120, 1, 1, 0, 0); at += 11 * 3600 + 1301) {
            struct tm local;
            localtime_r(&at, &local);
            if (zone_offset(zone, at) != local.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", names[i], (long long)at, zone_offset(zone, at),
                         local.tm_gmtoff);
        }
        zone_close(zone);
    }
    unsetenv("TZ");
    tzset();
}

static void what_is_no_zone_is_refused(void **state) {
    static const char *const names[] = {"Europe/Atlantis", "tzdata.zi", "Europe", "zone.tab", ""};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone *zone = NULL;
        sluice_error error = ERROR_INIT;
        assert_int_equal(zone_open(names[i], &zone, &error), SLUICE_E_CONFIG);
        assert_null(zone);
        assert_non_null(strstr(error.text, names[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_begins_at_midnight_there),
        cmocka_unit_test(the_days_on_which_the_clock_changes),
        cmocka_unit_test(as_the_system_counts),
        cmocka_unit_test(what_is_no_zone_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
