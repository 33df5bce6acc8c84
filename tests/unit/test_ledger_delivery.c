#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

struct got {
    int count, most; /* stop after `most` */
    int64_t versions[64], orders[64], runs[64];
    char last[300]; /* "name=value|…" of the last record */
};

static int collect(void *user, const struct delivery *delivery) {
    struct got *got = user;
    got->versions[got->count] = delivery->version;
    got->orders[got->count] = delivery->order;
    got->runs[got->count++] = delivery->run;
    got->last[0] = 0;
    for (uint32_t i = 0; i < delivery->record.count; i++) {
        size_t used = strlen(got->last);
        snprintf(got->last + used, sizeof got->last - used, "%.*s=%.*s|", TEXT_ARG(delivery->record.names[i]),
                 TEXT_ARG(delivery->record.values[i]));
    }
    return got->most && got->count == got->most;
}

struct runs {
    int64_t ids[8];
    size_t count;
};

static int collect_run(void *user, int64_t run) {
    struct runs *runs = user;
    runs->ids[runs->count++] = run;
    return 0;
}

/* Of the runs that are over, then of this one. */
static struct got ask(struct fixture *fixture, const char *sink, int64_t after, uint64_t limit) {
    struct got got = {0};
    struct runs runs = {0};
    uint64_t waiting;
    fixture_good(fixture,
                 ledger_behind(fixture->ledger, fixture->run, sink, collect_run, &runs, &fixture->error));
    runs.ids[runs.count++] = fixture->run;
    for (size_t i = 0; i < runs.count; i++)
        fixture_good(fixture, ledger_undelivered(fixture->ledger, runs.ids[i], sink, after, limit, collect,
                                                 &got, &fixture->error));
    fixture_good(fixture, ledger_waiting(fixture->ledger, fixture->run, sink, &waiting, &fixture->error));
    if (!after && !limit)
        assert_int_equal(waiting, got.count);
    return got;
}

static void delivered(struct fixture *fixture, int64_t run, const char *sink, int64_t version) {
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_delivered(fixture->ledger, run, sink, version, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
}

/* ---- what is waiting ------------------------------------------------------------------------ */

static void a_placed_order_waits_with_its_whole_record(void **state) {
    struct fixture *fixture = *state;
    char identifier[16], expected[100];
    int64_t version = fixture_buy(fixture, 1);
    struct got got = ask(fixture, "a", 0, 0);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.versions[0], version);
    assert_int_equal(got.runs[0], fixture->run);
    /* `note` of the source was null; the action's takes its place. */
    snprintf(expected, sizeof expected, "imei=%s|note=bought|order_id=9001|",
             fixture_identifier(1, identifier));
    assert_string_equal(got.last, expected);
}

static void an_added_null_leaves_the_sources_value(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    sluice_text names[] = {TEXT("imei"), TEXT("model")}, values[] = {{NULL, 0}, {NULL, 0}};
    struct outcome placed = {
        .transition = T3, .order_id = TEXT("1"), .price = MONEY_NONE, .added = {names, values, 2}};
    char identifier[16], expected[100];
    int64_t order = fixture_send(fixture, 1);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture,
                 ledger_outcome(fixture->ledger, fixture->run, order, &placed, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    snprintf(expected, sizeof expected, "imei=%s|note=|model=|", fixture_identifier(1, identifier));
    assert_string_equal(ask(fixture, "a", 0, 0).last, expected);
}

static void only_placed_orders_wait(void **state) {
    struct fixture *fixture = *state;
    unsigned n = 0;
    for (int transition = T4; transition <= T8; transition++)
        fixture_end(fixture, fixture_send(fixture, ++n), (enum transition)transition, "why");
    fixture_send(fixture, ++n);
    assert_int_equal(ask(fixture, "a", 0, 0).count, 0);
}

static void they_come_in_order_and_in_parts(void **state) {
    struct fixture *fixture = *state;
    struct got got = {.most = 3};
    for (unsigned n = 1; n <= 10; n++)
        fixture_buy(fixture, n);
    got = ask(fixture, "a", 0, 0);
    assert_int_equal(got.count, 10);
    for (int i = 1; i < 10; i++)
        assert_true(got.versions[i] > got.versions[i - 1]);
    struct got part = ask(fixture, "a", 0, 4);
    assert_int_equal(part.count, 4);
    part = ask(fixture, "a", part.versions[3], 0);
    assert_int_equal(part.count, 6);
    assert_int_equal(part.orders[0], got.orders[4]);
    part = (struct got){.most = 3};
    fixture_good(fixture, ledger_undelivered(fixture->ledger, fixture->run, "a", 0, 0, collect, &part,
                                             &fixture->error));
    assert_int_equal(part.count, 3);
}

/* ---- cursors -------------------------------------------------------------------------------- */

static void each_sink_has_its_own_cursor(void **state) {
    struct fixture *fixture = *state;
    int64_t first = fixture_buy(fixture, 1), second = fixture_buy(fixture, 2);
    delivered(fixture, fixture->run, "a", second);
    assert_int_equal(ask(fixture, "a", 0, 0).count, 0);
    assert_int_equal(ask(fixture, "b", 0, 0).count, 2);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 2);
    delivered(fixture, fixture->run, "b", first);
    assert_int_equal(ask(fixture, "b", 0, 0).count, 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 1);
    delivered(fixture, fixture->run, "b", second);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 0);
}

static void a_cursor_never_goes_back(void **state) {
    struct fixture *fixture = *state;
    int64_t first = fixture_buy(fixture, 1), second = fixture_buy(fixture, 2);
    delivered(fixture, fixture->run, "a", second);
    delivered(fixture, fixture->run, "a", first);
    assert_int_equal(ask(fixture, "a", 0, 0).count, 0);
}

static void an_unknown_sink_is_a_mistake(void **state) {
    struct fixture *fixture = *state;
    if (fixture_is_remote())
        return; /* nobody waits for the answer */
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_refused(fixture, ledger_delivered(fixture->ledger, fixture->run, "c", 1, &fixture->error),
                    SLUICE_E_SOFTWARE, "no sink 'c'");
    ledger_rollback(fixture->ledger);
    assert_int_equal(ask(fixture, "c", 0, 0).count, 0);
}

static void orders_in_doubt_keep_their_record(void **state) {
    struct fixture *fixture = *state;
    fixture_end(fixture, fixture_send(fixture, 1), T8, "time-out");
    int64_t version = fixture_buy(fixture, 2);
    delivered(fixture, fixture->run, "a", version);
    delivered(fixture, fixture->run, "b", version);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT id FROM records"), 1);
}

/* ---- runs that are over --------------------------------------------------------------------- */

/* The sink has committed, the cursor hasn't: after a crash the same orders come again, under their own run.
 */
static void what_a_dead_run_left_is_delivered_by_the_next(void **state) {
    struct fixture *fixture = *state;
    struct recovered recovered;
    int64_t dead = fixture->run, version = fixture_buy(fixture, 1);
    fixture_buy(fixture, 2);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_delivered(fixture->ledger, dead, "a", version, &fixture->error));
    fixture_reopen(fixture); /* without the commit */
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    assert_int_equal(ask(fixture, "a", 0, 0).count, 0); /* not yet known to be dead */
    fixture_good(fixture, ledger_recover(fixture->ledger, fixture->run, &recovered, &fixture->error));
    struct got got = ask(fixture, "a", 0, 0);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.versions[0], version);
    assert_int_equal(got.runs[0], dead);
    fixture_buy(fixture, 3);
    got = ask(fixture, "a", 0, 0);
    assert_int_equal(got.count, 3);
    assert_int_equal(got.runs[2], fixture->run);
    delivered(fixture, dead, "a", got.versions[1]);
    delivered(fixture, dead, "b", got.versions[1]);
    assert_int_equal(ask(fixture, "a", 0, 0).count, 1);
    assert_int_equal(
        fixture_number(fixture, "SELECT complete FROM runs WHERE exit_code IS NULL AND ended_ms > 0"), 1);
}

static void a_run_that_ended_incomplete_is_picked_up(void **state) {
    struct fixture *fixture = *state;
    int64_t first = fixture->run, version = fixture_buy(fixture, 1);
    delivered(fixture, first, "a", version);
    fixture_good(fixture, ledger_run_end(fixture->ledger, first, 74, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT complete FROM runs"), 0);
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    assert_int_equal(ask(fixture, "a", 0, 0).count, 0);
    assert_int_equal(ask(fixture, "b", 0, 0).count, 1);
    delivered(fixture, first, "b", version);
    assert_int_equal(fixture_number(fixture, "SELECT complete FROM runs WHERE ended_ms IS NOT NULL"), 1);
}

static void other_pipelines_and_live_runs_keep_theirs(void **state) {
    struct fixture *fixture = *state;
    int64_t first = fixture->run;
    fixture_buy(fixture, 1);
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    assert_int_equal(ask(fixture, "a", 0, 0).count, 0);
    fixture_good(fixture, ledger_run_end(fixture->ledger, first, 0, &fixture->error));
    assert_int_equal(ask(fixture, "a", 0, 0).count, 1);
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "q");
    assert_int_equal(ask(fixture, "a", 0, 0).count, 0);
}

static void strand(void *user, const char *pipeline, const char *sink, uint64_t orders) {
    char *text = user;
    size_t used = strlen(text);
    snprintf(text + used, 100 - used, "%s.%s=%llu ", pipeline, sink, (unsigned long long)orders);
}

static void orders_of_a_sink_that_is_gone_are_told(void **state) {
    struct fixture *fixture = *state;
    const char *const sinks[] = {"b", "c"};
    struct run_info info = {.pipeline = "p", .file = "p.yaml", .sinks = sinks, .sink_count = 2};
    int64_t first = fixture->run, version = fixture_buy(fixture, 1);
    char text[100] = "";
    fixture_buy(fixture, 2);
    delivered(fixture, first, "a", version);
    fixture_good(fixture, ledger_run_begin(fixture->ledger, &info, &fixture->run, &fixture->error));
    fixture_good(fixture, ledger_stranded(fixture->ledger, fixture->run, strand, text, &fixture->error));
    assert_string_equal(text, ""); /* the first is alive and delivers itself */
    fixture_good(fixture, ledger_run_end(fixture->ledger, first, 0, &fixture->error));
    fixture_good(fixture, ledger_stranded(fixture->ledger, fixture->run, strand, text, &fixture->error));
    assert_string_equal(text, "p.a=1 "); /* b is there */
    info.pipeline = "q";
    text[0] = 0;
    fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 0, &fixture->error));
    fixture_good(fixture, ledger_run_begin(fixture->ledger, &info, &fixture->run, &fixture->error));
    fixture_good(fixture, ledger_stranded(fixture->ledger, fixture->run, strand, text, &fixture->error));
    assert_string_equal(text, "p.a=1 p.b=2 "); /* nor does another pipeline deliver them */
}

/* Two runs at once: what one has got delivered says nothing of the other. */
static void runs_that_overlap_dont_drop_each_others_records(void **state) {
    struct fixture *fixture = *state;
    int64_t one = fixture->run, two = fixture_begin_run(fixture, fixture->ledger, "q");
    fixture_buy(fixture, 1);
    fixture->run = two;
    int64_t version = fixture_buy(fixture, 2);
    delivered(fixture, two, "a", version);
    delivered(fixture, two, "b", version);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 1);
    fixture->run = one;
    assert_int_equal(ask(fixture, "a", 0, 0).count, 1);
    assert_int_equal(ask(fixture, "b", 0, 0).count, 1);
}

static uint64_t waiting(struct fixture *fixture) {
    uint64_t orders;
    fixture_good(fixture, ledger_waiting(fixture->ledger, fixture->run, NULL, &orders, &fixture->error));
    return orders;
}

static void what_waits_for_some_sink_is_counted_once(void **state) {
    struct fixture *fixture = *state;
    const char *const sinks[] = {"b"};
    struct run_info info = {.pipeline = "p", .file = "p.yaml", .sinks = sinks, .sink_count = 1};
    int64_t first = fixture->run, bought[3];
    for (unsigned n = 0; n < 3; n++)
        bought[n] = fixture_buy(fixture, n + 1);
    assert_int_equal(waiting(fixture), 3);
    delivered(fixture, first, "a", bought[1]);
    delivered(fixture, first, "b", bought[0]);
    assert_int_equal(waiting(fixture), 2);
    delivered(fixture, first, "b", bought[2]);
    assert_int_equal(waiting(fixture), 1);
    fixture_good(fixture, ledger_run_end(fixture->ledger, first, 74, &fixture->error));
    fixture_good(fixture, ledger_run_begin(fixture->ledger, &info, &fixture->run, &fixture->error));
    assert_int_equal(waiting(fixture), 0); /* "a" isn't a sink of this run */
}

static void a_damaged_record_is_said(void **state) {
    struct fixture *fixture = *state;
    struct got got = {0};
    fixture_buy(fixture, 1);
    fixture_execute(fixture, "UPDATE records SET data = x'ffffff'");
    int failed = ledger_undelivered(fixture->ledger, fixture->run, "a", 0, 0, collect, &got, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_CONFIG, "damaged");
    assert_int_equal(got.count, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_placed_order_waits_with_its_whole_record),
        TEST(an_added_null_leaves_the_sources_value),
        TEST(only_placed_orders_wait),
        TEST(they_come_in_order_and_in_parts),
        TEST(each_sink_has_its_own_cursor),
        TEST(a_cursor_never_goes_back),
        TEST(an_unknown_sink_is_a_mistake),
        TEST(orders_in_doubt_keep_their_record),
        TEST(what_a_dead_run_left_is_delivered_by_the_next),
        TEST(a_run_that_ended_incomplete_is_picked_up),
        TEST(other_pipelines_and_live_runs_keep_theirs),
        TEST(orders_of_a_sink_that_is_gone_are_told),
        TEST(runs_that_overlap_dont_drop_each_others_records),
        TEST(what_waits_for_some_sink_is_counted_once),
        TEST(a_damaged_record_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
