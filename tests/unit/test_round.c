#include "round.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "ledger_fixture.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct round join(struct fixture *fixture, int64_t run) {
    struct round round;
    fixture_good(fixture, round_join(&round, fixture->ledger, "p", run, &fixture->error));
    return round;
}

static void begin_round(struct fixture *fixture, const struct round *round) {
    fixture_good(fixture, round_begin(round, fixture->ledger, "p", &fixture->error));
}

static void end_round(struct fixture *fixture, int64_t run) {
    fixture_good(fixture, round_end(fixture->ledger, "p", run, &fixture->error));
}

static void end_run(struct fixture *fixture, int64_t run) {
    fixture_good(fixture, ledger_run_end(fixture->ledger, run, 0, &fixture->error));
}

static void it_begins_with_the_first_run(void **state) {
    struct fixture *fixture = *state;
    struct round round = join(fixture, fixture->run);
    assert_int_equal(round.first, fixture->run);
    assert_false(round.goes_on);
    assert_int_equal(round.live_count, 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM settings WHERE name LIKE 'round%'"), 0);
    begin_round(fixture, &round);
    round_free(&round);
    end_run(fixture, fixture->run);
    int64_t next = fixture_begin_run(fixture, fixture->ledger, "p");
    round = join(fixture, next);
    assert_true(round.goes_on);
    assert_int_equal(round.first, fixture->run);
    begin_round(fixture, &round); /* changes nothing */
    round_free(&round);
    round = join(fixture, 0); /* a plan's; runs that live are named to it */
    assert_int_equal(round.first, fixture->run);
    assert_int_equal(round.live_count, 1);
    round_free(&round);
    end_round(fixture, next);
    round = join(fixture, 0);
    assert_false(round.goes_on);
    assert_true(round.first == INT64_MAX);
    round_free(&round);
}

static void runs_at_work_are_known(void **state) {
    struct fixture *fixture = *state;
    int64_t other = fixture_begin_run(fixture, fixture->ledger, "q");
    int64_t run = fixture_begin_run(fixture, fixture->ledger, "p");
    struct round round = join(fixture, run);
    assert_int_equal(round.live_count, 2);
    assert_int_equal(round.live[0], fixture->run);
    assert_int_equal(round.live[1], other);
    round_free(&round);
    fixture_reopen(fixture); /* all of them died */
    round = join(fixture, fixture_begin_run(fixture, fixture->ledger, "p"));
    assert_int_equal(round.live_count, 0);
    round_free(&round);
}

static void it_is_over_with_the_last_run_of_the_pipeline(void **state) {
    struct fixture *fixture = *state;
    struct round round = join(fixture, fixture->run);
    begin_round(fixture, &round);
    round_free(&round);
    int64_t second = fixture_begin_run(fixture, fixture->ledger, "p");
    int64_t other = fixture_begin_run(fixture, fixture->ledger, "q");
    end_round(fixture, fixture->run);
    round = join(fixture, second);
    assert_true(round.goes_on);
    round_free(&round);
    end_run(fixture, fixture->run);
    end_round(fixture, second); /* that of another pipeline doesn't matter */
    round = join(fixture, other);
    assert_false(round.goes_on);
    round_free(&round);
}

/* Two that begin at the same moment: the earlier one has it. */
static void the_first_to_note_it_has_it(void **state) {
    struct fixture *fixture = *state;
    int64_t second = fixture_begin_run(fixture, fixture->ledger, "p");
    struct round one = join(fixture, fixture->run), two = join(fixture, second);
    begin_round(fixture, &one);
    begin_round(fixture, &two);
    struct round third = join(fixture, 0);
    assert_int_equal(third.first, fixture->run);
    round_free(&one);
    round_free(&two);
    round_free(&third);
}

static void a_note_that_cannot_be_read_stops_it(void **state) {
    struct fixture *fixture = *state;
    struct round round;
    fixture_execute(fixture, "INSERT INTO settings (name, value) VALUES ('round of p', 'yesterday')");
    fixture_refused(fixture, round_join(&round, fixture->ledger, "p", fixture->run, &fixture->error),
                    SLUICE_E_SOFTWARE, "round of p");
    round_free(&round);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_begins_with_the_first_run),
        TEST(runs_at_work_are_known),
        TEST(it_is_over_with_the_last_run_of_the_pipeline),
        TEST(the_first_to_note_it_has_it),
        TEST(a_note_that_cannot_be_read_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
