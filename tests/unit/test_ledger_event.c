#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

/* The transitions of an order, as "T1 T2 T3 ". */
static int add_name(void *user, const struct event_row *row) {
    char *text = user;
    strcat(text, transition_name(row->transition));
    strcat(text, " ");
    return 0;
}

static void assert_history(struct fixture *fixture, int64_t order, const char *expected) {
    char text[200] = "";
    fixture_good(fixture, ledger_events(fixture->ledger, order, add_name, text, &fixture->error));
    assert_string_equal(text, expected);
}

static int64_t claim(struct fixture *fixture, unsigned n, bool send) {
    struct claim claim;
    struct intent intent = fixture_intent(n);
    intent.call = send ? n : 0;
    fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
    return claim.order;
}

static void orders_that_change_alike_share_an_event(void **state) {
    struct fixture *fixture = *state;
    int64_t orders[30];
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    for (unsigned i = 0; i < 30; i++)
        orders[i] = claim(fixture, i + 1, true);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events"), 2);
    assert_int_equal(fixture_number(fixture, "SELECT sum(orders) FROM events"), 60);
    for (unsigned i = 0; i < 30; i++)
        assert_history(fixture, orders[i], "T1 T2 ");
    for (unsigned i = 0; i < 30; i += 2)
        fixture_end(fixture, orders[i], T8, "time-out");
    assert_history(fixture, orders[0], "T1 T2 T8 ");
    assert_history(fixture, orders[1], "T1 T2 ");
}

static void claims_first_then_sends_share_too(void **state) {
    struct fixture *fixture = *state;
    int64_t orders[30];
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    for (unsigned i = 0; i < 30; i++)
        orders[i] = claim(fixture, i + 1, false);
    for (unsigned i = 0; i < 30; i++)
        fixture_good(fixture, ledger_send(fixture->ledger, orders[i], 1, 1, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events"), 2);
    for (unsigned i = 0; i < 30; i++)
        assert_history(fixture, orders[i], "T1 T2 ");
}

/* Whatever comes in which order: each order has its own history, and its row the version of its end. */
static void mixed_changes_keep_their_order(void **state) {
    struct fixture *fixture = *state;
    int64_t a, b, c, d;
    enum order_state became;
    struct outcome placed = {.transition = T3, .order_id = TEXT("1"), .price = MONEY_NONE};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    a = claim(fixture, 1, true);
    b = claim(fixture, 2, false);
    c = claim(fixture, 3, true);
    fixture_good(fixture,
                 ledger_outcome(fixture->ledger, fixture->run, a, &placed, &became, &fixture->error));
    int64_t version = ledger_version(fixture->ledger);
    d = claim(fixture, 4, true);
    fixture_good(fixture, ledger_send(fixture->ledger, b, 1, 1, &fixture->error));
    assert_true(ledger_version(fixture->ledger) > version);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_history(fixture, a, "T1 T2 T3 ");
    assert_history(fixture, b, "T1 T2 ");
    assert_history(fixture, c, "T1 T2 ");
    assert_history(fixture, d, "T1 T2 ");
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders JOIN events USING (version)"
                                             " WHERE to_state <> state OR orders.id < first"
                                             " OR orders.id >= first + events.orders"),
                     0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders LEFT JOIN events USING (version)"
                                             " WHERE events.first IS NULL"),
                     0);
    assert_int_equal(fixture_number(fixture, "SELECT sum(orders) FROM events"), 9);
}

static void an_order_that_is_claimed_again_keeps_its_past(void **state) {
    struct fixture *fixture = *state;
    int64_t order = fixture_send(fixture, 1);
    for (int i = 0; i < 3; i++) {
        fixture_end(fixture, order, T4, "no route to host");
        assert_int_equal(fixture_send(fixture, 1), order);
    }
    fixture_place(fixture, order, "9001");
    assert_history(fixture, order, "T1 T2 T4 T1 T2 T4 T1 T2 T4 T1 T2 T3 ");
}

/* ---- what is in them ------------------------------------------------------------------------ */

static int check_last(void *user, const struct event_row *row) {
    struct fixture *fixture = user;
    if (row->transition != T8)
        return 0;
    assert_int_equal(row->from, ORDER_SENDING);
    assert_int_equal(row->to, ORDER_IN_DOUBT);
    assert_int_equal(row->run, fixture->run);
    assert_true(row->at_ms > 1700000000000);
    assert_null(row->who);
    assert_string_equal(row->code, "code");
    assert_string_equal(row->reason, "time-out");
    assert_string_equal(row->evidence, "<error/>");
    fixture->run = 0; /* it was met */
    return 1;
}

static void an_event_says_what_when_who_and_why(void **state) {
    struct fixture *fixture = *state;
    int64_t order = fixture_send(fixture, 1), run = fixture->run;
    fixture_end(fixture, order, T8, "time-out");
    fixture_good(fixture, ledger_events(fixture->ledger, order, check_last, fixture, &fixture->error));
    assert_int_equal(fixture->run, 0);
    fixture->run = run;
}

static void an_order_that_isnt_there_has_no_events(void **state) {
    assert_history(*state, 77, "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(orders_that_change_alike_share_an_event), TEST(claims_first_then_sends_share_too),
        TEST(mixed_changes_keep_their_order),          TEST(an_order_that_is_claimed_again_keeps_its_past),
        TEST(an_event_says_what_when_who_and_why),     TEST(an_order_that_isnt_there_has_no_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
