#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "log.h"
#include "shop.h"
#include "support.h"
#include "text.h"

static struct shop shop;
static struct pipeline pipeline;
static struct component component;
static struct run run;
static struct stage stage;
static sluice_error error;
static char dir[64];

/* ---- what goes on ---------------------------------------------------------------------------- */

static char passed[20000]; /* "ORDER:STATUS " for each row */
static unsigned passed_count;

static int on_pass(void *user, struct batch *batch, sluice_error *why) {
    (void)user, (void)why;
    for (uint32_t i = 0; i < batch->view.selected; i++) {
        uint32_t row = sluice_selected(&batch->view, i);
        sluice_text id = batch_value(&batch->view, row, "order_id");
        sluice_text status = batch_value(&batch->view, row, "status");
        size_t used = strlen(passed);
        snprintf(passed + used, sizeof passed - used, "%.*s:%.*s ", TEXT_ARG(id), TEXT_ARG(status));
        passed_count++;
    }
    batch_unref(batch);
    return 0;
}

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    shop_open(&shop);
    shop.list = 10;
    component = (struct component){.type = &shop_check,
                                   .name = "shop.check",
                                   .place = "actions[0] shop.check",
                                   .config = &shop,
                                   .limits = {.concurrency = 3, .connect_ms = 5000, .timeout_ms = 5000}};
    error = (sluice_error)ERROR_INIT;
    run_init(&run, &pipeline);
    pipeline.name = "p";
    passed[0] = 0;
    passed_count = 0;
    support_dir(dir);
    return 0;
}

static int end(void **state) {
    (void)state;
    stage_close(&stage);
    run_free(&run);
    shop_close(&shop);
    support_remove(dir);
    return 0;
}

static void open_stage(void) {
    assert_int_equal(
        stage_open(&stage, &run, &component, NULL, &(struct ledger_site){.state_dir = dir}, &error), 0);
    stage.pass = on_pass;
    assert_int_equal(stage_start(&stage, &error), 0);
}

/* Orders 1 … count, the imei the same. */
static struct batch *orders(unsigned count) {
    static char lines[300][32];
    const char *rows[302] = {"order_id|imei|status"};
    for (unsigned i = 0; i < count; i++) {
        snprintf(lines[i], sizeof *lines, "%u|%u|Pending", i + 1, i + 1);
        rows[i + 1] = lines[i];
    }
    rows[count + 1] = NULL;
    return harness_batch(rows);
}

/* ---- what the shop says ---------------------------------------------------------------------- */

static unsigned count_rows(const char *body) {
    const char *at = strstr(body, "&imei=");
    unsigned count = at != NULL;
    for (; at && *at; at++)
        count += *at == ',';
    return count;
}

static bool has(const char *body, const char *imei) {
    char list[4000], word[32];
    snprintf(list, sizeof list, ",%s,", strstr(body, "&imei=") + 6);
    snprintf(word, sizeof word, ",%s,", imei);
    return strstr(list, word) != NULL;
}

static bool all_done(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    size_t used = 0;
    for (unsigned i = 0; i < count_rows(body); i++)
        used += (size_t)snprintf(out + used, room - used, "checked %u Completed\n", i);
    return true;
}

static void ask(struct batch *batch, bool (*reply)(struct shop *, const char *, char *, size_t)) {
    shop_behave(&shop, reply, HTTP_KEEP, NULL);
    open_stage();
    stage_give(&stage, batch);
    stage_end(&stage);
}

static uint64_t tally(enum tally_kind kind) {
    return tally_get(&run.tally, kind);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void rows_go_on_with_their_news(void **state) {
    (void)state;
    ask(orders(25), all_done);
    assert_int_equal(passed_count, 25);
    assert_non_null(strstr(passed, "1:Completed "));
    assert_non_null(strstr(passed, " 25:Completed "));
    assert_null(strstr(passed, "Pending"));
    assert_int_equal(shop_asked(&shop), 3); /* of ten at most */
    assert_int_equal(run_exit_code(&run), 0);
}

static void batches_share_calls(void **state) {
    (void)state;
    shop_behave(&shop, all_done, HTTP_KEEP, NULL);
    assert_int_equal(
        stage_open(&stage, &run, &component, NULL, &(struct ledger_site){.state_dir = dir}, &error), 0);
    stage.pass = on_pass;
    stage_give(&stage, orders(3)); /* two fit into the queue */
    stage_give(&stage, orders(3));
    assert_int_equal(stage_start(&stage, &error), 0);
    stage_end(&stage);
    assert_int_equal(passed_count, 6);
    assert_int_equal(shop_asked(&shop), 1);
}

static bool some_unheard(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room,
             "checked 0 Completed\nunknown 1 never heard of it\ndoubt 3 that can't be\n"
             "checked 4 Completed\ndoubt 4 or can it\n");
    return true;
}

static void without_news_they_go_on_as_they_came(void **state) {
    (void)state;
    ask(orders(5), some_unheard);
    assert_string_equal(passed, "1:Completed 2:Pending 3:Pending 4:Pending 5:Pending ");
    assert_int_equal(stage.unheard[UNHEARD_NO_NEWS], 1);
    assert_int_equal(stage.unheard[UNHEARD_LEFT_OUT], 1);
    assert_int_equal(stage.unheard[UNHEARD_DOUBT], 2);
    assert_int_equal(run_exit_code(&run), 0);
}

static void only_its_own_are_asked_about(void **state) {
    (void)state;
    char own[64], rows[7][96];
    snprintf(own, sizeof own, "tester@127.0.0.1:%u", shop.http.port);
    snprintf(rows[0], sizeof *rows, "order_id|imei|status|provider|account");
    snprintf(rows[1], sizeof *rows, "1|1|Pending|shop|%s", own);
    snprintf(rows[2], sizeof *rows, "2|2|Pending|other|%s", own);
    snprintf(rows[3], sizeof *rows, "3|3|Pending|shop|somebody");
    snprintf(rows[4], sizeof *rows, "4|4|Pending|~|~");
    snprintf(rows[5], sizeof *rows, "~|5|Pending|shop|%s", own);
    ask(harness_batch((const char *const[]){rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], NULL}),
        all_done);
    assert_int_equal(passed_count, 5);
    assert_non_null(strstr(passed, "1:Completed "));
    assert_non_null(strstr(passed, "2:Pending "));
    assert_non_null(strstr(passed, "3:Pending "));
    assert_non_null(strstr(passed, "4:Completed "));
    assert_non_null(strstr(passed, ":Pending "));
    assert_int_equal(shop_asked(&shop), 1);
}

static void where_lets_others_pass_by(void **state) {
    (void)state;
    static const sluice_text wanted[] = {{"2", 1}, {"3", 1}};
    static struct where where = {.field = {"imei", 4}, .values = {wanted, 2}};
    component.where = &where;
    component.where_count = 1;
    ask(orders(4), all_done);
    assert_int_equal(passed_count, 4);
    assert_non_null(strstr(passed, "1:Pending "));
    assert_non_null(strstr(passed, "2:Completed "));
    assert_non_null(strstr(passed, "3:Completed "));
    assert_non_null(strstr(passed, "4:Pending "));
}

/* ---- calls that come to nothing --------------------------------------------------------------- */

static bool odd_one(struct shop *from, const char *body, char *out, size_t room) {
    if (!has(body, "7"))
        return all_done(from, body, out, room);
    snprintf(out, room, count_rows(body) > 1 ? "unknown * one of them\n" : "unknown 0 this one\n");
    return true;
}

static void a_refused_call_is_halved(void **state) {
    (void)state;
    ask(orders(20), odd_one);
    assert_int_equal(passed_count, 20);
    assert_non_null(strstr(passed, "7:Pending "));
    assert_non_null(strstr(passed, "6:Completed "));
    assert_non_null(strstr(passed, "20:Completed "));
    assert_int_equal(stage.unheard[UNHEARD_NO_NEWS], 1);
    assert_int_equal(run_exit_code(&run), 0);
}

static bool nothing_but_errors(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "doubt * out of order\n");
    return true;
}

/* A provider that is out of order isn't asked about each of a thousand orders. */
static void errors_without_end_stop_the_run(void **state) {
    (void)state;
    ask(orders(300), nothing_but_errors);
    assert_true(atomic_load(&run.stopping));
    assert_int_equal(run_exit_code(&run), 69);
    assert_true(shop_asked(&shop) < 80);
    assert_int_equal(passed_count + tally(TALLY_SKIPPED) + tally(TALLY_FAILED), 300);
    assert_null(strstr(passed, "Completed"));
}

static bool refuse_credentials(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "auth * who are you\n");
    return true;
}

static void credentials_stop_the_run(void **state) {
    (void)state;
    ask(orders(200), refuse_credentials);
    assert_int_equal(run_exit_code(&run), 77);
    assert_true(shop_asked(&shop) <= 3);
    assert_int_equal(tally(TALLY_SKIPPED), 200);
    assert_int_equal(passed_count, 0);
}

static bool busy_at_first(struct shop *from, const char *body, char *out, size_t room) {
    from->status = from->free ? NULL : "503 Service Unavailable";
    return all_done(from, body, out, room);
}

static void what_failed_is_sent_again(void **state) {
    (void)state;
    component.limits.concurrency = 1;
    ask(orders(15), busy_at_first);
    assert_int_equal(passed_count, 15);
    assert_null(strstr(passed, "Pending"));
    assert_int_equal(shop_asked(&shop), 3);
    assert_int_equal(run_exit_code(&run), 0);
}

static bool later_at_first(struct shop *from, const char *body, char *out, size_t room) {
    if (from->free)
        return all_done(from, body, out, room);
    snprintf(out, room, "checked 0 Completed\nlater * 1 in maintenance\n");
    return true;
}

/* The word on the whole call takes back what was said of its rows. */
static void later_is_asked_again(void **state) {
    (void)state;
    ask(orders(10), later_at_first);
    assert_int_equal(passed_count, 10);
    assert_int_equal(shop_asked(&shop), 2);
    assert_int_equal(run_exit_code(&run), 0);
}

static bool answer_nonsense(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "fail -65 that is no answer\n");
    return true;
}

/* Whoever asks again in a while tells that one from a provider that is away. */
static void no_answer_to_one_alone_is_the_records_trouble(void **state) {
    (void)state;
    ask(orders(1), answer_nonsense);
    assert_int_equal(run_exit_code(&run), 69);
    assert_true(run.only_spoilt);
}

static void a_busy_provider_is_its_own_trouble(void **state) {
    (void)state;
    shop_behave(&shop, all_done, HTTP_KEEP, "503 Service Unavailable");
    open_stage();
    stage_give(&stage, orders(1));
    stage_end(&stage);
    assert_int_equal(run_exit_code(&run), 69);
    assert_false(run.only_spoilt);
}

static void a_request_that_cant_be_built_stops_the_run(void **state) {
    (void)state;
    ask(harness_batch((const char *const[]){"order_id|imei", "1|unbuildable", "2|2", NULL}), all_done);
    assert_int_equal(run_exit_code(&run), 78);
    assert_int_equal(tally(TALLY_SKIPPED), 2);
    assert_int_equal(shop_asked(&shop), 0);
}

static void a_stopped_run_asks_nothing(void **state) {
    (void)state;
    shop_behave(&shop, all_done, HTTP_KEEP, NULL);
    assert_int_equal(
        stage_open(&stage, &run, &component, NULL, &(struct ledger_site){.state_dir = dir}, &error), 0);
    stage.pass = on_pass;
    stage_give(&stage, orders(30));
    run_stop(&run, STOP_SIGNAL, 75, "stop");
    assert_int_equal(stage_start(&stage, &error), 0);
    stage_wake(&stage);
    stage_end(&stage);
    assert_int_equal(tally(TALLY_SKIPPED), 30);
    assert_int_equal(shop_asked(&shop), 0);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void calls_wait_for_a_log_in(void **state) {
    (void)state;
    shop.logs_in = true;
    shop.list = 1;
    ask(orders(5), NULL);
    assert_int_equal(passed_count, 5);
    assert_int_equal(shop_asked(&shop), 5 + 3);
    assert_int_equal(atomic_load(&run.stopping), false);
}

static bool refuse_log_in(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "auth * wrong key\n");
    return strstr(body, "op=login") != NULL;
}

static void a_log_in_that_fails_ends_the_run(void **state) {
    (void)state;
    shop.logs_in = true;
    ask(orders(3), refuse_log_in);
    assert_true(atomic_load(&run.stopping));
    assert_true(run_said(&run, STOP_AUTH));
    assert_int_equal(tally(TALLY_SKIPPED), 3);
}

static bool refuse_options(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "config * no such action\n");
    return true;
}

static void options_that_are_refused_end_the_run(void **state) {
    (void)state;
    ask(orders(3), refuse_options);
    assert_true(run_said(&run, STOP_FAILED));
    assert_int_equal(tally(TALLY_SKIPPED), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_go_on_with_their_news, begin, end),
        cmocka_unit_test_setup_teardown(batches_share_calls, begin, end),
        cmocka_unit_test_setup_teardown(calls_wait_for_a_log_in, begin, end),
        cmocka_unit_test_setup_teardown(a_log_in_that_fails_ends_the_run, begin, end),
        cmocka_unit_test_setup_teardown(options_that_are_refused_end_the_run, begin, end),
        cmocka_unit_test_setup_teardown(without_news_they_go_on_as_they_came, begin, end),
        cmocka_unit_test_setup_teardown(only_its_own_are_asked_about, begin, end),
        cmocka_unit_test_setup_teardown(where_lets_others_pass_by, begin, end),
        cmocka_unit_test_setup_teardown(a_refused_call_is_halved, begin, end),
        cmocka_unit_test_setup_teardown(errors_without_end_stop_the_run, begin, end),
        cmocka_unit_test_setup_teardown(credentials_stop_the_run, begin, end),
        cmocka_unit_test_setup_teardown(what_failed_is_sent_again, begin, end),
        cmocka_unit_test_setup_teardown(later_is_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(no_answer_to_one_alone_is_the_records_trouble, begin, end),
        cmocka_unit_test_setup_teardown(a_busy_provider_is_its_own_trouble, begin, end),
        cmocka_unit_test_setup_teardown(a_request_that_cant_be_built_stops_the_run, begin, end),
        cmocka_unit_test_setup_teardown(a_stopped_run_asks_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
