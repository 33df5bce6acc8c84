#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

/* The totals must be what the orders add up to, whatever happened. */
static void assert_right(struct fixture *fixture) {
    assert_int_equal(
        fixture_number(
            fixture,
            "SELECT count(*) FROM"
            " (SELECT day, account, run, ifnull(currency, '') AS currency, state, count(*) AS n,"
            "  sum(ifnull(price, 0)) AS amount FROM orders GROUP BY 1, 2, 3, 4, 5) AS o"
            " FULL JOIN (SELECT * FROM totals WHERE orders <> 0) AS t"
            " USING (day, account, run, currency, state)"
            " WHERE ifnull(o.n, -1) <> ifnull(t.orders, -1) OR ifnull(o.amount, -1) <> ifnull(t.amount, -1)"),
        0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM totals WHERE orders = 0 AND amount <> 0"),
                     0);
}

static void a_life_moves_an_order_through_the_totals(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    struct ledger_counts counts;
    struct outcome placed = {.transition = T3, .order_id = TEXT("1"), .price = 70000};
    int64_t order = fixture_send(fixture, 1);
    assert_right(fixture);
    fixture_end(fixture, order, T4, "no route");
    assert_right(fixture);
    fixture_good(fixture, ledger_count(fixture->ledger, fixture->run, &counts, &fixture->error));
    assert_int_equal(counts.by_state[ORDER_RELEASED], 1);
    assert_true(counts.spent == 0);
    int64_t other = fixture_begin_run(fixture, fixture->ledger, "p");
    fixture->run = other;
    assert_int_equal(fixture_send(fixture, 1), order);
    assert_right(fixture);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_outcome(fixture->ledger, other, order, &placed, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_right(fixture);
    fixture_good(fixture, ledger_count(fixture->ledger, other, &counts, &fixture->error));
    assert_int_equal(counts.by_state[ORDER_PLACED], 1);
    assert_true(counts.spent == 70000);
}

static void every_outcome_keeps_the_totals_right(void **state) {
    struct fixture *fixture = *state;
    struct ledger_counts counts;
    unsigned n = 0;
    fixture_buy(fixture, ++n);
    for (int transition = T4; transition <= T8; transition++)
        fixture_end(fixture, fixture_send(fixture, ++n), (enum transition)transition, "why");
    fixture_place(fixture, fixture_send(fixture, ++n), "9001"); /* another's: in doubt */
    fixture_send(fixture, ++n);
    assert_right(fixture);
    fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 11, &fixture->error));
    assert_right(fixture);
    fixture_good(fixture, ledger_count(fixture->ledger, 0, &counts, &fixture->error));
    assert_int_equal(counts.by_state[ORDER_PLACED], 1);
    assert_int_equal(counts.by_state[ORDER_RELEASED], 2);
    assert_int_equal(counts.by_state[ORDER_REJECTED], 1);
    assert_int_equal(counts.by_state[ORDER_IN_DOUBT], 4);
    assert_true(counts.spent == 5 * 80000);
    assert_int_equal(counts.undelivered, 1);
}

static void more_rows_than_are_held_back(void **state) {
    struct fixture *fixture = *state;
    struct claim claim;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    for (unsigned n = 1; n <= 3 * LEDGER_TOTALS; n++) {
        struct intent intent = fixture_intent(n);
        intent.quarter = (int32_t)(2000000 + n % (2 * LEDGER_TOTALS));
        intent.currency = n % 2 ? "USD" : "EUR";
        intent.price = n;
        fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
    }
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_right(fixture);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM totals WHERE orders > 0"),
                     2 * LEDGER_TOTALS);
}

static void it_counts_now_unless_it_is_said(void **state) {
    struct fixture *fixture = *state;
    fixture_send(fixture, 1);
    assert_int_equal(fixture_number(fixture, "SELECT day = claimed_ms / 900000 FROM orders"), 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_life_moves_an_order_through_the_totals),
        TEST(every_outcome_keeps_the_totals_right),
        TEST(more_rows_than_are_held_back),
        TEST(it_counts_now_unless_it_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
