#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "log.h"
#include "outlet.h"
#include "shelf.h"
#include "text.h"

static struct shelf shelf;
static struct component component;
static struct outlet outlet;
static sluice_error error;

/* What the outlet said; from its thread, read after outlet_join. */
static struct {
    int64_t run, version;
    unsigned kept, rejected, died;
    char moves[200], reason[200], why[SLUICE_ERROR_TEXT];
} said;

static void on_kept(void *user, struct outlet *from, int64_t run, int64_t version) {
    size_t used = strlen(said.moves);
    (void)user, (void)from;
    snprintf(said.moves + used, sizeof said.moves - used, "%lld:%lld ", (long long)run, (long long)version);
    said.kept++;
}

static void on_rejected(void *user, struct outlet *from, const struct batch *batch,
                        const struct reject *reject) {
    (void)user, (void)from;
    said.rejected++;
    snprintf(said.reason, sizeof said.reason, "%llu %s", (unsigned long long)batch->view.numbers[reject->row],
             reject->code);
}

static void on_died(void *user, struct outlet *from, const sluice_error *why) {
    (void)user;
    assert_true(atomic_load(&from->dead));
    said.died++;
    memcpy(said.why, why->text, sizeof said.why);
}

static const struct outlet_events events = {.kept = on_kept, .rejected = on_rejected, .died = on_died};

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    shelf_init(&shelf);
    memset(&said, 0, sizeof said);
    error = (sluice_error)ERROR_INIT;
    component =
        (struct component){.type = &shelf_sink, .place = "sinks[0] shelf", .id = "shelf", .config = &shelf};
    return 0;
}

static int end(void **state) {
    (void)state;
    outlet_close(&outlet);
    shelf_free(&shelf);
    return 0;
}

static void open_and_start(void) {
    assert_int_equal(outlet_open(&outlet, &component, NULL, false, &events, &error), 0);
    assert_int_equal(outlet_start(&outlet, &error), 0);
}

static void give(const char *const *rows, int64_t run, int64_t version) {
    struct batch *batch = harness_batch(rows);
    outlet_give(&outlet, batch, run, version);
    batch_unref(batch);
}

#define GIVE(run, version, ...) give((const char *const[]){__VA_ARGS__, NULL}, run, version)

static void stop(bool complete) {
    outlet_end(&outlet, complete);
    outlet_join(&outlet);
}

static void check_column(const char *name, const char *expected) {
    char *got = shelf_column(&shelf, name);
    assert_string_equal(got, expected);
    free(got);
}

static void batches_are_written_in_order_committed_and_finished(void **state) {
    (void)state;
    open_and_start();
    GIVE(0, 0, "imei", "1", "2");
    GIVE(0, 0, "imei", "3");
    stop(true);
    check_column("imei", "1 2 3");
    assert_int_equal(atomic_load(&outlet.written), 3);
    assert_int_equal(atomic_load(&outlet.lost), 0);
    assert_int_equal(shelf.finishes, 1);
    assert_int_equal(said.kept, 0); /* nothing came from the ledger */
    outlet_close(&outlet);
    assert_int_equal(shelf.closed, 1);
}

static void a_sink_without_write_is_refused(void **state) {
    const sluice_component exchanging = {
        .size = sizeof exchanging, .kind = SLUICE_SINK, .name = "far", .open = shelf_sink.open};
    (void)state;
    component.type = &exchanging;
    assert_int_equal(outlet_open(&outlet, &component, NULL, false, &events, &error), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "sinks[0] shelf: this version has no sinks"));
}

static void what_is_not_complete_is_not_put_in_place(void **state) {
    (void)state;
    open_and_start();
    GIVE(0, 0, "imei", "1");
    stop(false);
    check_column("imei", "1");
    assert_int_equal(shelf.finishes, 0);
}

static void an_idle_outlet_commits(void **state) {
    (void)state;
    open_and_start();
    GIVE(7, 3, "imei", "1");
    shelf_await(&shelf, 1); /* without an end: because nothing more came */
    stop(true);
    assert_string_equal(said.moves, "7:3 ");
}

/* Neither after so many rows nor when nothing comes: only the end can bring the one commit. */
static void commit_once_is_at_the_end(void **state) {
    (void)state;
    assert_int_equal(outlet_open(&outlet, &component, NULL, false, &events, &error), 0);
    outlet.commit_once = true;
    outlet.commit_rows = 1;
    assert_int_equal(outlet_start(&outlet, &error), 0);
    GIVE(0, 0, "imei", "1", "2");
    GIVE(0, 0, "imei", "3");
    stop(true);
    check_column("imei", "1 2 3");
    assert_int_equal(shelf.commits, 1);
    assert_int_equal(atomic_load(&outlet.written), 3);
}

static void the_cursor_moves_with_the_commit_a_run_at_a_time(void **state) {
    (void)state;
    shelf_hold(&shelf);
    open_and_start();
    GIVE(3, 10, "imei", "a");
    shelf_await_write(&shelf);
    GIVE(3, 20, "imei", "b");
    GIVE(4, 15, "imei", "c");
    GIVE(4, 16, "imei", "d");
    GIVE(0, 0, "imei", "e");
    shelf_release(&shelf);
    stop(true);
    assert_string_equal(said.moves, "3:20 4:16 ");
    check_column("imei", "a b c d e");
    assert_int_equal(shelf.commits, 3);
}

static void rows_that_do_not_belong_here_move_the_cursor_all_the_same(void **state) {
    static const sluice_text blue = {"blue", 4};
    static struct where where = {{"color", 5}, {&blue, 1}};
    (void)state;
    component.where = &where;
    component.where_count = 1;
    open_and_start();
    GIVE(1, 5, "imei|color", "1|red", "2|green");
    stop(true);
    assert_int_equal(shelf.writes, 0);
    assert_string_equal(said.moves, "1:5 ");
    assert_int_equal(atomic_load(&outlet.written), 0);
}

static void where_and_order_id_choose_the_rows(void **state) {
    static const sluice_text blue = {"blue", 4};
    static struct where where = {{"color", 5}, {&blue, 1}};
    (void)state;
    component.type = &shelf_store;
    component.where = &where;
    component.where_count = 1;
    open_and_start();
    GIVE(0, 0, "imei|color|order_id", "1|red|71", "2|blue|72", "3|blue|~", "4|blue|", "5|blue|75");
    stop(true);
    check_column("imei", "2 5");
}

static void a_long_input_is_committed_in_between(void **state) {
    (void)state;
    assert_int_equal(outlet_open(&outlet, &component, NULL, false, &events, &error), 0);
    outlet.commit_rows = 2;
    shelf_hold(&shelf);
    assert_int_equal(outlet_start(&outlet, &error), 0);
    for (int i = 0; i < 5; i++)
        GIVE(1, i + 1, "imei", "x");
    shelf_release(&shelf);
    stop(true);
    assert_string_equal(said.moves, "1:2 1:4 1:5 ");
}

static void a_row_that_cannot_be_kept_is_rejected_alone(void **state) {
    (void)state;
    open_and_start();
    GIVE(0, 0, "imei|note", "1|a", "2|unkeepable", "3|c");
    stop(true);
    check_column("imei", "1 3");
    assert_int_equal(said.rejected, 1);
    assert_string_equal(said.reason, "3 unkeepable");
    assert_int_equal(atomic_load(&outlet.written), 2);
    assert_int_equal(atomic_load(&outlet.lost), 0);
}

/* The sink of three batches of two rows: which of them are counted as lost? */
static void check_death(const char *why, unsigned lost, const char *kept) {
    shelf_hold(&shelf);
    open_and_start();
    outlet.commit_rows = 2;
    GIVE(1, 1, "imei", "1", "2");
    shelf_await_write(&shelf);
    GIVE(1, 2, "imei", "3", "4");
    GIVE(1, 3, "imei", "5", "6");
    shelf_release(&shelf);
    stop(true);
    assert_true(atomic_load(&outlet.dead));
    assert_int_equal(said.died, 1);
    assert_non_null(strstr(said.why, "sinks[0] shelf: "));
    assert_non_null(strstr(said.why, why));
    assert_int_equal(outlet.error.code, SLUICE_E_IO);
    assert_int_equal(atomic_load(&outlet.lost), lost);
    assert_int_equal(atomic_load(&outlet.written) + lost, 6);
    check_column("imei", kept);
    struct batch *late = harness_batch((const char *const[]){"imei", "7", NULL});
    assert_false(outlet_give(&outlet, late, 1, 4));
    assert_int_equal(atomic_load(&outlet.lost), lost + 1);
    batch_unref(late);
}

static void a_write_that_fails_kills_the_sink(void **state) {
    (void)state;
    shelf.write_answer = SLUICE_E_IO;
    shelf.good_writes = 1;
    check_death("the shelf can't write", 4, "1 2");
    assert_string_equal(said.moves, "1:1 ");
}

static void a_commit_that_fails_loses_what_was_written_since_the_last(void **state) {
    (void)state;
    shelf.commit_answer = SLUICE_E_IO;
    check_death("the shelf can't commit", 6, "");
    assert_string_equal(said.moves, "");
}

static void a_failure_without_a_word_is_one(void **state) {
    (void)state;
    shelf.write_answer = SLUICE_E_IO;
    shelf.silent = true;
    check_death("write()", 6, "");
}

static void a_result_that_cannot_be_put_in_place_is_said(void **state) {
    (void)state;
    shelf.finish_answer = SLUICE_E_CANTCREAT;
    open_and_start();
    GIVE(0, 0, "imei", "1");
    stop(true);
    assert_int_equal(said.died, 1);
    assert_int_equal(outlet.error.code, SLUICE_E_CANTCREAT);
}

static void rows_that_were_not_meant_for_a_dead_sink_are_not_lost(void **state) {
    (void)state;
    component.type = &shelf_store;
    shelf.write_answer = SLUICE_E_IO;
    open_and_start();
    GIVE(0, 0, "imei|order_id", "1|71", "2|~", "3|");
    stop(true);
    assert_int_equal(atomic_load(&outlet.lost), 1);
}

static void *give_much(void *user) {
    struct batch *batch = user;
    for (int i = 0; i < 500; i++)
        outlet_give(&outlet, batch, 0, 0);
    return NULL;
}

/* Whoever fills the queue of a sink that is stuck waits; when the sink dies, he goes on. */
static void a_dying_sink_holds_nobody_up(void **state) {
    pthread_t thread;
    (void)state;
    shelf.write_answer = SLUICE_E_IO;
    shelf_hold(&shelf);
    open_and_start();
    struct batch *batch = harness_batch((const char *const[]){"imei", "1", NULL});
    assert_int_equal(pthread_create(&thread, NULL, give_much, batch), 0);
    shelf_await_write(&shelf);
    shelf_release(&shelf);
    pthread_join(thread, NULL);
    stop(true);
    assert_int_equal(atomic_load(&outlet.lost), 500);
    batch_unref(batch);
}

/* However much is given, no more than a few megabytes wait. */
static void a_slow_sink_slows_the_giver(void **state) {
    pthread_t thread;
    (void)state;
    shelf_hold(&shelf);
    open_and_start();
    struct batch *batch = harness_batch((const char *const[]){"imei", "1", NULL}); /* keeps 64 KiB alive */
    assert_int_equal(pthread_create(&thread, NULL, give_much, batch), 0);
    shelf_await_write(&shelf);
    pthread_mutex_lock(&outlet.queue.lock);
    assert_true(outlet.queue.bytes < outlet.queue.limit + 2 * batch_bytes(batch));
    pthread_mutex_unlock(&outlet.queue.lock);
    shelf_release(&shelf);
    pthread_join(thread, NULL);
    stop(true);
    assert_int_equal(atomic_load(&outlet.written), 500);
    batch_unref(batch);
}

static void a_sink_is_probed_before_it_is_needed(void **state) {
    (void)state;
    assert_int_equal(outlet_open(&outlet, &component, NULL, true, &events, &error), 0);
    assert_int_equal(outlet_probe(&outlet, &error), 0);
    shelf.probe_answer = SLUICE_E_CANTCREAT;
    assert_int_equal(outlet_probe(&outlet, &error), SLUICE_E_CANTCREAT);
    assert_string_equal(error.text, "sinks[0] shelf: the shelf can't be written");
    shelf.silent = true;
    error = (sluice_error)ERROR_INIT;
    assert_int_equal(outlet_probe(&outlet, &error), SLUICE_E_CANTCREAT);
    shelf.probe_answer = 1;
    error = (sluice_error)ERROR_INIT;
    assert_int_equal(outlet_probe(&outlet, &error), SLUICE_E_PLUGIN);
    assert_int_equal(shelf.probes, 4);
}

static void a_sink_that_does_not_open_names_its_place(void **state) {
    (void)state;
    shelf.open_answer = SLUICE_E_CONFIG;
    assert_int_equal(outlet_open(&outlet, &component, NULL, false, &events, &error), SLUICE_E_CONFIG);
    assert_string_equal(error.text, "sinks[0] shelf: the shelf can't open");
    assert_int_equal(shelf.closed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(batches_are_written_in_order_committed_and_finished),
        TEST(a_sink_without_write_is_refused),
        TEST(what_is_not_complete_is_not_put_in_place),
        TEST(an_idle_outlet_commits),
        TEST(commit_once_is_at_the_end),
        TEST(the_cursor_moves_with_the_commit_a_run_at_a_time),
        TEST(rows_that_do_not_belong_here_move_the_cursor_all_the_same),
        TEST(where_and_order_id_choose_the_rows),
        TEST(a_long_input_is_committed_in_between),
        TEST(a_row_that_cannot_be_kept_is_rejected_alone),
        TEST(a_write_that_fails_kills_the_sink),
        TEST(a_commit_that_fails_loses_what_was_written_since_the_last),
        TEST(a_failure_without_a_word_is_one),
        TEST(a_result_that_cannot_be_put_in_place_is_said),
        TEST(rows_that_were_not_meant_for_a_dead_sink_are_not_lost),
        TEST(a_dying_sink_holds_nobody_up),
        TEST(a_slow_sink_slows_the_giver),
        TEST(a_sink_is_probed_before_it_is_needed),
        TEST(a_sink_that_does_not_open_names_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
