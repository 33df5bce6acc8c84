#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

struct seen {
    int count, most;
    int64_t ids[32];
    struct order_key key;
    char line[300]; /* of the last */
};

static const char *or_dash(const char *text) {
    return text ? text : "-";
}

static int see(void *user, const struct order_row *row) {
    struct seen *seen = user;
    seen->ids[seen->count++] = row->id;
    seen->key = row->key;
    snprintf(seen->line, sizeof seen->line,
             "%s %s %s %s order %s, %s %s price %lld %s, row %llu of %s, gen %d, call %lld",
             order_state_name(row->state), or_dash(row->provider), or_dash(row->account),
             or_dash(row->service), or_dash(row->order_id), or_dash(row->code), or_dash(row->reason),
             (long long)row->price, or_dash(row->currency), (unsigned long long)row->row,
             or_dash(row->pipeline), (int)row->gen, (long long)row->call);
    return seen->most && seen->count == seen->most;
}

static struct seen list(struct fixture *fixture, const struct order_filter *filter) {
    struct seen seen = {0};
    fixture_good(fixture, ledger_list(fixture->ledger, filter, see, &seen, &fixture->error));
    return seen;
}

/* 1 … 5: placed, in doubt, rejected, released, sending; 6: placed by pipeline "q". */
static int set_up(void **state) {
    if (fixture_set_up(state))
        return -1;
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    fixture_end(fixture, fixture_send(fixture, 2), T8, "time-out");
    fixture_end(fixture, fixture_send(fixture, 3), T6, "Invalid IMEI!");
    fixture_end(fixture, fixture_send(fixture, 4), T4, "no route");
    fixture_send(fixture, 5);
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "q");
    fixture_buy(fixture, 6);
    return 0;
}

static void all_newest_first(void **state) {
    struct seen seen = list(*state, &(struct order_filter){0});
    assert_int_equal(seen.count, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(seen.ids[i], 6 - i);
    assert_string_equal(seen.line,
                        "placed gsm_fusion tester@api.example.test 1739 order 9001, - - price 80000 USD,"
                        " row 1 of p, gen 1, call 1");
    struct intent intent = fixture_intent(1);
    assert_memory_equal(seen.key.bytes, intent.key.bytes, sizeof intent.key.bytes);
}

static void by_state(void **state) {
    static const enum order_state open[] = {ORDER_IN_DOUBT, ORDER_SENDING},
                                  some[] = {ORDER_PLACED, ORDER_IN_DOUBT};
    struct order_filter filter = {.states = open, .state_count = 2};
    struct seen seen = list(*state, &filter);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.ids[0], 5);
    assert_non_null(strstr(seen.line, "in_doubt"));
    assert_non_null(strstr(seen.line, "code time-out"));
    filter = (struct order_filter){.states = some, .state_count = 2};
    assert_int_equal(list(*state, &filter).count, 3);
    filter = (struct order_filter){.states = some, .state_count = 0};
    assert_int_equal(list(*state, &filter).count, 0);
}

static void by_what_it_is(void **state) {
    struct fixture *fixture = *state;
    char identifier[16];
    struct intent intent = fixture_intent(3);
    assert_int_equal(list(fixture, &(struct order_filter){.key = &intent.key}).ids[0], 3);
    assert_int_equal(
        list(fixture, &(struct order_filter){.identifier = fixture_identifier(2, identifier)}).ids[0], 2);
    assert_int_equal(list(fixture, &(struct order_filter){.order_id = "9006"}).ids[0], 6);
    assert_int_equal(list(fixture, &(struct order_filter){.order_id = "nine"}).count, 0);
    assert_int_equal(list(fixture, &(struct order_filter){.pipeline = "p"}).count, 5);
    assert_int_equal(list(fixture, &(struct order_filter){.run = fixture->run}).count, 1);
    assert_int_equal(list(fixture, &(struct order_filter){.identifier = "' OR 1 --"}).count, 0);
}

static void by_time(void **state) {
    struct fixture *fixture = *state;
    fixture_execute(fixture, "UPDATE orders SET changed_ms = 5000 WHERE id < 4");
    assert_int_equal(list(fixture, &(struct order_filter){.since_ms = 5001}).count, 3);
    assert_int_equal(list(fixture, &(struct order_filter){.since_ms = 5000}).count, 6);
}

static void all_conditions_at_once(void **state) {
    struct fixture *fixture = *state;
    static const enum order_state placed[] = {ORDER_PLACED};
    struct intent intent = fixture_intent(6);
    struct order_filter filter = {.states = placed,
                                  .state_count = 1,
                                  .key = &intent.key,
                                  .identifier = intent.identifier.ptr,
                                  .pipeline = "q",
                                  .order_id = "9006",
                                  .run = fixture->run,
                                  .since_ms = 1,
                                  .limit = 1};
    assert_int_equal(list(fixture, &filter).count, 1);
    filter.pipeline = "p";
    assert_int_equal(list(fixture, &filter).count, 0);
}

static void as_many_as_are_wanted(void **state) {
    struct seen seen = {.most = 2};
    struct fixture *fixture = *state;
    assert_int_equal(list(fixture, &(struct order_filter){.limit = 4}).count, 4);
    fixture_good(fixture,
                 ledger_list(fixture->ledger, &(struct order_filter){0}, see, &seen, &fixture->error));
    assert_int_equal(seen.count, 2);
}

static void the_sums_are_of_one_run_or_of_all(void **state) {
    struct fixture *fixture = *state;
    struct ledger_counts counts;
    fixture_good(fixture, ledger_count(fixture->ledger, 0, &counts, &fixture->error));
    assert_int_equal(counts.by_state[ORDER_PLACED], 2);
    assert_int_equal(counts.by_state[ORDER_SENDING], 1);
    assert_int_equal(counts.undelivered, 2);
    assert_true(counts.spent == 4 * 80000);
    fixture_good(fixture, ledger_count(fixture->ledger, fixture->run, &counts, &fixture->error));
    assert_int_equal(counts.by_state[ORDER_PLACED], 1);
    assert_int_equal(counts.by_state[ORDER_SENDING], 0);
    assert_int_equal(counts.undelivered, 1);
    assert_true(counts.spent == 80000);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(all_newest_first),
        TEST(by_state),
        TEST(by_what_it_is),
        TEST(by_time),
        TEST(all_conditions_at_once),
        TEST(as_many_as_are_wanted),
        TEST(the_sums_are_of_one_run_or_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
