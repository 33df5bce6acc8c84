#include "support.h"

#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fault/vfs_fault.h"
#include "log.h"
#include "till_test.h"

/* ---- the good case -------------------------------------------------------------------------- */

static void orders_are_placed_recorded_and_delivered(void **state) {
    (void)state;
    TILL_RUN("imei|note|service_id", "1|a|", "2|b|1740", "3|c|1739");
    till_check("placed 3", "placed 3", 0);
    assert_int_equal(atomic_load(&till.run.tally.spent), 1080000);
    assert_int_equal(till_undelivered(&till), 0);
    till_check_column(&till.store, "imei", "1 2 3");
    till_check_column(&till.store, "order_id", "7001 7002 7003");
    till_check_column(&till.store, "service_id", "1739 1740 1739");
    till_check_column(&till.store, "service_name", "A check Another A check");
    till_check_column(&till.store, "credits", "0.50 0.08 0.50");
    till_check_column(&till.store, "provider", "shop shop shop");
    till_check_column(&till.store, "account", "tester@shop tester@shop tester@shop");
    till_check_column(&till.store, "status", "Pending Pending Pending");
    till_check_column(&till.shelf, "note", "a b c");
    assert_int_equal(shop_paid(&shop), 3);
}

/* ---- never more under way than said --------------------------------------------------------- */

static int count_sending(void *user, const struct order_row *row) {
    unsigned *count = user;
    *count += row->state == ORDER_SENDING || row->state == ORDER_CLAIMED;
    return 0;
}

/* As another process sees it: what a crash at this moment would leave in doubt. */
static unsigned sending_on_disk(void) {
    const struct order_filter all = {0};
    struct ledger *other;
    unsigned count = 0;
    assert_int_equal(ledger_open(till_dir, LEDGER_READ_ONLY, &other, &till.error), 0);
    assert_int_equal(ledger_list(other, &all, count_sending, &count, &till.error), 0);
    ledger_close(other);
    return count;
}

static void check_bound(int64_t concurrency, uint32_t list, unsigned rows) {
    const char *imeis[200] = {"imei"};
    char names[200][8];
    for (unsigned i = 0; i < rows; i++) {
        snprintf(names[i], sizeof names[i], "%u", 1000 + i);
        imeis[i + 1] = names[i];
    }
    shop.list = list;
    till_begin();
    till.component.limits.concurrency = concurrency;
    shop_hold(&shop);
    till_start(&till);
    till_give(&till, imeis);
    unsigned most = 2 * (unsigned)concurrency * list, seen = 0;
    shop_await_waiting(&shop, 1);
    for (unsigned answered = 0; answered < 8; answered++) {
        unsigned now = sending_on_disk();
        assert_in_range(now, 1, most);
        seen = now > seen ? now : seen;
        shop_release_one(&shop);
        shop_await_waiting(&shop, 1);
    }
    assert_true(seen > (unsigned)concurrency * list / 2); /* and what may be under way is used */
    assert_true(shop.most_waiting <= concurrency);
    shop_release(&shop);
    till_finish(&till);
    assert_int_equal(tally_get(&till.run.tally, TALLY_PLACED), rows);
}

static void one_in_a_call_is_bounded(void **state) {
    (void)state;
    check_bound(3, 1, 60);
}

static void several_in_a_call_are_bounded(void **state) {
    (void)state;
    check_bound(2, 5, 150);
}

static void an_intent_is_on_the_disk_before_it_is_sent(void **state) {
    (void)state;
    till_begin();
    shop_hold(&shop);
    till_start(&till);
    TILL_GIVE("imei", "1");
    shop_await_waiting(&shop, 1);
    assert_int_equal(sending_on_disk(), 1);
    shop_release(&shop);
    till_finish(&till);
    till_check("placed 1", "placed 1", 0);
}

static void a_signal_waits_for_what_is_in_flight_and_names_the_rest(void **state) {
    (void)state;
    till_begin();
    till.component.limits.concurrency = 2;
    shop_hold(&shop);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    shop_await_waiting(&shop, 1);
    shop_release_one(&shop); /* the first goes alone */
    shop_await_waiting(&shop, 2);
    run_stop(&till.run, STOP_SIGNAL, 75, "stopping");
    spend_wake(&till.spend);
    while (sending_on_disk() > 2) /* what hadn't left yet is released before the calls are over */
        sched_yield();
    shop_release(&shop);
    till_finish(&till);
    assert_string_equal(till_sums(&till), "placed 3 skipped 6");
    assert_int_equal(till.exit_code, 75);
    assert_int_equal(shop_paid(&shop), 3);
    assert_int_equal(till.store.committed, 3);
    assert_null(strstr(till_states(&till), "sending"));
    assert_null(strstr(till_states(&till), "claimed"));
}

static void a_stop_before_anything_was_sent(void **state) {
    (void)state;
    till_begin();
    run_stop(&till.run, STOP_SIGNAL, 75, "stopping");
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    till_finish(&till);
    till_check("skipped 2", "", 75);
    assert_int_equal(shop_paid(&shop), 0);
}

/* ---- a ledger that can't be written ----------------------------------------------------------- */

static void nothing_is_sent_that_is_not_on_the_disk(void **state) {
    (void)state;
    till_begin();
    vfs_fault_fail(VFS_FAULT_WRITE | VFS_FAULT_SYNC, 1, SQLITE_IOERR_WRITE, true);
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    till_finish(&till);
    vfs_fault_clear();
    assert_string_equal(till_sums(&till), "skipped 2");
    assert_int_equal(till.exit_code, 74);
    assert_int_equal(shop_paid(&shop), 0);
}

static void an_order_that_was_paid_but_cannot_be_recorded_is_named(void **state) {
    (void)state;
    till_begin();
    shop_hold(&shop);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3");
    shop_await_waiting(&shop, 1);
    log_configure(&(struct log_settings){.level = SLUICE_LOG_ERROR});
    support_capture(2);
    vfs_fault_fail(VFS_FAULT_WRITE | VFS_FAULT_SYNC, 1, SQLITE_IOERR_WRITE, true);
    spend_wake(&till.spend);
    shop_release(&shop);
    till_finish(&till);
    char *text = support_captured(2);
    vfs_fault_clear();
    assert_non_null(strstr(text, "the ledger can't be written"));
    assert_non_null(strstr(text, "paid, but not recorded: row 2, 1, order 7001"));
    free(text);
    assert_int_equal(tally_get(&till.run.tally, TALLY_IN_DOUBT), 1);
    assert_int_equal(till.exit_code, 74);
    assert_int_equal(shop_paid(&shop), 1);
    till_check_column(&till.store, "imei", "");
    till_close(&till);
    /* The next run finds it in doubt, and doesn't pay again. */
    till_begin();
    struct recovered recovered;
    assert_int_equal(ledger_recover(till.ledger, till.run.id, &recovered, &till.error), 0);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3");
    till_finish(&till);
    assert_int_equal(shop_charges(&shop, "1"), 1);
    assert_non_null(strstr(till_states(&till), "in_doubt"));
}

/* ---- the whole, at speed ---------------------------------------------------------------------- */

static bool mix(struct shop *from, const char *body, char *out, size_t room) {
    const char *imei = strstr(body, "imei=");
    unsigned number = imei ? (unsigned)strtoul(imei + 5, NULL, 10) : 0;
    (void)from;
    if (!imei || number % 7)
        return false;
    snprintf(out, room, "rejected 0 invalid_imei no\n");
    return true;
}

static void thousands_go_through_and_the_sums_hold(void **state) {
    enum { BATCHES = 6, ROWS = 300 };
    static char names[ROWS][8];
    const char *imeis[ROWS + 2] = {"imei"};
    (void)state;
    shop_behave(&shop, mix, HTTP_KEEP, NULL);
    till_begin();
    till.component.limits.concurrency = 20;
    till_start(&till);
    for (unsigned b = 0; b < BATCHES; b++) {
        for (unsigned i = 0; i < ROWS; i++) {
            snprintf(names[i], sizeof names[i], "%u",
                     10000 + b * 250 + i); /* 50 of each batch were in the last */
            imeis[i + 1] = names[i];
        }
        till_give(&till, imeis);
    }
    till_finish(&till);
    uint64_t placed = tally_get(&till.run.tally, TALLY_PLACED);
    assert_int_equal(tally_done(&till.run.tally), BATCHES * ROWS);
    assert_int_equal(placed, till.store.committed);
    assert_int_equal(placed, till.shelf.committed);
    assert_int_equal(till_undelivered(&till), 0);
    assert_int_equal(shop.charges, 1550); /* each identifier once */
    for (unsigned i = 0; i < 1550; i += 61) {
        char name[8];
        snprintf(name, sizeof name, "%u", 10000 + i);
        assert_int_equal(shop_charges(&shop, name), 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(orders_are_placed_recorded_and_delivered),
        TILL_TEST(one_in_a_call_is_bounded),
        TILL_TEST(several_in_a_call_are_bounded),
        TILL_TEST(an_intent_is_on_the_disk_before_it_is_sent),
        TILL_TEST(a_signal_waits_for_what_is_in_flight_and_names_the_rest),
        TILL_TEST(a_stop_before_anything_was_sent),
        TILL_TEST(nothing_is_sent_that_is_not_on_the_disk),
        TILL_TEST(an_order_that_was_paid_but_cannot_be_recorded_is_named),
        TILL_TEST(thousands_go_through_and_the_sums_hold),
    };
    vfs_fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
