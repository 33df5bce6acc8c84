#include "support.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "till_test.h"

static void the_same_input_twice_costs_nothing(void **state) {
    (void)state;
    TILL_RUN("imei", "1", "2", "3");
    till_close(&till);
    TILL_RUN("imei", "1", "2", "3", "4");
    till_check("placed 1 duplicate 3", "placed 4", 0);
    till_check_column(&till.store, "imei", "4");
    assert_int_equal(shop_paid(&shop), 4);
}

static void an_identity_that_stands_twice_is_placed_once(void **state) {
    (void)state;
    TILL_RUN("imei|service_id", "1|", "1|1739", "2|", "1|1740", "2|");
    till_check("placed 3 duplicate 2", "placed 3", 0);
    assert_int_equal(shop_charges(&shop, "1"), 2); /* of two services */
    assert_int_equal(shop_charges(&shop, "2"), 1);
}

static void rows_that_cannot_be_ordered_are_rejected_before_anything_is_paid(void **state) {
    (void)state;
    till_begin();
    till.pipeline.spend.max_price = 100000;
    till_start(&till);
    TILL_GIVE("imei|service_id", "bad|1740", "1|no such service", "2|1740", "|1740", "3|1739");
    till_finish(&till);
    till_check("placed 1 rejected 4", "placed 1", 10);
    till_check_column(&till.rejected, "_code", "invalid_imei unknown_service empty max_price");
    till_check_column(&till.rejected, "_row", "2 3 5 6");
}

static bool price_nothing(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "service 1739 free Unpriced\n");
    return strstr(body, "op=services") != NULL;
}

static void without_a_price_nothing_is_bought(void **state) {
    (void)state;
    shop_behave(&shop, price_nothing, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1");
    till_check("rejected 1", "", 10);
    assert_int_equal(shop_paid(&shop), 0);
    till_close(&till);
    till_begin();
    till.pipeline.spend.price = 250000; /* unless the pipeline says it */
    till_start(&till);
    TILL_GIVE("imei", "1");
    till_finish(&till);
    till_check("placed 1", "placed 1", 0);
    till_check_column(&till.store, "credits", "0.25");
}

static void calls_are_filled_and_of_one_service(void **state) {
    (void)state;
    shop.list = 3;
    TILL_RUN("imei|service_id", "1|", "2|", "3|", "4|1740", "5|", "6|1740");
    till_check("placed 6", "placed 6", 0);
    assert_int_equal(shop_paid(&shop), 3); /* 1,2,3 · 4,6 · 5 */
}

static void the_cap_of_a_run_holds_to_the_cent(void **state) {
    (void)state;
    till_begin();
    till.pipeline.spend.max_run = 1100000;
    till_start(&till);
    TILL_GIVE("imei|service_id", "1|", "2|", "3|", "4|1740", "5|");
    till_finish(&till);
    till_check("placed 2 skipped 3", "placed 2", 12);
    assert_int_equal(shop_paid(&shop), 2);
}

static bool reject_first_two(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "rejected 0 invalid_imei no\n");
    return strstr(body, "imei=1") || strstr(body, "imei=2");
}

/* Both places under the cap are taken and both orders are refused, maybe in one turn: the money is there
 * again. */
static void a_rejection_gives_its_price_back(void **state) {
    (void)state;
    shop_behave(&shop, reject_first_two, HTTP_KEEP, NULL);
    till_begin();
    till.pipeline.spend.max_run = 1000000;
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5");
    till_finish(&till);
    till_check("placed 2 rejected 2 skipped 1", "placed 2 rejected 2", 12);
}

static bool stay_unclear(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "doubt 0 who knows\n");
    return strstr(body, "imei=1") != NULL;
}

static void what_is_in_doubt_counts_in_the_cap(void **state) {
    (void)state;
    shop_behave(&shop, stay_unclear, HTTP_KEEP, NULL);
    till_begin();
    till.pipeline.spend.max_run = 1000000;
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3");
    till_finish(&till);
    till_check("placed 1 in_doubt 1 skipped 1", "placed 1 in_doubt 1", 11);
}

static void the_cap_of_a_day_counts_earlier_runs(void **state) {
    (void)state;
    TILL_RUN("imei", "1");
    till_close(&till);
    till_begin();
    till.pipeline.spend.max_day = 1000000;
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3");
    till_finish(&till);
    till_check("placed 1 duplicate 1 skipped 1", "placed 2", 12);
}

/* A clock that was stepped back by a day: what was spent on the later day still counts. */
static void the_day_goes_on_when_the_clock_steps_back(void **state) {
    sluice_error error = ERROR_INIT;
    int32_t quarter, ahead = (int32_t)(clock_wall_ms() / ZONE_QUARTER_MS) + LEDGER_DAY_QUARTERS;
    (void)state;
    till_begin();
    assert_int_equal(ledger_begin(till.ledger, &error), 0);
    assert_int_equal(ledger_now(till.ledger, ahead, &quarter, &error), 0);
    assert_int_equal(ledger_commit(till.ledger, &error), 0);
    till_start(&till);
    TILL_GIVE("imei", "1");
    till_finish(&till);
    till_close(&till);
    till_begin();
    till.pipeline.spend.max_day = 1000000;
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3");
    till_finish(&till);
    till_check("placed 1 duplicate 1 skipped 1", "placed 2", 12);
    assert_int_equal(till.spend.quarter, ahead);
}

/* The calls in flight are recorded, nothing else is sent. */
static void a_pause_is_seen_by_the_next_group(void **state) {
    struct ledger *other;
    (void)state;
    till_begin();
    till.component.limits.concurrency = 1;
    till_start(&till);
    shop_hold(&shop);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6");
    shop_await_waiting(&shop, 1);
    assert_int_equal(ledger_open(till_dir, 0, &other, &till.error), 0);
    assert_int_equal(ledger_pause(other, "ada", "enough", &till.error), 0);
    ledger_close(other);
    shop_release(&shop);
    till_finish(&till);
    till_check("placed 1 skipped 5", "placed 1", 12);
    assert_int_equal(shop_paid(&shop), 1);
}

static void in_a_pause_what_is_known_is_answered(void **state) {
    (void)state;
    TILL_RUN("imei", "1", "2");
    assert_int_equal(ledger_pause(till.ledger, "ada", "enough", &till.error), 0);
    till_close(&till);
    TILL_RUN("imei", "1", "2");
    till_check("duplicate 2", "placed 2", 0);
    till_close(&till);
    TILL_RUN("imei", "1", "3", "2");
    till_check("duplicate 1 skipped 2", "placed 2", 12);
}

/* ---- what others have ----------------------------------------------------------------------- */

static void what_a_live_run_has_is_skipped(void **state) {
    struct till other;
    (void)state;
    till_open(&other, &shop, till_dir);
    shop_hold(&shop);
    till_start(&other);
    till_give(&other, TILL_ROWS("imei", "1"));
    shop_await_waiting(&shop, 1);
    TILL_RUN("imei", "1");
    till_check("skipped 1", "sending 1", 0);
    shop_release(&shop);
    till_finish(&other);
    assert_string_equal(till_sums(&other), "placed 1");
    till_close(&other);
    assert_int_equal(shop_paid(&shop), 1);
}

static bool reject_all(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "rejected 0 invalid_imei Invalid IMEI!\n");
    return strstr(body, "op=place") != NULL;
}

static void what_was_rejected_stays_rejected_with_its_reason(void **state) {
    (void)state;
    shop_behave(&shop, reject_all, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1");
    till_check("rejected 1", "rejected 1", 10);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1");
    till_check("rejected 1", "rejected 1", 10);
    till_check_column(&till.rejected, "_code", "rejected_before");
    till_check_column(&till.rejected, "_reason", "Invalid IMEI!");
    assert_int_equal(shop_paid(&shop), 1);
}

static void the_same_order_with_other_parameters_is_refused(void **state) {
    (void)state;
    TILL_RUN("imei|extra", "1|a");
    till_close(&till);
    TILL_RUN("imei|extra", "1|b");
    till_check("rejected 1", "placed 1", 10);
    till_check_column(&till.rejected, "_code", "differs");
    assert_int_equal(shop_paid(&shop), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(the_same_input_twice_costs_nothing),
        TILL_TEST(an_identity_that_stands_twice_is_placed_once),
        TILL_TEST(rows_that_cannot_be_ordered_are_rejected_before_anything_is_paid),
        TILL_TEST(without_a_price_nothing_is_bought),
        TILL_TEST(calls_are_filled_and_of_one_service),
        TILL_TEST(the_cap_of_a_run_holds_to_the_cent),
        TILL_TEST(a_rejection_gives_its_price_back),
        TILL_TEST(what_is_in_doubt_counts_in_the_cap),
        TILL_TEST(the_cap_of_a_day_counts_earlier_runs),
        TILL_TEST(the_day_goes_on_when_the_clock_steps_back),
        TILL_TEST(a_pause_is_seen_by_the_next_group),
        TILL_TEST(in_a_pause_what_is_known_is_answered),
        TILL_TEST(what_a_live_run_has_is_skipped),
        TILL_TEST(what_was_rejected_stays_rejected_with_its_reason),
        TILL_TEST(the_same_order_with_other_parameters_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
