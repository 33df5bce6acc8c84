#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "estimate.h"
#include "text.h"
#include "till_test.h"

static struct estimate estimate;

static int end(void **state) {
    estimate_free(&estimate);
    return till_tear_down(state);
}

/* A till that is open, but sells nothing: its ledger and its maker are what is wanted. */
static void open_till(void) {
    till_begin();
    till_start(&till);
    till_finish(&till);
}

static int count(const char *const *rows) {
    return estimate_batch(&estimate, &till.spend.maker, till.ledger, harness_batch(rows), &till.error);
}

#define COUNT(...) assert_int_equal(count((const char *const[]){__VA_ARGS__, NULL}), 0)

static void orders_are_counted_by_service(void **state) {
    (void)state;
    open_till();
    COUNT("imei|service_id", "1|1740", "2|", "3|1740");
    COUNT("imei|service_id", "4|1740", "5|1739");
    assert_int_equal(estimate.orders, 5);
    assert_int_equal(estimate.cost, 1240000);
    assert_int_equal(estimate.service_count, 2);
    assert_true(text_is(estimate.services[0].service->id, "1740")); /* in the order of their first row */
    assert_int_equal(estimate.services[0].orders, 3);
    assert_int_equal(estimate.services[0].price, 80000);
    assert_int_equal(estimate.services[0].cost, 240000);
    assert_int_equal(estimate.services[1].orders, 2);
    assert_int_equal(shop_paid(&shop), 0);
}

static void what_stands_twice_in_the_input_is_a_duplicate(void **state) {
    (void)state;
    open_till();
    COUNT("imei|service_id", "1|", "1|1739", "1|1740");
    COUNT("imei|service_id", "1|");
    assert_int_equal(estimate.orders, 2);
    assert_int_equal(estimate.duplicate, 2);
    assert_false(estimate.at_most);
}

static void what_cannot_be_ordered_is_rejected(void **state) {
    (void)state;
    open_till();
    till.spend.maker.max_price = 100000;
    COUNT("imei|service_id", "bad|", "1|no such", "|1740", "2|1740", "3|1739");
    assert_int_equal(estimate.orders, 1);
    assert_int_equal(estimate.rejected, 4);
    COUNT("imei", "bad"); /* no order in the whole batch */
    assert_int_equal(estimate.rejected, 5);
}

static bool mixed(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    out[0] = 0;
    if (strstr(body, "imei=2"))
        snprintf(out, room, "rejected 0 invalid_imei no\n");
    else if (strstr(body, "imei=3"))
        snprintf(out, room, "doubt 0 who knows\n");
    return out[0];
}

/* The same answers that the run itself would get from the ledger. */
static void what_the_ledger_knows_costs_nothing(void **state) {
    (void)state;
    shop_behave(&shop, mixed, HTTP_KEEP, NULL);
    till_run(&till, &shop, till_dir, TILL_ROWS("imei|extra", "1|a", "2|a", "3|a", "4|a"));
    assert_string_equal(till_states(&till), "placed 2 in_doubt 1 rejected 1");
    COUNT("imei|extra", "1|a", "2|a", "3|a", "4|b", "5|a");
    assert_int_equal(estimate.duplicate, 1);
    assert_int_equal(estimate.rejected, 2); /* before, and with other parameters */
    assert_int_equal(estimate.in_doubt, 1);
    assert_int_equal(estimate.orders, 1);
}

static void what_another_run_has_is_skipped(void **state) {
    struct till other;
    (void)state;
    till_open(&other, &shop, till_dir);
    shop_hold(&shop);
    till_start(&other);
    till_give(&other, TILL_ROWS("imei", "1"));
    shop_await_waiting(&shop, 1);
    open_till();
    COUNT("imei", "1", "2");
    assert_int_equal(estimate.skipped, 1);
    assert_int_equal(estimate.orders, 1);
    shop_release(&shop);
    till_finish(&other);
    till_close(&other);
}

/* The run would stop at the first order that it may not buy, though a later one is cheaper. */
static void a_cap_ends_what_is_placed(void **state) {
    struct cap cap = {
        .max_run = 1100000, .max_day = MONEY_NONE, .reserve = MONEY_NONE, .balance = MONEY_NONE};
    (void)state;
    open_till();
    estimate.cap = &cap;
    estimate.credit = MONEY_NONE;
    COUNT("imei|service_id", "1|", "2|", "3|", "4|1740", "5|");
    assert_int_equal(estimate.orders, 5);
    assert_int_equal(estimate.cost, 2080000);
    assert_int_equal(estimate.placed, 2);
    assert_int_equal(estimate.spent, 1000000);
    assert_string_equal(estimate.stopped_by, "max_run");
    assert_int_equal(estimate.stopped_row, 4);
    assert_int_equal(estimate.services[0].placed, 2);
    assert_int_equal(estimate.services[1].placed, 0);
}

static void the_balance_ends_it_too(void **state) {
    struct cap cap = {
        .max_run = MONEY_NONE, .max_day = MONEY_NONE, .reserve = MONEY_NONE, .balance = MONEY_NONE};
    (void)state;
    open_till();
    estimate.cap = &cap;
    estimate.credit = 1000000;
    COUNT("imei", "1", "2", "3");
    assert_int_equal(estimate.placed, 2);
    assert_string_equal(estimate.stopped_by, "balance");
    assert_int_equal(estimate.stopped_row, 4);
}

static void what_is_repeated_is_new(void **state) {
    static const struct repeat whatever_age = {.before_ms = INT64_MAX};
    (void)state;
    shop_behave(&shop, mixed, HTTP_KEEP, NULL);
    till_run(&till, &shop, till_dir, TILL_ROWS("imei|extra", "1|a", "2|a", "3|a", "4|a"));
    estimate.repeat = &whatever_age;
    COUNT("imei|extra", "1|a", "2|a", "3|a", "4|b", "5|a", "1|a");
    assert_int_equal(estimate.orders, 3); /* 1, 4, 5 */
    assert_int_equal(estimate.repeats, 2);
    assert_int_equal(estimate.services[0].repeats, 2);
    assert_int_equal(estimate.duplicate, 1);
    assert_int_equal(estimate.twice, 1);
    assert_int_equal(estimate.in_doubt, 1);
    assert_int_equal(estimate.rejected, 1);
}

static void the_newest_of_the_known_is_named(void **state) {
    (void)state;
    till_run(&till, &shop, till_dir, TILL_ROWS("imei", "1", "2"));
    COUNT("imei", "1", "2", "3");
    assert_int_equal(estimate.services[0].known, 2);
    assert_true(strcmp(estimate.services[0].newest, "7001") == 0 ||
                strcmp(estimate.services[0].newest, "7002") == 0);
    assert_true(estimate.services[0].newest_ms > 0);
}

static void without_a_ledger_everything_is_new(void **state) {
    (void)state;
    open_till();
    assert_int_equal(estimate_batch(&estimate, &till.spend.maker, NULL,
                                    harness_batch(TILL_ROWS("imei", "1", "2")), &till.error),
                     0);
    assert_int_equal(estimate.orders, 2);
}

/* Of a run that died, for somebody who closes no runs. */
static void what_a_dead_run_was_sending_is_in_doubt(void **state) {
    struct till other;
    char lock[128];
    (void)state;
    till_open(&other, &shop, till_dir);
    shop_hold(&shop);
    till_start(&other);
    till_give(&other, TILL_ROWS("imei", "1"));
    shop_await_waiting(&shop, 1);
    open_till();
    COUNT("imei", "1", "2");
    assert_int_equal(estimate.skipped, 1);
    estimate_free(&estimate);
    /* As good as dead: nobody holds the lock that others look at. */
    snprintf(lock, sizeof lock, "%s/runs/%lld.lock", till_dir, (long long)other.run.id);
    assert_int_equal(remove(lock), 0);
    COUNT("imei", "1", "2");
    assert_int_equal(estimate.skipped, 0);
    assert_int_equal(estimate.in_doubt, 1);
    assert_int_equal(estimate.orders, 1);
    shop_release(&shop);
    till_finish(&other);
    till_close(&other);
}

static void a_failure_of_the_plugin_is_passed_up(void **state) {
    (void)state;
    open_till();
    assert_int_equal(count((const char *const[]){"imei", "1", "boom", NULL}), SLUICE_E_DATA);
    assert_string_equal(till.error.text, "boom");
}

/* Told apart by 63 bits of a SHA-256, however many there are. */
static void many_identities_are_told_apart(void **state) {
    enum { ROWS = 5000, BATCH = 500 };
    static char names[BATCH][16];
    const char *rows[BATCH + 2] = {"imei"};
    (void)state;
    open_till();
    for (int round = 0; round < 2; round++)
        for (unsigned first = 0; first < ROWS; first += BATCH) {
            for (unsigned i = 0; i < BATCH; i++) {
                snprintf(names[i], sizeof names[i], "%u", first + i);
                rows[i + 1] = names[i];
            }
            assert_int_equal(count(rows), 0);
        }
    assert_int_equal(estimate.orders, ROWS);
    assert_int_equal(estimate.duplicate, ROWS);
    assert_false(estimate.at_most);
}

static void past_the_limit_every_order_counts_and_the_sums_say_so(void **state) {
    (void)state;
    open_till();
    COUNT("imei", "1");
    estimate.seen_count = SIZE_MAX / 4; /* as after millions */
    COUNT("imei", "1");
    assert_true(estimate.at_most);
    assert_int_equal(estimate.orders, 2);
}

static void the_sums_outlive_the_counting(void **state) {
    (void)state;
    open_till();
    COUNT("imei", "1", "1");
    estimate_end(&estimate);
    assert_null(estimate.seen);
    assert_int_equal(estimate.orders, 1);
    assert_int_equal(estimate.duplicate, 1);
    assert_int_equal(estimate.services[0].orders, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, till_set_up, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(orders_are_counted_by_service),
        TEST(what_stands_twice_in_the_input_is_a_duplicate),
        TEST(what_cannot_be_ordered_is_rejected),
        TEST(what_the_ledger_knows_costs_nothing),
        TEST(what_another_run_has_is_skipped),
        TEST(a_failure_of_the_plugin_is_passed_up),
        TEST(many_identities_are_told_apart),
        TEST(past_the_limit_every_order_counts_and_the_sums_say_so),
        TEST(the_sums_outlive_the_counting),
        TEST(a_cap_ends_what_is_placed),
        TEST(the_balance_ends_it_too),
        TEST(what_is_repeated_is_new),
        TEST(the_newest_of_the_known_is_named),
        TEST(without_a_ledger_everything_is_new),
        TEST(what_a_dead_run_was_sending_is_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
