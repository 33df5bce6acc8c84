#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "crash_point.h"
#include "ledger_fixture.h"
#include "log.h"
#include "outlet.h"
#include "shelf.h"

#include <cmocka.h> /* last: it has a macro called fail */

/* Orders of one run that are in the ledger, and a sink that reads them there or is given them. */
static struct shelf shelf;
static struct component component;
static struct outlet outlet;
static struct backlog backlog;
static struct fixture *fixture;
static int64_t versions[10];
static unsigned rejected;

static void on_kept(void *user, struct outlet *from, int64_t run, int64_t version) {
    (void)user, (void)from, (void)run, (void)version;
}

static void on_rejected(void *user, struct outlet *from, const struct batch *batch,
                        const struct reject *reject) {
    (void)user, (void)from;
    assert_string_equal(reject->code, "unkeepable");
    assert_memory_equal(reject->reason.ptr, "there is no place for it", reject->reason.len);
    assert_true(reject->row < batch->view.row_count);
    rejected++;
}

static void on_died(void *user, struct outlet *from, const sluice_error *why) {
    (void)user, (void)from, (void)why;
}

static const struct outlet_events events = {.kept = on_kept, .rejected = on_rejected, .died = on_died};

/* The page has been read, and isn't claimed yet. */
static void (*on_page)(void);

void crash_point(const char *name) {
    if (on_page && strcmp(name, "page") == 0)
        on_page();
}

static int begin(void **state) {
    int failed = fixture_set_up(state);
    fixture = *state;
    log_configure(&(struct log_settings){0});
    shelf_init(&shelf);
    rejected = 0;
    on_page = NULL;
    component =
        (struct component){.type = &shelf_sink, .place = "sinks[0] shelf", .id = "a", .config = &shelf};
    fixture_good(fixture,
                 backlog_open(&backlog, fixture->ledger, &(struct ledger_site){.state_dir = fixture->dir},
                              fixture->run, "a", &fixture->error));
    fixture_good(fixture, outlet_open(&outlet, &component, NULL, true, &events, &fixture->error));
    outlet_attach(&outlet, &backlog, 0);
    return failed;
}

static int end(void **state) {
    outlet_close(&outlet);
    backlog_close(&backlog);
    shelf_free(&shelf);
    return fixture_tear_down(state);
}

static void start(void) {
    fixture_good(fixture, outlet_start(&outlet, &fixture->error));
}

static void stop(void) {
    outlet_end(&outlet, true);
    outlet_join(&outlet);
}

static void give(unsigned n, const char *note) {
    char row[64];
    snprintf(row, sizeof row, "%u|%s", 9000 + n, note);
    struct batch *batch = harness_batch((const char *const[]){"order_id|note", row, NULL});
    outlet_give(&outlet, batch, fixture->run, versions[n]);
    batch_unref(batch);
}

static void check_orders(const char *expected) {
    char *got = shelf_column(&shelf, "order_id");
    assert_string_equal(got, expected);
    free(got);
}

/* ---- the queue and the ledger change places while a page is read ------------------------------- */

static void give_all(void) {
    on_page = NULL;
    for (unsigned n = 1; n <= 4; n++)
        give(n, "~");
}

/* The first comes through the queue, which is full then: the rest is left to the ledger again. What was read
 * meanwhile holds all four. */
static void what_comes_through_the_queue_is_not_written_with_a_page(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 4; n++)
        versions[n] = fixture_buy(fixture, n);
    outlet.queue.limit = 1;
    outlet.behind = true;
    on_page = give_all;
    start();
    shelf_await(&shelf, 4);
    stop();
    check_orders("9001 9002 9003 9004");
    assert_int_equal(atomic_load(&outlet.written), 4);
    assert_true(outlet.turns >= 1);
}

/* ---- what is refused ---------------------------------------------------------------------------- */

/* The ledger's record has no note: so only what is given is refused, and told once it is kept. */
static void what_is_refused_before_a_step_back_is_not_told(void **state) {
    (void)state;
    shelf.commit_answer = SLUICE_E_UNAVAILABLE;
    shelf.bad_commits = 1;
    versions[1] = fixture_buy(fixture, 1);
    start();
    give(1, "unkeepable");
    shelf_await(&shelf, 1);
    stop();
    assert_int_equal(rejected, 0);
    check_orders("9001");
}

static void what_is_refused_is_told_with_the_commit(void **state) {
    (void)state;
    versions[1] = fixture_buy(fixture, 1);
    versions[2] = fixture_buy(fixture, 2);
    start();
    give(1, "unkeepable");
    give(2, "~");
    stop();
    assert_int_equal(rejected, 1);
    check_orders("9002");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_comes_through_the_queue_is_not_written_with_a_page),
        TEST(what_is_refused_before_a_step_back_is_not_told),
        TEST(what_is_refused_is_told_with_the_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
