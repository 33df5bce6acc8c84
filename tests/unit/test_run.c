#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "log.h"
#include "run.h"
#include "shelf.h"
#include "text.h"

static const struct pipeline pipeline = {.name = "test-run"};
static struct run run;

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    run_init(&run, &pipeline);
    return 0;
}

static int end(void **state) {
    (void)state;
    run_free(&run);
    return 0;
}

static void a_run_that_met_nothing_is_a_success(void **state) {
    (void)state;
    tally_add(&run.tally, TALLY_PLACED, 5);
    tally_add(&run.tally, TALLY_DUPLICATE, 5);
    tally_add(&run.tally, TALLY_SKIPPED, 5);
    assert_int_equal(run_exit_code(&run), 0);
    assert_false(atomic_load(&run.stopping));
}

static void counts_make_an_exit_code(void **state) {
    (void)state;
    tally_add(&run.tally, TALLY_REJECTED, 1);
    assert_int_equal(run_exit_code(&run), 10);
    tally_add(&run.tally, TALLY_IN_DOUBT, 1);
    assert_int_equal(run_exit_code(&run), 11);
    tally_add(&run.tally, TALLY_FAILED, 1);
    assert_int_equal(run_exit_code(&run), 11); /* it was asked before; what held then holds now */
}

static void failed_orders_without_a_reason_mean_unavailable(void **state) {
    (void)state;
    tally_add(&run.tally, TALLY_FAILED, 1);
    tally_add(&run.tally, TALLY_IN_DOUBT, 1);
    assert_int_equal(run_exit_code(&run), 69);
}

static void failed_orders_with_a_reason_have_its_code(void **state) {
    (void)state;
    tally_add(&run.tally, TALLY_FAILED, 1);
    run_stop(&run, STOP_FAILED, 78, "the request can't be built");
    assert_int_equal(run_exit_code(&run), 78);
}

static void of_several_codes_the_gravest_is_said(void **state) {
    static const int order[] = {10, 75, 12, 11, 65, 78, 69, 77, 74};
    (void)state;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        run_holds(&run, order[i]);
        assert_int_equal(run_exit_code(&run), order[i]);
        if (i)
            run_holds(&run, order[i - 1]);
        assert_int_equal(run_exit_code(&run), order[i]);
    }
}

static void a_code_that_is_none_of_ours_is_never_success(void **state) {
    static const int odd[] = {64, 1, 0, -5, 9999};
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct run other;
        run_init(&other, &pipeline);
        run_stop(&other, STOP_FAILED, odd[i], "odd");
        assert_int_equal(run_exit_code(&other), 70);
        run_free(&other);
    }
}

static void each_reason_to_stop_is_said_once(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    support_capture(2);
    run_trouble(&run, 74, "sink %d is dead", 1);
    assert_false(atomic_load(&run.stopping));
    run_stop(&run, STOP_NO_CREDIT, 12, "no credit: %s", "first");
    run_stop(&run, STOP_NO_CREDIT, 12, "no credit: %s", "second");
    run_stop(&run, STOP_SIGNAL, 75, "stopping");
    run_stop(&run, STOP_FAILED, 65, "the ledger is gone");
    char *text = support_captured(2);
    assert_string_equal(text, "sluice: error: test-run: sink 1 is dead\n"
                              "sluice: error: test-run: no credit: first\n"
                              "sluice: info: test-run: stopping\n"
                              "sluice: error: test-run: the ledger is gone\n");
    free(text);
    assert_true(atomic_load(&run.stopping));
    assert_int_equal(run_exit_code(&run), 74);
}

static void an_outcome_is_a_line_of_json(void **state) {
    const struct order_line full = {.state = "placed",
                                    .row = 7,
                                    .identifier = TEXT("001001001234563"),
                                    .service = "1739",
                                    .order_id = TEXT("77"),
                                    .code = TEXT(""),
                                    .reason = TEXT("a \"b\"")};
    const struct order_line bare = {.state = "skipped", .row = UINT32_MAX};
    (void)state;
    support_capture(1);
    run_say(&run, &full); /* not asked for */
    run.json = true;
    run_say(&run, &full);
    run_say(&run, &bare);
    char *text = support_captured(1);
    assert_string_equal(
        text, "{\"type\":\"record\",\"state\":\"placed\",\"row\":7,\"identifier\":\"001001001234563\","
              "\"service\":\"1739\",\"order_id\":\"77\",\"code\":\"\",\"reason\":\"a \\\"b\\\"\"}\n"
              "{\"type\":\"record\",\"state\":\"skipped\",\"row\":4294967295}\n");
    free(text);
}

static void a_rejected_row_is_counted_kept_and_said(void **state) {
    struct shelf shelf;
    struct component item = {.type = &shelf_sink, .place = "on_reject[0]", .config = &shelf};
    struct components sinks = {&item, 1};
    sluice_error error = ERROR_INIT;
    (void)state;
    shelf_init(&shelf);
    assert_int_equal(rejects_open(&run.rejects, &sinks, "", NULL, NULL, false, &error), 0);
    struct batch *batch = harness_batch((const char *const[]){"imei", "1", "2", NULL});
    run.json = true;
    support_capture(1);
    run_reject(&run, batch, 1, "actions[0] imei", "luhn", TEXT("wrong"));
    char *text = support_captured(1);
    assert_string_equal(
        text,
        "{\"type\":\"record\",\"state\":\"rejected\",\"row\":3,\"code\":\"luhn\",\"reason\":\"wrong\"}\n");
    free(text);
    assert_int_equal(tally_get(&run.tally, TALLY_REJECTED), 1);
    assert_int_equal(rejects_close(&run.rejects, &error), 0);
    assert_int_equal(shelf.committed, 1);
    assert_int_equal(run_exit_code(&run), 10);
    batch_unref(batch);
    shelf_free(&shelf);
}

static void *stop_and_say(void *user) {
    const struct order_line line = {.state = "placed", .row = (uintptr_t)user};
    for (int i = 0; i < 100; i++) {
        run_say(&run, &line);
        run_stop(&run, (enum stop_reason)(1 + i % STOP_FAILED), 12, "reason %d", i);
        run_holds(&run, 10);
    }
    return NULL;
}

static void threads_stop_and_say_together(void **state) {
    pthread_t threads[4];
    size_t lines = 0;
    (void)state;
    run.json = true;
    support_capture(1);
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, stop_and_say, (void *)i);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    char *text = support_captured(1);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
        assert_int_equal(strncmp(line, "{\"type\":\"record\",\"state\":\"placed\",\"row\":", 40), 0);
    free(text);
    assert_int_equal(lines, 400);
    assert_int_equal(run_exit_code(&run), 12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_run_that_met_nothing_is_a_success),
        TEST(counts_make_an_exit_code),
        TEST(failed_orders_without_a_reason_mean_unavailable),
        TEST(failed_orders_with_a_reason_have_its_code),
        TEST(of_several_codes_the_gravest_is_said),
        TEST(a_code_that_is_none_of_ours_is_never_success),
        TEST(each_reason_to_stop_is_said_once),
        TEST(an_outcome_is_a_line_of_json),
        TEST(a_rejected_row_is_counted_kept_and_said),
        TEST(threads_stop_and_say_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
