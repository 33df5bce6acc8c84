#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "till_test.h"

/* Lists what was charged first, in the order of the requests: 8001, 8002, … */
static bool list(struct shop *from, unsigned most, const char *body, char *out, size_t room) {
    char now[CLOCK_TEXT];
    size_t used = 0;
    if (!strstr(body, "op=settle"))
        return false;
    clock_format(clock_wall_ms(), now);
    for (unsigned i = 0; i < from->charges && i < most; i++)
        used += (size_t)snprintf(out + used, room - used, "candidate %u %s 1739 %s A check\n", 8001 + i,
                                 from->charged[i], now);
    out[used] = 0;
    return true;
}

static bool list_all(struct shop *from, const char *body, char *out, size_t room) {
    return list(from, SHOP_ORDERS, body, out, room);
}

static bool list_nine(struct shop *from, const char *body, char *out, size_t room) {
    return list(from, 9, body, out, room);
}

/* A provider that takes every order and answers none; one call at a time. */
static void begin_unanswered(void) {
    shop.settles = true;
    shop_behave(&shop, list_all, HTTP_CLOSE, NULL);
    till_begin();
    till.component.limits.concurrency = 1;
}

/* The order ids of the first so many identifiers: 1, 2, … What is taken back is sent again in any order. */
static const char *charged(unsigned count) {
    static char out[200];
    size_t used = 0;
    for (unsigned n = 1; n <= count; n++)
        for (unsigned i = 0; i < shop.charges; i++)
            if (atoi(shop.charged[i]) == (int)n)
                used += (size_t)snprintf(out + used, sizeof out - used, "%s%u", used ? " " : "", 8001 + i);
    return out;
}

static void placing_goes_on_once_they_are_settled(void **state) {
    (void)state;
    begin_unanswered();
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6");
    till_finish(&till);
    till_check("placed 5 in_doubt 1", "placed 5 in_doubt 1", 11);
    assert_int_equal(shop_paid(&shop), 6);
    till_check_column(&till.shelf, "imei", "1 2 3 4 5");
    till_check_column(&till.shelf, "order_id", charged(5));
    till_check_column(&till.store, "credits", "0.50 0.50 0.50 0.50 0.50");
    assert_int_equal(till_undelivered(&till), 0);
    assert_int_equal(atomic_load(&till.run.tally.spent), 2500000);
}

/* 5 in a row, then 10 after a list that has all of them, then as many as may be in doubt at all. */
static void a_list_that_has_everything_is_asked_for_less_often(void **state) {
    (void)state;
    begin_unanswered();
    till.pipeline.spend.max_in_doubt = 12;
    till_start(&till);
    unsigned before = shop_asked(&shop);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15");
    TILL_GIVE("imei", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28");
    till_finish(&till);
    till_check("placed 27 in_doubt 1", "placed 27 in_doubt 1", 11);
    assert_int_equal(shop_asked(&shop) - before, 3);
}

/* A list that leaves one in doubt is asked for again after 5. */
static void a_list_that_lacks_something_is_asked_for_as_before(void **state) {
    (void)state;
    begin_unanswered();
    shop_behave(&shop, list_nine, HTTP_CLOSE, NULL);
    till_start(&till);
    unsigned before = shop_asked(&shop);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15");
    TILL_GIVE("imei", "16", "17", "18", "19", "20", "21");
    till_finish(&till);
    /* 5 and 10, of which 6 stay; 5 more, of which none is found: it stops. */
    till_check("placed 9 in_doubt 11 skipped 1", "placed 9 in_doubt 11 released 1", 11);
    assert_int_equal(shop_asked(&shop) - before, 3);
}

static void a_row_that_asks_again_is_a_duplicate_in_the_end(void **state) {
    (void)state;
    begin_unanswered();
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    shop_await_paid(&shop, 2);
    TILL_GIVE("imei", "3", "1");
    spend_input_ended(&till.spend);
    spend_join(&till.spend);
    assert_int_equal(spend_settle(&till.spend, false, &till.error), 0);
    till_finish(&till);
    assert_string_equal(till_states(&till), "placed 3");
    assert_int_equal(tally_get(&till.run.tally, TALLY_PLACED), 3);
    assert_int_equal(tally_get(&till.run.tally, TALLY_IN_DOUBT), 0);
    assert_int_equal(till_undelivered(&till), 0);
}

static void earlier_doubts_count(void **state) {
    (void)state;
    shop_behave(&shop, NULL, HTTP_CLOSE, NULL);
    TILL_RUN("imei", "1", "2");
    till_check("in_doubt 2", "in_doubt 2", 11);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    till_begin();
    till.pipeline.spend.max_in_doubt = 2;
    till.spend.maker.provider = (sluice_text){"shop", 4};
    till.spend.maker.account = (sluice_text){"tester@shop", 11};
    assert_int_equal(spend_settle(&till.spend, true, &till.error), 0);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4");
    till_finish(&till);
    till_check("in_doubt 2 skipped 2", "in_doubt 2", 11);
    assert_int_equal(shop_paid(&shop), 2);
}

static void earlier_doubts_are_settled_outside_the_sums(void **state) {
    (void)state;
    begin_unanswered();
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    till_finish(&till);
    till_close(&till);
    shop_behave(&shop, list_all, HTTP_KEEP, NULL);
    till_begin();
    till.spend.maker.provider = (sluice_text){"shop", 4};
    till.spend.maker.account = (sluice_text){"tester@shop", 11};
    assert_int_equal(spend_settle(&till.spend, true, &till.error), 0);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3");
    till_finish(&till);
    till_check("placed 1 duplicate 2", "placed 3", 0);
    assert_int_equal(atomic_load(&till.run.tally.settled), 2);
}

/* What is found of an earlier run is delivered where a run begins: later it would wait, said by nobody. */
static void earlier_doubts_are_settled_where_a_run_begins(void **state) {
    (void)state;
    begin_unanswered();
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    till_finish(&till);
    till_close(&till);
    begin_unanswered();
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8");
    till_finish(&till);
    till_check("placed 5 in_doubt 3", "placed 5 in_doubt 3", 11);
    assert_int_equal(till_undelivered(&till), 0);
    assert_int_equal(atomic_load(&till.run.tally.settled), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(placing_goes_on_once_they_are_settled),
        TILL_TEST(a_list_that_has_everything_is_asked_for_less_often),
        TILL_TEST(a_list_that_lacks_something_is_asked_for_as_before),
        TILL_TEST(a_row_that_asks_again_is_a_duplicate_in_the_end),
        TILL_TEST(earlier_doubts_count),
        TILL_TEST(earlier_doubts_are_settled_outside_the_sums),
        TILL_TEST(earlier_doubts_are_settled_where_a_run_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
