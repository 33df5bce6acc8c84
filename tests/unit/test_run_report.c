#include "support.h"

#include <string.h>

#include "run_report.h"

static const struct pipeline pipeline = {.name = "place"};
static const struct component sinks[2] = {{.id = "sqlite#1"}, {.id = "csv#1"}};
static struct outlet outlets[2];
static struct run run;
static struct run_report report;

static int set_up(void **state) {
    (void)state;
    run_report_init(&report);
    run_init(&run, &pipeline);
    for (int i = 0; i < 2; i++) {
        outlets[i] = (struct outlet){.component = &sinks[i], .error = ERROR_INIT};
        queue_init(&outlets[i].queue, 1000);
    }
    run.outlets = outlets;
    run.outlet_count = 2;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++)
        queue_destroy(&outlets[i].queue);
    run_free(&run);
    run_report_free(&report);
    return 0;
}

static void the_run_under_way_counts(void **state) {
    struct run_snapshot snapshot;
    (void)state;
    run_report_began(&report, &run, "USD");
    atomic_store(&run.tally.read, 5);
    tally_add(&run.tally, TALLY_PLACED, 3);
    atomic_store(&run.tally.spent, 240000);
    run_report_read(&report, &snapshot);
    assert_int_equal(snapshot.sums.read, 5);
    assert_int_equal(snapshot.sums.kinds[TALLY_PLACED], 3);
    assert_int_equal(snapshot.sums.spent, 240000);
    assert_string_equal(snapshot.currency, "USD");
    assert_int_equal(snapshot.sink_count, 2);
    assert_string_equal(snapshot.sinks[1].name, "csv#1");
    run_report_ended(&report);
}

static void runs_add_up(void **state) {
    struct run_snapshot snapshot;
    (void)state;
    tally_add(&run.tally, TALLY_DUPLICATE, 4);
    for (int i = 0; i < 3; i++) {
        run_report_began(&report, &run, "USD");
        run_report_ended(&report);
    }
    run_report_read(&report, &snapshot);
    assert_int_equal(snapshot.sums.kinds[TALLY_DUPLICATE], 12);
}

static void a_settled_doubt_makes_no_sum_smaller(void **state) {
    struct run_snapshot before, after;
    (void)state;
    run_report_began(&report, &run, "USD");
    tally_add(&run.tally, TALLY_IN_DOUBT, 2);
    run_report_read(&report, &before);
    tally_move(&run.tally, TALLY_IN_DOUBT, TALLY_PLACED);
    run_report_read(&report, &after);
    for (int kind = 0; kind < TALLY_KINDS; kind++)
        assert_true(after.sums.kinds[kind] >= before.sums.kinds[kind]);
    assert_int_equal(after.sums.kinds[TALLY_PLACED], before.sums.kinds[TALLY_PLACED] + 1);
    run_report_ended(&report);
    run_report_read(&report, &after);
    assert_int_equal(after.sums.kinds[TALLY_IN_DOUBT], before.sums.kinds[TALLY_IN_DOUBT]);
}

static void a_dead_sink_is_told_of_until_the_next_run(void **state) {
    struct run_snapshot snapshot;
    (void)state;
    run_report_began(&report, &run, "");
    strcpy(outlets[0].error.text, "the disk is full");
    atomic_store(&outlets[0].dead, true);
    run_report_ended(&report);
    run_report_read(&report, &snapshot);
    assert_true(snapshot.sinks[0].dead);
    assert_string_equal(snapshot.sinks[0].text, "the disk is full");
    assert_false(snapshot.sinks[1].dead);
    atomic_store(&outlets[0].dead, false);
    run_report_began(&report, &run, "");
    run_report_read(&report, &snapshot);
    assert_false(snapshot.sinks[0].dead);
    run_report_ended(&report);
}

static void a_run_that_never_began_adds_nothing(void **state) {
    struct run_snapshot snapshot;
    (void)state;
    run_report_ended(&report);
    run_report_read(&report, &snapshot);
    assert_int_equal(snapshot.sums.read, 0);
    assert_int_equal(snapshot.sink_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_run_under_way_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_settled_doubt_makes_no_sum_smaller, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_sink_is_told_of_until_the_next_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_never_began_adds_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
