#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "summary.h"

static const struct pipeline pipeline = {.name = "place", .source = {.place = "source csv"}};
static struct run run;
static struct outlet outlets[2];
static const struct component sinks[2] = {{.place = "sinks[0] orders"}, {.place = "sinks[1] csv"}};
static struct summary summary;

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    run_init(&run, &pipeline);
    for (int i = 0; i < 2; i++)
        outlets[i] = (struct outlet){.component = &sinks[i]};
    run.outlets = outlets;
    run.outlet_count = 2;
    summary = (struct summary){.run = &run, .elapsed_us = 12345678, .currency = "USD", .spends = true};
    return 0;
}

static int end(void **state) {
    (void)state;
    run_free(&run);
    return 0;
}

static void check(const char *expected) {
    support_capture(2);
    summary_print(&summary);
    char *got = support_captured(2);
    assert_string_equal(got, expected);
    free(got);
}

static void a_good_run_has_one_line(void **state) {
    (void)state;
    atomic_store(&run.tally.read, 6000);
    tally_add(&run.tally, TALLY_PLACED, 6000);
    atomic_store(&run.tally.spent, 480000000);
    check("sluice: info: place: 6,000 read, 6,000 placed for 480.00 USD; 12.345 s\n");
}

static void a_run_that_does_not_spend_passes_on(void **state) {
    (void)state;
    summary.spends = false;
    atomic_store(&run.tally.read, 10);
    tally_add(&run.tally, TALLY_PASSED, 9);
    tally_add(&run.tally, TALLY_REJECTED, 1);
    check("sluice: info: place: 10 read, 9 passed on, 1 rejected; 12.345 s\n");
}

static void each_number_that_is_not_zero_is_said_with_what_to_do(void **state) {
    (void)state;
    atomic_store(&run.tally.read, 15);
    tally_add(&run.tally, TALLY_PLACED, 1);
    tally_add(&run.tally, TALLY_DUPLICATE, 2);
    tally_add(&run.tally, TALLY_REJECTED, 3);
    tally_add(&run.tally, TALLY_IN_DOUBT, 4);
    tally_add(&run.tally, TALLY_FAILED, 2);
    for (uint64_t row = 7; row < 10; row++)
        tally_skip(&run.tally, row);
    atomic_store(&run.tally.spent, 80000);
    atomic_store(&outlets[0].lost, 1);
    atomic_store(&outlets[1].lost, 2);
    summary.currency = "";
    summary.rejects_path = "/state/rejects/x.csv";
    check("sluice: info: place: 15 read, 1 placed for 0.08, 2 duplicate, 3 rejected, 4 in doubt, 2 failed, 3 "
          "skipped; "
          "12.345 s\n"
          "sluice: warning: place: not attempted: rows 7-9\n"
          "sluice: warning: place: orders in doubt may have been charged; they aren't sent again: see "
          "'sluice ledger "
          "list --state in_doubt'\n"
          "sluice: warning: sinks[0] orders: 1 record not delivered; it waits in the ledger, and the next "
          "run of "
          "this pipeline delivers it\n"
          "sluice: warning: sinks[1] csv: 2 records not delivered; they wait in the ledger, and the next run "
          "of "
          "this "
          "pipeline delivers them\n"
          "sluice: info: place: rejected records are in /state/rejects/x.csv\n");
}

static void no_records_at_all_are_a_warning(void **state) {
    (void)state;
    summary.spends = false;
    check("sluice: info: place: 0 read; 12.345 s\nsluice: warning: source csv: there were no records\n");
    summary.exit_code = 66; /* then the reason was said before */
    check("sluice: info: place: 0 read; 12.345 s\n");
}

static void the_json_has_every_number(void **state) {
    (void)state;
    atomic_store(&run.tally.read, 28);
    for (int kind = 0; kind < TALLY_KINDS; kind++)
        tally_add(&run.tally, (enum tally_kind)kind, (uint64_t)kind + 1);
    atomic_store(&run.tally.settled, 9);
    summary.unstored = 3;
    atomic_store(&run.tally.spent, 80000);
    summary.exit_code = 11;
    summary.rejects_path = "r.csv";
    support_capture(1);
    summary_print_json(&summary);
    char *got = support_captured(1);
    assert_string_equal(
        got,
        "{\"type\":\"summary\",\"pipeline\":\"place\",\"read\":28,\"placed\":1,\"duplicate\":2,"
        "\"rejected\":3,\"in_doubt\":4,\"failed\":5,\"skipped\":6,\"passed\":7,\"repeats\":0,"
        "\"settled\":9,\"not_stored\":3,"
        "\"spent\":\"0.08\",\"currency\":\"USD\",\"stores\":[],\"rejects\":\"r.csv\",\"elapsed_ms\":12345,"
        "\"exit\":11}\n");
    free(got);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_good_run_has_one_line),
        TEST(a_run_that_does_not_spend_passes_on),
        TEST(each_number_that_is_not_zero_is_said_with_what_to_do),
        TEST(no_records_at_all_are_a_warning),
        TEST(the_json_has_every_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
