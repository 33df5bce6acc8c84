#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static int32_t note(struct fixture *fixture, struct ledger *ledger, const char *zone, int32_t clock_day) {
    int32_t day = 0;
    fixture_good(fixture, ledger_begin(ledger, &fixture->error));
    fixture_good(fixture, ledger_today(ledger, zone, clock_day, &day, &fixture->error));
    fixture_good(fixture, ledger_commit(ledger, &fixture->error));
    return day;
}

static int32_t look(struct fixture *fixture, const char *zone, int32_t clock_day) {
    int32_t day = 0;
    fixture_good(fixture, ledger_today(fixture->ledger, zone, clock_day, &day, &fixture->error));
    return day;
}

static void a_day_that_is_over_is_never_opened_again(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(note(fixture, fixture->ledger, "UTC", 20000), 20000);
    assert_int_equal(note(fixture, fixture->ledger, "UTC", 20001), 20001);
    assert_int_equal(note(fixture, fixture->ledger, "UTC", 20000), 20001); /* the clock was stepped back */
    assert_int_equal(note(fixture, fixture->ledger, "UTC", 19000), 20001);
    assert_int_equal(note(fixture, fixture->ledger, "UTC", 20002), 20002);
}

static void other_processes_know_it(void **state) {
    struct fixture *fixture = *state;
    struct ledger *other = fixture_open(fixture);
    note(fixture, other, "UTC", 20001);
    ledger_close(other);
    assert_int_equal(note(fixture, fixture->ledger, "UTC", 20000), 20001);
    fixture_reopen(fixture);
    assert_int_equal(look(fixture, "UTC", 20000), 20001);
}

static void to_look_notes_nothing(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(look(fixture, "UTC", 20005), 20005);
    assert_int_equal(look(fixture, "UTC", 20000), 20000);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM settings"), 0);
}

static void each_zone_has_its_own(void **state) {
    struct fixture *fixture = *state;
    note(fixture, fixture->ledger, "Pacific/Auckland", 20001);
    assert_int_equal(note(fixture, fixture->ledger, "UTC", 20000), 20000);
}

static void what_was_rolled_back_is_no_day(void **state) {
    struct fixture *fixture = *state;
    int32_t day;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_today(fixture->ledger, "UTC", 20009, &day, &fixture->error));
    ledger_rollback(fixture->ledger);
    assert_int_equal(look(fixture, "UTC", 20000), 20000);
}

/* What was ordered on a day counts for it, in every state but the free ones. */
static void a_day_is_summed_up(void **state) {
    struct fixture *fixture = *state;
    money sum;
    for (unsigned n = 1; n <= 3; n++) {
        struct claim claim;
        struct intent intent = fixture_intent(n);
        intent.call = n;
        intent.day = n == 3 ? 20001 : 20000;
        fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
        fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
        fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
        if (n == 1)
            fixture_end(fixture, claim.order, T8, "no answer");
    }
    struct intent intent = fixture_intent(1);
    fixture_good(fixture, ledger_day_counted(fixture->ledger, intent.provider, intent.account, 20000, &sum,
                                             &fixture->error));
    assert_int_equal(sum, 160000);
    fixture_good(fixture, ledger_day_counted(fixture->ledger, intent.provider, intent.account, 20001, &sum,
                                             &fixture->error));
    assert_int_equal(sum, 80000);
    fixture_good(fixture, ledger_day_counted(fixture->ledger, intent.provider, TEXT("another"), 20000, &sum,
                                             &fixture->error));
    assert_int_equal(sum, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_day_that_is_over_is_never_opened_again),
        TEST(other_processes_know_it),
        TEST(to_look_notes_nothing),
        TEST(each_zone_has_its_own),
        TEST(what_was_rolled_back_is_no_day),
        TEST(a_day_is_summed_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
