#include "support.h"

#include <pthread.h>
#include <stdio.h>

#include "till_test.h"

/* A sink's last words may come when there is nothing left to do: they must still reach the ledger. */
static void cursors_that_move_last_are_kept(void **state) {
    enum { RUNS = 36 };
    int64_t runs[RUNS];
    char imei[8];
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        snprintf(imei, sizeof imei, "%d", i);
        till_begin();
        till.store.write_answer = SLUICE_E_IO;
        till_start(&till);
        TILL_GIVE("imei", imei);
        till_finish(&till);
        runs[i] = till.run.id;
        till_close(&till);
    }
    till_begin();
    assert_int_equal(till_undelivered(&till), RUNS);
    till_start(&till);
    for (int i = 0; i < RUNS; i++) { /* as when a run catches up with all of them */
        spend_kept(&till.spend, "store", runs[i], INT32_MAX);
        spend_kept(&till.spend, "store", runs[i], 1); /* never back */
    }
    till_finish(&till);
    assert_int_equal(till_undelivered(&till), 0);
}

static void *give_five(void *user) {
    char imei[8];
    (void)user;
    for (int i = 0; i < 5; i++) {
        snprintf(imei, sizeof imei, "%d", i);
        TILL_GIVE("imei", imei);
    }
    return NULL;
}

/* Whoever brings more than is being ordered waits, and when the run stops he is let go. */
static void a_giver_waits_and_is_let_go_when_the_run_stops(void **state) {
    pthread_t thread;
    (void)state;
    till_begin();
    shop_hold(&shop);
    till_start(&till);
    assert_int_equal(pthread_create(&thread, NULL, give_five, NULL), 0);
    shop_await_waiting(&shop, 1);
    run_stop(&till.run, STOP_SIGNAL, 75, "stopping");
    spend_wake(&till.spend);
    pthread_join(thread, NULL);
    shop_release(&shop);
    till_finish(&till);
    assert_string_equal(till_sums(&till), "placed 1 skipped 4");
    assert_int_equal(shop_paid(&shop), 1);
}

static void what_is_given_after_a_stop_is_skipped(void **state) {
    (void)state;
    till_begin();
    till_start(&till);
    run_stop(&till.run, STOP_SIGNAL, 75, "stopping");
    give_five(NULL);
    TILL_GIVE("imei", "bad", "5");
    till_finish(&till);
    assert_string_equal(till_sums(&till), "rejected 1 skipped 6");
    assert_int_equal(shop_paid(&shop), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(a_giver_waits_and_is_let_go_when_the_run_stops),
        TILL_TEST(what_is_given_after_a_stop_is_skipped),
        TILL_TEST(cursors_that_move_last_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
