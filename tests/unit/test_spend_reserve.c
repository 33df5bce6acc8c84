#include "support.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "till_test.h"

static money begins, elsewhere; /* the balance of the shop's account; what somebody else takes from it */

/* As an account that is charged at once: 0.50 an order. */
static bool honest(struct shop *from, const char *body, char *out, size_t room) {
    char text[MONEY_TEXT];
    money left = money_add(begins, -(money)from->charges * 500000);
    if (from->charges >= 3)
        left = money_add(left, -elsewhere);
    snprintf(out, room, "balance %s USD\n", money_format(left, text));
    return strstr(body, "op=balance") != NULL;
}

static bool always_full(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "balance 1000.00 USD\n");
    return strstr(body, "op=balance") != NULL;
}

static bool silent(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "fail -65 the account is not to be seen\n");
    return strstr(body, "op=balance") != NULL;
}

/* A balance of 10.00, of which 5.00 are to be left. */
static void begin(bool (*reply)(struct shop *shop, const char *body, char *out, size_t room)) {
    begins = 10000000;
    elsewhere = 0;
    shop_behave(&shop, reply, HTTP_KEEP, NULL);
    till_begin();
    till.balance = begins;
    till.pipeline.spend.reserve = 5000000;
    till.spend.reserve_every_us = 0; /* at every turn */
}

static void order(unsigned count) {
    static char names[40][8];
    const char *rows[42] = {"imei"};
    for (unsigned i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%u", i + 1);
        rows[i + 1] = names[i];
    }
    till_start(&till);
    till_give(&till, rows);
    till_finish(&till);
}

/* Whatever was in flight when the balance was read: ten, no more and no fewer. */
static void the_reserve_is_kept_to_the_cent(void **state) {
    (void)state;
    begin(honest);
    order(20);
    till_check("placed 10 skipped 10", "placed 10", 12);
}

static void calls_one_at_a_time(void **state) {
    (void)state;
    begin(honest);
    till.component.limits.concurrency = 1;
    order(20);
    till_check("placed 10 skipped 10", "placed 10", 12);
}

/* A reading that is older than it pretends, or money that comes in: this run doesn't spend it. */
static void a_balance_that_does_not_fall_is_not_believed(void **state) {
    (void)state;
    begin(always_full);
    order(20);
    till_check("placed 10 skipped 10", "placed 10", 12);
}

/* Six is what it leaves; up to four more may have gone before it was seen. */
static void what_others_take_is_seen(void **state) {
    (void)state;
    begin(honest);
    elsewhere = 2000000;
    till.component.limits.concurrency = 1;
    order(20);
    assert_int_equal(till.exit_code, 12);
    assert_in_range(tally_get(&till.run.tally, TALLY_PLACED), 6, 10);
}

/* Certainly seen: the answer is there before the first order is over. */
static void an_answer_counts_from_the_next_turn_on(void **state) {
    bool answered = false;
    (void)state;
    begin(honest);
    begins = 5000000; /* all but the reserve has gone since */
    till.component.limits.concurrency = 1;
    shop_hold(&shop);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8");
    shop_await_waiting(&shop, 1);
    while (!answered) {
        struct balance_watch *watch = &till.spend.reserve.watch;
        pthread_mutex_lock(&watch->lock);
        answered = watch->answered;
        pthread_mutex_unlock(&watch->lock);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    shop_release(&shop);
    till_finish(&till);
    till_check("placed 1 skipped 7", "placed 1", 12);
}

static void without_an_answer_the_last_one_holds(void **state) {
    (void)state;
    begin(silent);
    order(20);
    till_check("placed 10 skipped 10", "placed 10", 12);
}

static void without_a_reserve_nobody_asks(void **state) {
    (void)state;
    begin(honest);
    till.pipeline.spend.reserve = MONEY_NONE;
    order(20);
    till_check("placed 20", "placed 20", 0);
    assert_int_equal(shop_asked(&shop), 1); /* the catalogue */
}

/* What another run of this ledger spends is counted, long before the balance tells. */
static void other_runs_count(void **state) {
    struct till other;
    (void)state;
    begin(always_full);
    till.spend.reserve_every_us = SPEND_RESERVE_US;
    till_start(&till);
    till_open(&other, &shop, till_dir);
    till_start(&other);
    till_give(&other, TILL_ROWS("imei", "a", "b", "c", "d", "e", "f", "g"));
    till_finish(&other);
    till_close(&other);
    TILL_GIVE("imei", "1", "2", "3", "4", "5");
    till_finish(&till);
    till_check("placed 3 skipped 2", "placed 10", 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(the_reserve_is_kept_to_the_cent),
        TILL_TEST(calls_one_at_a_time),
        TILL_TEST(a_balance_that_does_not_fall_is_not_believed),
        TILL_TEST(what_others_take_is_seen),
        TILL_TEST(an_answer_counts_from_the_next_turn_on),
        TILL_TEST(without_an_answer_the_last_one_holds),
        TILL_TEST(without_a_reserve_nobody_asks),
        TILL_TEST(other_runs_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
