#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

enum { NOON = 20000 * LEDGER_DAY_QUARTERS + 48 };

static int32_t note(struct fixture *fixture, struct ledger *ledger, int32_t clock_quarter) {
    int32_t quarter = 0;
    fixture_good(fixture, ledger_begin(ledger, &fixture->error));
    fixture_good(fixture, ledger_now(ledger, clock_quarter, &quarter, &fixture->error));
    fixture_good(fixture, ledger_commit(ledger, &fixture->error));
    return quarter;
}

static int32_t look(struct fixture *fixture, int32_t clock_quarter) {
    int32_t quarter = 0;
    fixture_good(fixture, ledger_now(fixture->ledger, clock_quarter, &quarter, &fixture->error));
    return quarter;
}

static void a_day_that_is_over_is_never_opened_again(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(note(fixture, fixture->ledger, NOON), NOON);
    assert_int_equal(note(fixture, fixture->ledger, NOON + 1), NOON + 1);
    assert_int_equal(note(fixture, fixture->ledger, NOON), NOON + 1); /* the clock was stepped back */
    assert_int_equal(note(fixture, fixture->ledger, NOON - 4 * LEDGER_DAY_QUARTERS), NOON + 1);
    assert_int_equal(note(fixture, fixture->ledger, NOON + 2), NOON + 2);
}

static void other_processes_know_it(void **state) {
    struct fixture *fixture = *state;
    struct ledger *other = fixture_open(fixture);
    note(fixture, other, NOON + 1);
    ledger_close(other);
    assert_int_equal(note(fixture, fixture->ledger, NOON), NOON + 1);
    fixture_reopen(fixture);
    assert_int_equal(look(fixture, NOON), NOON + 1);
}

static void to_look_notes_nothing(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(look(fixture, NOON + 5), NOON + 5);
    assert_int_equal(look(fixture, NOON), NOON);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM settings"), 0);
}

static void what_was_rolled_back_is_no_time(void **state) {
    struct fixture *fixture = *state;
    int32_t quarter;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_now(fixture->ledger, NOON + 9, &quarter, &fixture->error));
    ledger_rollback(fixture->ledger);
    assert_int_equal(look(fixture, NOON), NOON);
}

static int64_t spend(struct fixture *fixture, unsigned n, int32_t quarter) {
    struct claim claim;
    struct intent intent = fixture_intent(n);
    intent.call = n;
    intent.quarter = quarter;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return claim.order;
}

static money counted(struct fixture *fixture, struct zone_span day) {
    struct intent intent = fixture_intent(1);
    money sum;
    fixture_good(fixture, ledger_day_counted(fixture->ledger, intent.provider, intent.account, day, &sum,
                                             &fixture->error));
    return sum;
}

static struct zone_span day_in(const char *name, int32_t quarter) {
    sluice_error error = ERROR_INIT;
    struct zone *zone;
    assert_int_equal(zone_open(name, &zone, &error), 0);
    struct zone_span day = zone_day_span(zone, quarter);
    zone_close(zone);
    return day;
}

/* What was ordered on a day counts for it, in every state but the free ones. */
static void a_day_is_summed_up(void **state) {
    struct fixture *fixture = *state;
    money sum;
    fixture_end(fixture, spend(fixture, 1, NOON - 48), T8, "no answer");
    spend(fixture, 2, NOON + 47);
    spend(fixture, 3, NOON + 48);
    assert_int_equal(counted(fixture, day_in("UTC", NOON)), 160000);
    assert_int_equal(counted(fixture, day_in("UTC", NOON + 48)), 80000);
    struct intent intent = fixture_intent(1);
    fixture_good(fixture, ledger_day_counted(fixture->ledger, intent.provider, TEXT("another"),
                                             day_in("UTC", NOON), &sum, &fixture->error));
    assert_int_equal(sum, 0);
}

/* Whoever spends from another zone spends of the same day: at noon UTC it is the 4th on one island and the
 * 3rd on the other. */
static void a_day_is_the_same_whoever_spends(void **state) {
    struct fixture *fixture = *state;
    spend(fixture, 1, NOON);
    struct zone_span west = day_in("Pacific/Pago_Pago", NOON), east = day_in("Pacific/Kiritimati", NOON);
    assert_int_equal(west.day + 1, east.day);
    assert_int_equal(counted(fixture, west), 80000);
    assert_int_equal(counted(fixture, east), 80000);
    spend(fixture, 2, west.last); /* there the next day has begun */
    assert_int_equal(counted(fixture, west), 160000);
    assert_int_equal(counted(fixture, east), 80000);
    assert_int_equal(counted(fixture, day_in("Pacific/Kiritimati", west.last)), 80000);
    spend(fixture, 3, east.first - 1);
    assert_int_equal(counted(fixture, west), 160000);
    assert_int_equal(counted(fixture, east), 80000);
}

/* The day on which the clock goes back has an hour more. */
static void a_long_day_is_counted_whole(void **state) {
    struct fixture *fixture = *state;
    enum { OCTOBER_25 = 20751 }; /* of 2026 */
    struct zone_span day = day_in("Europe/Berlin", OCTOBER_25 * LEDGER_DAY_QUARTERS);
    spend(fixture, 1, day.first - 1);
    spend(fixture, 2, day.first);
    spend(fixture, 3, day.last);
    spend(fixture, 4, day.last + 1);
    assert_int_equal(day.day, OCTOBER_25);
    assert_int_equal(day.last - day.first + 1, 25 * 4);
    assert_int_equal(counted(fixture, day), 160000);
}

/* An older sluice has noted the day's number alone. */
static void what_was_counted_by_days_still_counts(void **state) {
    struct fixture *fixture = *state;
    struct zone_span day = day_in("Pacific/Kiritimati", NOON);
    struct ledger_counted since;
    struct intent intent = fixture_intent(1);
    int64_t order = spend(fixture, 1, day.day);
    spend(fixture, 2, NOON);
    assert_int_equal(counted(fixture, day), 160000);
    fixture_good(fixture, ledger_account_counted(fixture->ledger, intent.provider, intent.account, NOON - 96,
                                                 &since, &fixture->error));
    assert_int_equal(since.open, 160000);
    fixture_good(fixture, ledger_account_counted(fixture->ledger, intent.provider, intent.account, NOON + 960,
                                                 &since, &fixture->error));
    assert_int_equal(since.open, 0);
    fixture_end(fixture, order, T6, "no such service");
    assert_int_equal(counted(fixture, day), 80000);
    assert_int_equal(ledger_utc_day(day.day), day.day);
    assert_int_equal(ledger_utc_day(NOON), 20000);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_day_that_is_over_is_never_opened_again),
        TEST(other_processes_know_it),
        TEST(to_look_notes_nothing),
        TEST(what_was_rolled_back_is_no_time),
        TEST(a_day_is_summed_up),
        TEST(a_day_is_the_same_whoever_spends),
        TEST(a_long_day_is_counted_whole),
        TEST(what_was_counted_by_days_still_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
