#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backlog.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct backlog backlog;

static void begin(struct fixture *fixture) {
    fixture_good(fixture,
                 backlog_open(&backlog, fixture->ledger, &(struct ledger_site){.state_dir = fixture->dir},
                              fixture->run, "a", &fixture->error));
}

/* The order ids of the page behind the place, which moves on; "" when there is none. */
static const char *turn(struct fixture *fixture, struct backlog_place *place) {
    static char out[20000];
    struct page page;
    fixture_good(fixture, backlog_read(&backlog, place, &page, &fixture->error));
    *place = page.place;
    out[0] = 0;
    if (!page.batch)
        return out;
    size_t used = 0;
    for (uint32_t i = 0; i < page.batch->view.selected; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%.*s", i ? " " : "",
                                 TEXT_ARG(batch_value(&page.batch->view, i, "order_id")));
    batch_unref(page.batch);
    return out;
}

static int end(void **state) {
    backlog_close(&backlog);
    return fixture_tear_down(state);
}

static void a_run_without_a_past_reads_its_own(void **state) {
    struct fixture *fixture = *state;
    struct backlog_place place = {0};
    begin(fixture);
    assert_true(backlog_at_own(&backlog, &place));
    assert_string_equal(turn(fixture, &place), "");
    fixture_buy(fixture, 1);
    int64_t last = fixture_buy(fixture, 2);
    assert_string_equal(turn(fixture, &place), "9001 9002");
    assert_int_equal(place.version, last);
    assert_string_equal(turn(fixture, &place), "");
    fixture_buy(fixture, 3);
    assert_string_equal(turn(fixture, &place), "9003");
}

/* What was read, but not kept, is read once more from where it was kept last. */
static void a_place_can_be_gone_back_to(void **state) {
    struct fixture *fixture = *state;
    struct backlog_place place = {0}, kept;
    begin(fixture);
    fixture_buy(fixture, 1);
    turn(fixture, &place);
    kept = place;
    fixture_buy(fixture, 2);
    assert_string_equal(turn(fixture, &place), "9002");
    assert_string_equal(turn(fixture, &kept), "9002");
}

static void runs_that_are_over_come_first_one_after_the_other(void **state) {
    struct fixture *fixture = *state;
    struct backlog_place place = {0};
    int64_t runs[3];
    for (unsigned n = 0; n < 3; n++) {
        runs[n] = fixture->run;
        fixture_buy(fixture, 2 * n + 1);
        fixture_buy(fixture, 2 * n + 2);
        fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 74, &fixture->error));
        fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    }
    begin(fixture);
    fixture_buy(fixture, 9);
    assert_int_equal(backlog.run_count, 4);
    for (unsigned n = 0; n < 3; n++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%u %u", 9001 + 2 * n, 9002 + 2 * n);
        assert_string_equal(turn(fixture, &place), expected);
        assert_int_equal(backlog_run(&backlog, &place), runs[n]);
        assert_false(backlog_at_own(&backlog, &place));
    }
    assert_string_equal(turn(fixture, &place), "9009");
    assert_true(backlog_at_own(&backlog, &place));
}

/* It isn't among those that were seen: half of it may lie behind what was read already. */
static void a_run_that_ends_meanwhile_is_left_to_the_next(void **state) {
    struct fixture *fixture = *state;
    struct backlog_place place = {0};
    int64_t other = fixture->run;
    fixture_buy(fixture, 1);
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    begin(fixture);
    fixture_buy(fixture, 2);
    fixture_good(fixture, ledger_run_end(fixture->ledger, other, 0, &fixture->error));
    assert_string_equal(turn(fixture, &place), "9002");
    assert_string_equal(turn(fixture, &place), "");
}

static void many_come_a_page_at_a_time(void **state) {
    struct fixture *fixture = *state;
    struct backlog_place place = {0};
    unsigned pages = 0, orders = 0;
    for (unsigned n = 1; n <= 2300; n++)
        fixture_buy(fixture, n);
    begin(fixture);
    for (const char *ids; *(ids = turn(fixture, &place)); pages++)
        for (orders++; (ids = strchr(ids, ' ')); ids++)
            orders++;
    assert_int_equal(pages, 3);
    assert_int_equal(orders, 2300);
}

static void a_ledger_that_is_gone_is_said(void **state) {
    struct fixture *fixture = *state;
    struct backlog_place place = {0};
    struct page page;
    char path[300];
    begin(fixture);
    fixture_buy(fixture, 1);
    snprintf(path, sizeof path, "%s/none", fixture->dir);
    backlog.site.state_dir = path;
    fixture_refused(fixture, backlog_read(&backlog, &place, &page, &fixture->error), SLUICE_E_NOINPUT,
                    "there is no ledger");
    assert_null(page.batch);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, end)
    const struct CMUnitTest tests[] = {
        TEST(a_run_without_a_past_reads_its_own),
        TEST(a_place_can_be_gone_back_to),
        TEST(runs_that_are_over_come_first_one_after_the_other),
        TEST(a_run_that_ends_meanwhile_is_left_to_the_next),
        TEST(many_come_a_page_at_a_time),
        TEST(a_ledger_that_is_gone_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
