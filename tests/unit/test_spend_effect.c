#include "support.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "text.h"
#include "till_test.h"

static void each_record_has_its_line(void **state) {
    (void)state;
    till_begin();
    till.run.json = true;
    support_capture(1);
    till_start(&till);
    TILL_GIVE("imei", "1", "1", "bad");
    till_finish(&till);
    char *text = support_captured(1);
    assert_non_null(strstr(
        text,
        "\"state\":\"placed\",\"row\":2,\"identifier\":\"1\",\"service\":\"1739\",\"order_id\":\"7001\""));
    assert_non_null(strstr(text, "\"state\":\"duplicate\",\"row\":3"));
    assert_non_null(strstr(text, "\"state\":\"rejected\",\"row\":4"));
    free(text);
}

static bool refuse_credentials(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "auth * Invalid API Key!\n");
    return strstr(body, "op=place") != NULL;
}

static void wrong_credentials_cost_one_call(void **state) {
    (void)state;
    shop_behave(&shop, refuse_credentials, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2", "3", "4", "5");
    till_check("skipped 5", "released 5", 77);
    assert_int_equal(shop_paid(&shop), 1);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2", "3", "4", "5"); /* nothing stands in the way of the next run */
    till_check("placed 5", "placed 5", 0);
}

static bool run_dry(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "no_credit 0 Credit has been finished!\n");
    return strstr(body, "imei=3") != NULL;
}

static void no_credit_keeps_the_rest_for_later(void **state) {
    (void)state;
    shop_behave(&shop, run_dry, HTTP_KEEP, NULL);
    till_begin();
    till.component.limits.concurrency = 1;
    till.run.json = true;
    support_capture(1);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7");
    till_finish(&till);
    char *lines = support_captured(1);
    size_t skipped = 0;
    for (const char *at = lines; (at = strstr(at, "\"state\":\"skipped\"")); at++)
        skipped++;
    assert_int_equal(skipped, 5);
    free(lines);
    assert_string_equal(till_sums(&till), "placed 2 skipped 5");
    assert_int_equal(till.exit_code, 12);
    char rows[100];
    tally_skipped_text(&till.run.tally, rows, sizeof rows);
    assert_string_equal(rows, "4-8"); /* named, in the numbers of the file */
    till_check_column(&till.store, "imei", "1 2");
}

static void five_doubts_in_a_row_stop_placing(void **state) {
    (void)state;
    till_begin();
    till.component.limits.concurrency = 1;
    shop_behave(&shop, NULL, HTTP_CLOSE, NULL);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8");
    till_finish(&till);
    assert_string_equal(till_sums(&till), "in_doubt 5 skipped 3");
    assert_int_equal(till.exit_code, 11);
    assert_int_equal(shop_paid(&shop), 5);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2", "3", "4", "5", "6", "7",
             "8"); /* what is in doubt is never sent again by itself */
    assert_string_equal(till_sums(&till), "placed 3 in_doubt 5");
    assert_int_equal(shop_charges(&shop, "1"), 1);
}

/* The second to the sixth that arrive. */
static bool doubt_five(struct shop *from, const char *body, char *out, size_t room) {
    static atomic_int arrived;
    (void)from;
    if (!strstr(body, "op=place"))
        return false;
    int number = atomic_fetch_add(&arrived, 1) + 1;
    if (number == 1 || number > 6)
        return false;
    snprintf(out, room, "doubt * who knows\n");
    return true;
}

/* What lands after the fifth ends the row, when the sender takes nothing any more: the run must end all the
 * same. */
static void whatever_lands_after_five_doubts_the_run_ends(void **state) {
    (void)state;
    till_begin();
    till.component.limits.concurrency = 10;
    shop_behave(&shop, doubt_five, HTTP_KEEP, NULL);
    shop_hold(&shop);
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
              "17", "18", "19", "20", "21", "22", "23", "24");
    shop_await_waiting(&shop, 1);
    shop_release_one(&shop);
    shop_await_waiting(&shop, 10);
    shop_release(&shop);
    till_finish(&till);
    struct tally *tally = &till.run.tally; /* how many leave before it shows differs */
    assert_int_equal(tally_get(tally, TALLY_IN_DOUBT), 5);
    assert_int_equal(tally_get(tally, TALLY_PLACED) + tally_get(tally, TALLY_SKIPPED), 19);
    assert_int_equal(till.exit_code, 11);
}

static bool doubt_even_ones(struct shop *from, const char *body, char *out, size_t room) {
    const char *imei = strstr(body, "imei=");
    (void)from;
    if (!imei || (imei[strlen(imei) - 1] - '0') % 2)
        return false;
    snprintf(out, room, "doubt 0 who knows\n");
    return true;
}

static void max_in_doubt_stops_placing(void **state) {
    (void)state;
    shop_behave(&shop, doubt_even_ones, HTTP_KEEP, NULL);
    till_begin();
    till.component.limits.concurrency = 1;
    till.pipeline.spend.max_in_doubt = 2;
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16");
    till_finish(&till);
    assert_int_equal(till.exit_code, 11);
    assert_in_range(tally_get(&till.run.tally, TALLY_IN_DOUBT), 2, 4); /* what was ready may have left */
    assert_true(tally_get(&till.run.tally, TALLY_SKIPPED) >= 8);
}

static void a_request_that_cannot_be_made_stops_the_run(void **state) {
    (void)state;
    TILL_RUN("imei", "unbuildable", "2", "3");
    till_check("failed 1 skipped 2", "released 3", 78);
    assert_int_equal(shop_paid(&shop), 0);
}

static bool put_off_once(struct shop *from, const char *body, char *out, size_t room) {
    (void)body;
    snprintf(out, room, "later * 1 Website is in maintenance\n");
    return strstr(body, "op=place") && from->paid == 0;
}

static void maintenance_is_waited_for(void **state) {
    (void)state;
    shop_behave(&shop, put_off_once, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2");
    till_check("placed 2", "placed 2", 0);
    assert_int_equal(shop_paid(&shop), 3);
}

static bool put_off_for_hours(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "later * 9223372036854775807 Website is in maintenance\n");
    return strstr(body, "op=place");
}

static void a_later_of_hours_ends_the_run(void **state) {
    (void)state;
    shop_behave(&shop, put_off_for_hours, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2");
    assert_string_equal(till_sums(&till), "failed 1 skipped 1");
    assert_int_equal(till.exit_code, 69);
    assert_null(strstr(till_states(&till), "in_doubt"));
    assert_int_equal(shop_paid(&shop), 1);
}

/* A port that is taken, but nobody listens there. */
static int deaf_socket(char url[64]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (void *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (void *)&address, &length), 0);
    snprintf(url, 64, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

static void an_order_that_never_leaves_fails_in_the_end(void **state) {
    char url[64];
    (void)state;
    till_begin();
    int fd = deaf_socket(url);
    till.instance.self.endpoint.base_url = text_of(url);
    till.component.limits.concurrency = 1;
    till.spend.pause_most_ms = 1;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    support_capture(2);
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    till_finish(&till);
    char *text = support_captured(2);
    unsigned pauses = 0;
    for (const char *at = text; (at = strstr(at, "not placed (row 2)")); at++)
        pauses++;
    assert_int_equal(pauses, 4);
    assert_non_null(strstr(text, "can't be reached (5 attempts)"));
    free(text);
    assert_int_equal(tally_get(&till.run.tally, TALLY_FAILED), 1);
    assert_int_equal(tally_get(&till.run.tally, TALLY_SKIPPED), 1);
    assert_int_equal(till.exit_code, 69);
    assert_int_equal(shop_paid(&shop), 0);
    assert_null(strstr(till_states(&till), "in_doubt"));
    close(fd);
}

/* ---- sinks ---------------------------------------------------------------------------------- */

/* Nothing is placed again because a sink is dead, and what it didn't get waits in the ledger. */
static void a_dead_sink_stops_nobody_and_loses_nothing(void **state) {
    (void)state;
    till_begin();
    till.store.commit_answer = SLUICE_E_IO;
    till_start(&till);
    TILL_GIVE("imei", "1", "2", "3");
    till_finish(&till);
    till_check("placed 3", "placed 3", 74);
    till_check_column(&till.shelf, "imei", "1 2 3");
    till_check_column(&till.store, "imei", "");
    assert_int_equal(till_undelivered(&till), 3);
}

static void the_next_run_delivers_what_a_sink_did_not_get(void **state) {
    (void)state;
    till_begin();
    till.store.write_answer = SLUICE_E_IO;
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    till_finish(&till);
    till_close(&till);
    till_begin();
    till_start(&till);
    TILL_GIVE("imei", "2", "3");
    till_finish(&till);
    till_check("placed 1 duplicate 1", "placed 3", 0);
    till_check_column(&till.store, "imei", "1 2 3");
    till_check_column(&till.store, "order_id", "7001 7002 7003");
    till_check_column(&till.shelf, "imei", "3");
    assert_int_equal(till_undelivered(&till), 0);
}

/* Its queue and the ledger change places: what it gets is whole all the same, in order, each order once. */
static void a_sink_that_is_locked_for_a_while_gets_everything(void **state) {
    (void)state;
    till_begin();
    till.store.write_answer = SLUICE_E_UNAVAILABLE;
    till.store.good_writes = 1;
    till.store.bad_writes = 2;
    till.outlets[0].commit_rows = 1;
    till_start(&till);
    for (char n = '1'; n <= '8'; n++) {
        char imei[2] = {n, 0};
        TILL_GIVE("imei", imei);
        shelf_await(&till.shelf, (size_t)(n - '0'));
    }
    till_finish(&till);
    till_check("placed 8", "placed 8", 0);
    till_check_column(&till.store, "imei", "1 2 3 4 5 6 7 8");
    assert_int_equal(till_undelivered(&till), 0);
}

/* What its queue has no room for comes out of the ledger, behind what is in the queue. */
static void a_sink_that_cannot_keep_up_holds_nobody_up(void **state) {
    (void)state;
    till_begin();
    till.outlets[0].queue.limit = 1;
    shelf_hold(&till.store);
    till_start(&till);
    for (char n = '1'; n <= '6'; n++) {
        char imei[2] = {n, 0};
        TILL_GIVE("imei", imei);
        shelf_await(&till.shelf, (size_t)(n - '0')); /* the other one has it, and the ledger, too */
    }
    shelf_release(&till.store);
    shelf_await(&till.store, 6);
    TILL_GIVE("imei", "7", "8");
    till_finish(&till);
    till_check("placed 8", "placed 8", 0);
    till_check_column(&till.store, "imei", "1 2 3 4 5 6 7 8");
    assert_int_equal(till_undelivered(&till), 0);
}

static void a_sink_that_stays_locked_ends_with_the_run(void **state) {
    (void)state;
    till_begin();
    till.store.write_answer = SLUICE_E_UNAVAILABLE;
    till.outlets[0].grace_ms = 0;
    till_start(&till);
    TILL_GIVE("imei", "1", "2");
    till_finish(&till);
    till_check("placed 2", "placed 2", 69);
    till_check_column(&till.shelf, "imei", "1 2");
    assert_int_equal(till_undelivered(&till), 2);
}

static void a_row_that_a_store_refuses_goes_to_on_reject_and_is_not_ordered_again(void **state) {
    (void)state;
    TILL_RUN("imei|note", "1|unkeepable", "2|");
    till_check("placed 2", "placed 2", 0);
    till_check_column(&till.store, "imei", "2");
    /* Both sinks refuse it, and so does this on_reject: it isn't delivered for ever all the same. */
    assert_int_equal(till_undelivered(&till), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(each_record_has_its_line),
        TILL_TEST(wrong_credentials_cost_one_call),
        TILL_TEST(no_credit_keeps_the_rest_for_later),
        TILL_TEST(five_doubts_in_a_row_stop_placing),
        TILL_TEST(whatever_lands_after_five_doubts_the_run_ends),
        TILL_TEST(max_in_doubt_stops_placing),
        TILL_TEST(a_request_that_cannot_be_made_stops_the_run),
        TILL_TEST(maintenance_is_waited_for),
        TILL_TEST(a_later_of_hours_ends_the_run),
        TILL_TEST(an_order_that_never_leaves_fails_in_the_end),
        TILL_TEST(a_dead_sink_stops_nobody_and_loses_nothing),
        TILL_TEST(the_next_run_delivers_what_a_sink_did_not_get),
        TILL_TEST(a_sink_that_is_locked_for_a_while_gets_everything),
        TILL_TEST(a_sink_that_cannot_keep_up_holds_nobody_up),
        TILL_TEST(a_sink_that_stays_locked_ends_with_the_run),
        TILL_TEST(a_row_that_a_store_refuses_goes_to_on_reject_and_is_not_ordered_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
