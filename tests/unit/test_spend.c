#include "support.h"

#include <netinet/in.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../fault/vfs_fault.h"
#include "../plugins/harness.h"
#include "log.h"
#include "text.h"
#include "till.h"

static struct shop shop;
static struct till till;
static char dir[64];

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    shop_open(&shop);
    support_dir(dir);
    return 0;
}

static int end(void **state) {
    (void)state;
    vfs_fault_clear();
    till_close(&till);
    shop_close(&shop);
    support_remove(dir);
    return 0;
}

static void open_till(void) {
    till_open(&till, &shop, dir);
}

static void check(const char *sums, const char *states, int exit_code) {
    assert_string_equal(till_sums(&till), sums);
    assert_string_equal(till_states(&till), states);
    assert_int_equal(till.exit_code, exit_code);
}

#define RUN(...) till_run(&till, &shop, dir, TILL_ROWS(__VA_ARGS__))
#define GIVE(...) till_give(&till, TILL_ROWS(__VA_ARGS__))

/* ---- the good case -------------------------------------------------------------------------- */

static void orders_are_placed_recorded_and_delivered(void **state) {
    (void)state;
    RUN("imei|note|service_id", "1|a|", "2|b|1740", "3|c|1739");
    check("placed 3", "placed 3", 0);
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

static void the_same_input_twice_costs_nothing(void **state) {
    (void)state;
    RUN("imei", "1", "2", "3");
    till_close(&till);
    RUN("imei", "1", "2", "3", "4");
    check("placed 1 duplicate 3", "placed 4", 0);
    till_check_column(&till.store, "imei", "4");
    assert_int_equal(shop_paid(&shop), 4);
}

static void an_identity_that_stands_twice_is_placed_once(void **state) {
    (void)state;
    RUN("imei|service_id", "1|", "1|1739", "2|", "1|1740", "2|");
    check("placed 3 duplicate 2", "placed 3", 0);
    assert_int_equal(shop_charges(&shop, "1"), 2); /* of two services */
    assert_int_equal(shop_charges(&shop, "2"), 1);
}

static void rows_that_cannot_be_ordered_are_rejected_before_anything_is_paid(void **state) {
    (void)state;
    open_till();
    till.pipeline.spend.max_price = 100000;
    till_start(&till);
    GIVE("imei|service_id", "bad|1740", "1|no such service", "2|1740", "|1740", "3|1739");
    till_finish(&till);
    check("placed 1 rejected 4", "placed 1", 10);
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
    RUN("imei", "1");
    check("rejected 1", "", 10);
    assert_int_equal(shop_paid(&shop), 0);
    till_close(&till);
    open_till();
    till.pipeline.spend.price = 250000; /* unless the pipeline says it */
    till_start(&till);
    GIVE("imei", "1");
    till_finish(&till);
    check("placed 1", "placed 1", 0);
    till_check_column(&till.store, "credits", "0.25");
}

static bool charge_other(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    if (!strstr(body, "op=place"))
        return false;
    snprintf(out, room, "placed 0 %u %s\n", from->next_order++, strstr(body, "imei=1") ? "0.75" : "-3.00");
    return true;
}

static void what_was_charged_is_counted(void **state) {
    (void)state;
    shop_behave(&shop, charge_other, HTTP_KEEP, NULL);
    RUN("imei", "1", "2");
    check("placed 2", "placed 2", 0);
    till_check_column(&till.store, "credits", "0.75 0.50"); /* a negative price is none */
    assert_int_equal(atomic_load(&till.run.tally.spent), 1250000);
    assert_int_equal(till.spend.cap.run, 1250000);
}

static void each_record_has_its_line(void **state) {
    (void)state;
    open_till();
    till.run.json = true;
    support_capture(1);
    till_start(&till);
    GIVE("imei", "1", "1", "bad");
    till_finish(&till);
    char *text = support_captured(1);
    assert_non_null(strstr(
        text,
        "\"state\":\"placed\",\"row\":2,\"identifier\":\"1\",\"service\":\"1739\",\"order_id\":\"7001\""));
    assert_non_null(strstr(text, "\"state\":\"duplicate\",\"row\":3"));
    assert_non_null(strstr(text, "\"state\":\"rejected\",\"row\":4"));
    free(text);
}

/* ---- several in a call ---------------------------------------------------------------------- */

static void calls_are_filled_and_of_one_service(void **state) {
    (void)state;
    shop.list = 3;
    RUN("imei|service_id", "1|", "2|", "3|", "4|1740", "5|", "6|1740");
    check("placed 6", "placed 6", 0);
    assert_int_equal(shop_paid(&shop), 3); /* 1,2,3 · 4,6 · 5 */
}

static bool answer_in_part(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room,
             "placed 0 71\nrejected 2 invalid_imei Invalid IMEI!\nduplicate 3 IMEI already exists!\n");
    return strstr(body, "op=place") != NULL;
}

static void a_list_answered_in_part(void **state) {
    (void)state;
    shop.list = 4;
    shop_behave(&shop, answer_in_part, HTTP_KEEP, NULL);
    RUN("imei", "1", "2", "3", "4");
    check("placed 1 rejected 1 in_doubt 2", "placed 1 in_doubt 2 rejected 1", 11);
    till_check_column(&till.rejected, "_code", "invalid_imei");
    till_check_column(&till.rejected, "_reason", "Invalid IMEI!");
    till_check_column(&till.store, "imei", "1");
}

static bool say_the_same_order(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "placed 0 71\nplaced 1 71\n");
    return strstr(body, "op=place") != NULL;
}

static void an_order_id_belongs_to_one_order(void **state) {
    (void)state;
    shop.list = 2;
    shop_behave(&shop, say_the_same_order, HTTP_KEEP, NULL);
    RUN("imei", "1", "2");
    check("placed 1 in_doubt 1", "placed 1 in_doubt 1", 11);
    till_check_column(&till.store, "order_id", "71");
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
    assert_int_equal(ledger_open(dir, LEDGER_READ_ONLY, &other, &till.error), 0);
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
    open_till();
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
    open_till();
    shop_hold(&shop);
    till_start(&till);
    GIVE("imei", "1");
    shop_await_waiting(&shop, 1);
    assert_int_equal(sending_on_disk(), 1);
    shop_release(&shop);
    till_finish(&till);
    check("placed 1", "placed 1", 0);
}

/* ---- stops ---------------------------------------------------------------------------------- */

static bool refuse_credentials(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "auth * Invalid API Key!\n");
    return strstr(body, "op=place") != NULL;
}

static void wrong_credentials_cost_one_call(void **state) {
    (void)state;
    shop_behave(&shop, refuse_credentials, HTTP_KEEP, NULL);
    RUN("imei", "1", "2", "3", "4", "5");
    check("skipped 5", "released 5", 77);
    assert_int_equal(shop_paid(&shop), 1);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    RUN("imei", "1", "2", "3", "4", "5"); /* nothing stands in the way of the next run */
    check("placed 5", "placed 5", 0);
}

static bool run_dry(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "no_credit 0 Credit has been finished!\n");
    return strstr(body, "imei=3") != NULL;
}

static void no_credit_keeps_the_rest_for_later(void **state) {
    (void)state;
    shop_behave(&shop, run_dry, HTTP_KEEP, NULL);
    open_till();
    till.component.limits.concurrency = 1;
    till.run.json = true;
    support_capture(1);
    till_start(&till);
    GIVE("imei", "1", "2", "3", "4", "5", "6", "7");
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
    open_till();
    till.component.limits.concurrency = 1;
    shop_behave(&shop, NULL, HTTP_CLOSE, NULL);
    till_start(&till);
    GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8");
    till_finish(&till);
    assert_string_equal(till_sums(&till), "in_doubt 5 skipped 3");
    assert_int_equal(till.exit_code, 11);
    assert_int_equal(shop_paid(&shop), 5);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    RUN("imei", "1", "2", "3", "4", "5", "6", "7", "8"); /* what is in doubt is never sent again by itself */
    assert_string_equal(till_sums(&till), "placed 3 in_doubt 5");
    assert_int_equal(shop_charges(&shop, "1"), 1);
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
    open_till();
    till.component.limits.concurrency = 1;
    till.pipeline.spend.max_in_doubt = 2;
    till_start(&till);
    GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16");
    till_finish(&till);
    assert_int_equal(till.exit_code, 11);
    assert_in_range(tally_get(&till.run.tally, TALLY_IN_DOUBT), 2, 4); /* what was ready may have left */
    assert_true(tally_get(&till.run.tally, TALLY_SKIPPED) >= 8);
}

static void the_cap_of_a_run_holds_to_the_cent(void **state) {
    (void)state;
    open_till();
    till.pipeline.spend.max_run = 1100000;
    till_start(&till);
    GIVE("imei|service_id", "1|", "2|", "3|", "4|1740", "5|");
    till_finish(&till);
    check("placed 2 skipped 3", "placed 2", 12);
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
    open_till();
    till.pipeline.spend.max_run = 1000000;
    till_start(&till);
    GIVE("imei", "1", "2", "3", "4", "5");
    till_finish(&till);
    check("placed 2 rejected 2 skipped 1", "placed 2 rejected 2", 12);
}

static bool stay_unclear(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "doubt 0 who knows\n");
    return strstr(body, "imei=1") != NULL;
}

static void what_is_in_doubt_counts_in_the_cap(void **state) {
    (void)state;
    shop_behave(&shop, stay_unclear, HTTP_KEEP, NULL);
    open_till();
    till.pipeline.spend.max_run = 1000000;
    till_start(&till);
    GIVE("imei", "1", "2", "3");
    till_finish(&till);
    check("placed 1 in_doubt 1 skipped 1", "placed 1 in_doubt 1", 11);
}

static void the_cap_of_a_day_counts_earlier_runs(void **state) {
    (void)state;
    RUN("imei", "1");
    till_close(&till);
    open_till();
    till.pipeline.spend.max_day = 1000000;
    till_start(&till);
    GIVE("imei", "1", "2", "3");
    till_finish(&till);
    check("placed 1 duplicate 1 skipped 1", "placed 2", 12);
}

static void a_signal_waits_for_what_is_in_flight_and_names_the_rest(void **state) {
    (void)state;
    open_till();
    till.component.limits.concurrency = 2;
    shop_hold(&shop);
    till_start(&till);
    GIVE("imei", "1", "2", "3", "4", "5", "6", "7", "8", "9");
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
    open_till();
    run_stop(&till.run, STOP_SIGNAL, 75, "stopping");
    till_start(&till);
    GIVE("imei", "1", "2");
    till_finish(&till);
    check("skipped 2", "", 75);
    assert_int_equal(shop_paid(&shop), 0);
}

static void a_request_that_cannot_be_made_stops_the_run(void **state) {
    (void)state;
    RUN("imei", "unbuildable", "2", "3");
    check("failed 1 skipped 2", "released 3", 78);
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
    RUN("imei", "1", "2");
    check("placed 2", "placed 2", 0);
    assert_int_equal(shop_paid(&shop), 3);
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
    open_till();
    int fd = deaf_socket(url);
    till.instance.self.endpoint.base_url = text_of(url);
    till.component.limits.concurrency = 1;
    till_start(&till);
    GIVE("imei", "1", "2");
    till_finish(&till);
    assert_int_equal(tally_get(&till.run.tally, TALLY_FAILED), 1);
    assert_int_equal(tally_get(&till.run.tally, TALLY_SKIPPED), 1);
    assert_int_equal(till.exit_code, 69);
    assert_int_equal(shop_paid(&shop), 0);
    assert_null(strstr(till_states(&till), "in_doubt"));
    close(fd);
}

/* ---- what others have ----------------------------------------------------------------------- */

static void what_a_live_run_has_is_skipped(void **state) {
    struct till other;
    (void)state;
    till_open(&other, &shop, dir);
    shop_hold(&shop);
    till_start(&other);
    till_give(&other, TILL_ROWS("imei", "1"));
    shop_await_waiting(&shop, 1);
    RUN("imei", "1");
    check("skipped 1", "sending 1", 0);
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
    RUN("imei", "1");
    check("rejected 1", "rejected 1", 10);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    RUN("imei", "1");
    check("rejected 1", "rejected 1", 10);
    till_check_column(&till.rejected, "_code", "rejected_before");
    till_check_column(&till.rejected, "_reason", "Invalid IMEI!");
    assert_int_equal(shop_paid(&shop), 1);
}

static void the_same_order_with_other_parameters_is_refused(void **state) {
    (void)state;
    RUN("imei|extra", "1|a");
    till_close(&till);
    RUN("imei|extra", "1|b");
    check("rejected 1", "placed 1", 10);
    till_check_column(&till.rejected, "_code", "differs");
    assert_int_equal(shop_paid(&shop), 1);
}

/* ---- sinks ---------------------------------------------------------------------------------- */

/* Nothing is placed again because a sink is dead, and what it didn't get waits in the ledger. */
static void a_dead_sink_stops_nobody_and_loses_nothing(void **state) {
    (void)state;
    open_till();
    till.store.commit_answer = SLUICE_E_IO;
    till_start(&till);
    GIVE("imei", "1", "2", "3");
    till_finish(&till);
    check("placed 3", "placed 3", 74);
    till_check_column(&till.shelf, "imei", "1 2 3");
    till_check_column(&till.store, "imei", "");
    assert_int_equal(atomic_load(&till.outlets[0].lost), 3);
    assert_int_equal(till_undelivered(&till), 3);
}

static int deliver(void *user, const struct delivery *delivery) {
    char *out = user;
    size_t used = strlen(out);
    for (uint32_t c = 0; c < delivery->record.count; c++)
        if (text_is(delivery->record.names[c], "imei") || text_is(delivery->record.names[c], "order_id"))
            used += (size_t)snprintf(out + used, 200 - used, "%.*s ", TEXT_ARG(delivery->record.values[c]));
    return 0;
}

static void the_next_run_finds_what_a_sink_did_not_get(void **state) {
    char got[200] = "", none[200] = "";
    (void)state;
    open_till();
    till.store.write_answer = SLUICE_E_IO;
    till_start(&till);
    GIVE("imei", "1", "2");
    till_finish(&till);
    till_close(&till);
    open_till();
    assert_int_equal(ledger_undelivered(till.ledger, till.run.id, "store", 0, 0, deliver, got, &till.error),
                     0);
    assert_int_equal(ledger_undelivered(till.ledger, till.run.id, "shelf", 0, 0, deliver, none, &till.error),
                     0);
    assert_string_equal(got, "1 7001 2 7002 ");
    assert_string_equal(none, "");
    till_start(&till);
    till_finish(&till);
}

/* A sink's last words may come when there is nothing left to do: they must still reach the ledger. */
static void cursors_that_move_last_are_kept(void **state) {
    enum { RUNS = 36 };
    int64_t runs[RUNS];
    char imei[8];
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        snprintf(imei, sizeof imei, "%d", i);
        open_till();
        till.store.write_answer = SLUICE_E_IO;
        till_start(&till);
        GIVE("imei", imei);
        till_finish(&till);
        runs[i] = till.run.id;
        till_close(&till);
    }
    open_till();
    assert_int_equal(till_undelivered(&till), RUNS);
    till_start(&till);
    for (int i = 0; i < RUNS; i++) { /* as when a run catches up with all of them */
        spend_kept(&till.spend, "store", runs[i], INT32_MAX);
        spend_kept(&till.spend, "store", runs[i], 1); /* never back */
    }
    till_finish(&till);
    assert_int_equal(till_undelivered(&till), 0);
}

static void a_row_that_a_store_refuses_goes_to_on_reject_and_is_not_ordered_again(void **state) {
    (void)state;
    RUN("imei|note", "1|unkeepable", "2|");
    check("placed 2", "placed 2", 0);
    till_check_column(&till.store, "imei", "2");
    /* Both sinks refuse it, and so does this on_reject: it isn't delivered for ever all the same. */
    assert_int_equal(till_undelivered(&till), 0);
}

/* ---- a ledger that can't be written ----------------------------------------------------------- */

static void nothing_is_sent_that_is_not_on_the_disk(void **state) {
    (void)state;
    open_till();
    vfs_fault_fail(VFS_FAULT_WRITE | VFS_FAULT_SYNC, 1, SQLITE_IOERR_WRITE, true);
    till_start(&till);
    GIVE("imei", "1", "2");
    till_finish(&till);
    vfs_fault_clear();
    assert_string_equal(till_sums(&till), "skipped 2");
    assert_int_equal(till.exit_code, 74);
    assert_int_equal(shop_paid(&shop), 0);
}

static void an_order_that_was_paid_but_cannot_be_recorded_is_named(void **state) {
    (void)state;
    open_till();
    shop_hold(&shop);
    till_start(&till);
    GIVE("imei", "1", "2", "3");
    shop_await_waiting(&shop, 1);
    log_configure(&(struct log_settings){.level = SLUICE_ERROR});
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
    open_till();
    struct recovered recovered;
    assert_int_equal(ledger_recover(till.ledger, till.run.id, &recovered, &till.error), 0);
    till_start(&till);
    GIVE("imei", "1", "2", "3");
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
    open_till();
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(orders_are_placed_recorded_and_delivered),
        TEST(the_same_input_twice_costs_nothing),
        TEST(an_identity_that_stands_twice_is_placed_once),
        TEST(rows_that_cannot_be_ordered_are_rejected_before_anything_is_paid),
        TEST(without_a_price_nothing_is_bought),
        TEST(what_was_charged_is_counted),
        TEST(each_record_has_its_line),
        TEST(calls_are_filled_and_of_one_service),
        TEST(a_list_answered_in_part),
        TEST(an_order_id_belongs_to_one_order),
        TEST(one_in_a_call_is_bounded),
        TEST(several_in_a_call_are_bounded),
        TEST(an_intent_is_on_the_disk_before_it_is_sent),
        TEST(wrong_credentials_cost_one_call),
        TEST(no_credit_keeps_the_rest_for_later),
        TEST(five_doubts_in_a_row_stop_placing),
        TEST(max_in_doubt_stops_placing),
        TEST(the_cap_of_a_run_holds_to_the_cent),
        TEST(a_rejection_gives_its_price_back),
        TEST(what_is_in_doubt_counts_in_the_cap),
        TEST(the_cap_of_a_day_counts_earlier_runs),
        TEST(a_signal_waits_for_what_is_in_flight_and_names_the_rest),
        TEST(a_stop_before_anything_was_sent),
        TEST(a_request_that_cannot_be_made_stops_the_run),
        TEST(maintenance_is_waited_for),
        TEST(an_order_that_never_leaves_fails_in_the_end),
        TEST(what_a_live_run_has_is_skipped),
        TEST(what_was_rejected_stays_rejected_with_its_reason),
        TEST(the_same_order_with_other_parameters_is_refused),
        TEST(a_dead_sink_stops_nobody_and_loses_nothing),
        TEST(the_next_run_finds_what_a_sink_did_not_get),
        TEST(cursors_that_move_last_are_kept),
        TEST(a_row_that_a_store_refuses_goes_to_on_reject_and_is_not_ordered_again),
        TEST(nothing_is_sent_that_is_not_on_the_disk),
        TEST(an_order_that_was_paid_but_cannot_be_recorded_is_named),
        TEST(thousands_go_through_and_the_sums_hold),
    };
    vfs_fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
