/* For whom an order was made; the rest of what ledger_look.c answers is tested with the claims
 * (test_ledger_claim.c, test_repeat.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger_fixture.h"
#include "ledger_settle.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static const sluice_text one = TEXT("web: job one"), two = TEXT("web: job two");
static const struct repeat wished = {.asked = true, .before_ms = 1};

static struct claim ask(struct fixture *fixture, sluice_text asker, uint64_t row,
                        const struct repeat *policy) {
    struct claim claim = {0};
    struct intent intent = fixture_intent(1);
    intent.call = 1;
    intent.row = row;
    intent.repeat = policy;
    intent.asker = asker;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return claim;
}

static int64_t get(struct fixture *fixture, sluice_text asker, uint64_t row, const char *order_id) {
    struct claim claim = ask(fixture, asker, row, &wished);
    assert_int_equal(claim.answer, ANSWER_CLAIMED);
    assert_int_equal(fixture_place(fixture, claim.order, order_id), ORDER_PLACED);
    return claim.order;
}

static void is_got(struct fixture *fixture, sluice_text asker, uint64_t row, const char *order_id) {
    struct claim again = ask(fixture, asker, 99, &wished);
    assert_int_equal(again.answer, ANSWER_DUPLICATE);
    assert_int_equal(again.own, ORDER_PLACED);
    assert_int_equal(again.row, row);
    assert_string_equal(again.order_id, order_id);
}

static void restart(struct fixture *fixture) {
    struct recovered recovered;
    fixture_reopen(fixture);
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    fixture_good(fixture, ledger_recover(fixture->ledger, fixture->run, &recovered, &fixture->error));
}

static void set_clock(struct fixture *fixture, const char *ms) {
    char sql[128];
    snprintf(sql, sizeof sql, "UPDATE orders SET claimed_ms = %s, sent_ms = %s, changed_ms = %s", ms, ms, ms);
    fixture_execute(fixture, sql);
}

static void a_wish_is_one_order_whatever_the_clock_says(void **state) {
    static const char *const clocks[] = {"1", "1000", "4102444800000"};
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    get(fixture, one, 7, "9500");
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        set_clock(fixture, clocks[i]);
        is_got(fixture, one, 7, "9500");
        restart(fixture);
        is_got(fixture, one, 7, "9500");
    }
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders"), 2);
}

static void each_asker_has_an_order(void **state) {
    struct fixture *fixture = *state;
    get(fixture, one, 7, "9500");
    get(fixture, two, 8, "9501");
    is_got(fixture, one, 7, "9500"); /* its own, not the newest */
    is_got(fixture, two, 8, "9501");
    struct claim found = ask(fixture, TEXT("web: job three"), 9, NULL);
    assert_int_equal(found.answer, ANSWER_DUPLICATE); /* it doesn't ask for another one */
    assert_int_equal(found.own, ORDER_NONE);
    assert_int_equal(found.row, 8);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 1"), 2);
}

static void what_an_asker_has_got_is_never_old_enough(void **state) {
    const struct repeat whatever_age = {.before_ms = INT64_MAX};
    struct fixture *fixture = *state;
    get(fixture, one, 7, "9500");
    restart(fixture);
    assert_int_equal(ask(fixture, one, 7, &whatever_age).answer, ANSWER_DUPLICATE);
    assert_int_equal(ask(fixture, two, 8, &whatever_age).answer, ANSWER_CLAIMED);
}

/* kill -9 in the middle of a repeat: in doubt; when it turns out that it was bought, it is the asker's. */
static void an_order_that_is_in_doubt_is_the_askers(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    struct claim mine = ask(fixture, one, 7, &wished);
    restart(fixture);
    assert_int_equal(ask(fixture, one, 7, &wished).answer, ANSWER_IN_DOUBT);
    const struct verdict_on_doubt verdict = {.transition = T10,
                                             .order_id = TEXT("9500"),
                                             .code = TEXT("listed"),
                                             .reason = TEXT("the provider lists it")};
    enum order_state became;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_settle(fixture->ledger, fixture->run, mine.order, &verdict, &became,
                                        &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(became, ORDER_PLACED);
    is_got(fixture, one, 7, "9500");
}

/* What was released was bought for nobody: whoever claims the row next has it. */
static void a_row_that_was_released_is_the_next_askers(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    struct claim first = ask(fixture, one, 7, &wished);
    assert_int_equal(fixture_end(fixture, first.order, T4, "nothing was sent"), ORDER_RELEASED);
    assert_int_equal(get(fixture, two, 8, "9500"), first.order);
    assert_int_equal(ask(fixture, two, 8, &wished).answer, ANSWER_DUPLICATE);
    get(fixture, one, 7, "9501");
    is_got(fixture, one, 7, "9501");
}

/* Orders of two askers follow each other in one group: the events keep them apart. */
static void a_group_of_several_askers(void **state) {
    struct fixture *fixture = *state;
    const sluice_text askers[] = {one, one, two, one};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    for (unsigned n = 0; n < 4; n++) {
        struct claim claim = {0};
        struct intent intent = fixture_intent(n + 1);
        intent.call = 1;
        intent.asker = askers[n];
        fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
        assert_int_equal(claim.answer, ANSWER_CLAIMED);
    }
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 1"), 3);
    assert_int_equal(
        fixture_number(fixture, "SELECT first FROM events WHERE transition = 1 AND who = 'web: job two'"), 3);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders JOIN events USING (version)"
                                             " WHERE transition = 2 AND state = 2"),
                     4);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_wish_is_one_order_whatever_the_clock_says), TEST(each_asker_has_an_order),
        TEST(what_an_asker_has_got_is_never_old_enough),   TEST(an_order_that_is_in_doubt_is_the_askers),
        TEST(a_row_that_was_released_is_the_next_askers),  TEST(a_group_of_several_askers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
