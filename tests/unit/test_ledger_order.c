#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static int outcome(struct fixture *fixture, int64_t run, int64_t order, const struct outcome *outcome,
                   enum order_state *became) {
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    int failed = ledger_outcome(fixture->ledger, run, order, outcome, became, &fixture->error);
    if (failed)
        ledger_rollback(fixture->ledger);
    else
        fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return failed;
}

static void force(struct fixture *fixture, int64_t order, enum order_state state) {
    char sql[100];
    snprintf(sql, sizeof sql, "UPDATE orders SET state = %d WHERE id = %lld", (int)state, (long long)order);
    fixture_execute(fixture, sql);
}

/* ---- T2 ------------------------------------------------------------------------------------ */

static void only_what_is_claimed_is_sent(void **state) {
    struct fixture *fixture = *state;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    int64_t order = fixture_claim(fixture, fixture->run, 1).order;
    fixture_good(fixture, ledger_send(fixture->ledger, order, 5, 1234, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_state(fixture, order), ORDER_SENDING);
    assert_int_equal(fixture_number(fixture, "SELECT call = 5 AND sent_ms = 1234 FROM orders"), 1);
    for (int from = ORDER_SENDING; from < ORDER_STATE_COUNT; from++) {
        force(fixture, order, (enum order_state)from);
        fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
        fixture_refused(fixture, ledger_send(fixture->ledger, order, 6, 1, &fixture->error),
                        SLUICE_E_SOFTWARE, "T2");
        ledger_rollback(fixture->ledger);
    }
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_refused(fixture, ledger_send(fixture->ledger, 99, 6, 1, &fixture->error), SLUICE_E_SOFTWARE,
                    "no order 99");
    ledger_rollback(fixture->ledger);
}

/* ---- T3 … T8 ------------------------------------------------------------------------------- */

static void a_placed_order_has_its_id_and_price(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    int64_t order = fixture_send(fixture, 1);
    struct outcome placed = {
        .transition = T3, .order_id = TEXT("A-1"), .price = 75000, .evidence = TEXT("<id>A-1</id>")};
    fixture_good(fixture, outcome(fixture, fixture->run, order, &placed, &became));
    assert_int_equal(became, ORDER_PLACED);
    assert_int_equal(
        fixture_number(fixture, "SELECT state = 3 AND order_id = 'A-1' AND price = 75000 FROM orders"), 1);
    assert_int_equal(fixture_number(fixture,
                                    "SELECT count(*) FROM events WHERE transition = 3 AND to_state = 3"
                                    " AND evidence = '<id>A-1</id>'"),
                     1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 1);
}

static void what_wasnt_bought_is_closed_with_the_reason(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        enum transition transition;
        enum order_state became;
        int records; /* left */
    } cases[] = {
        {T4, ORDER_RELEASED, 0}, {T5, ORDER_RELEASED, 0}, {T6, ORDER_REJECTED, 0},
        {T7, ORDER_IN_DOUBT, 1}, {T8, ORDER_IN_DOUBT, 1},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[200];
        int64_t order = fixture_send(fixture, i + 1);
        assert_int_equal(fixture_end(fixture, order, cases[i].transition, "why"), cases[i].became);
        assert_int_equal(fixture_state(fixture, order), cases[i].became);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM records WHERE id = %lld", (long long)order);
        assert_int_equal(fixture_number(fixture, sql), cases[i].records);
        snprintf(sql, sizeof sql,
                 "SELECT reason = 'why' AND code = 'code' AND order_id IS NULL FROM orders WHERE id = %lld",
                 (long long)order);
        assert_int_equal(fixture_number(fixture, sql), 1);
    }
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 0);
}

/* All outcomes from all states: only those from `sending`, and a reply that comes late. Any but an order id
 * leaves an order in doubt that another run put there. */
static void every_other_outcome_is_refused(void **state) {
    struct fixture *fixture = *state;
    int64_t order = fixture_send(fixture, 1);
    int accepted = 0;
    for (int transition = T0; transition < TRANSITION_COUNT; transition++)
        for (int from = ORDER_CLAIMED; from < ORDER_STATE_COUNT; from++) {
            enum order_state became;
            struct outcome given = {
                .transition = (enum transition)transition, .order_id = TEXT("1"), .price = MONEY_NONE};
            bool allowed = (transition >= T3 && transition <= T8 && from == ORDER_SENDING) ||
                           (transition >= T3 && transition <= T8 && from == ORDER_IN_DOUBT);
            force(fixture, order, (enum order_state)from);
            fixture_execute(fixture, "UPDATE orders SET order_id = NULL");
            int failed = outcome(fixture, fixture->run, order, &given, &became);
            if ((failed == 0) != allowed)
                fail_msg("T%d from %d: %d", transition, from, failed);
            if (failed || (from == ORDER_IN_DOUBT && transition != T3))
                assert_int_equal(fixture_state(fixture, order), from);
            accepted += !failed;
        }
    assert_int_equal(accepted, 12);
}

static void only_the_owner_says_what_became_of_it(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    struct outcome placed = {.transition = T3, .order_id = TEXT("1"), .price = MONEY_NONE};
    int64_t order = fixture_send(fixture, 1);
    int64_t other = fixture_begin_run(fixture, fixture->ledger, "p");
    fixture_refused(fixture, outcome(fixture, other, order, &placed, &became), SLUICE_E_SOFTWARE,
                    "belongs to run");
    fixture_refused(fixture, outcome(fixture, fixture->run, 99, &placed, &became), SLUICE_E_SOFTWARE,
                    "no order 99");
}

static void placed_needs_an_order_id(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    struct outcome placed = {.transition = T3, .order_id = TEXT(""), .price = MONEY_NONE};
    int64_t order = fixture_send(fixture, 1);
    fixture_refused(fixture, outcome(fixture, fixture->run, order, &placed, &became), SLUICE_E_SOFTWARE,
                    "without an order id");
}

/* ---- an order id that can't be true --------------------------------------------------------- */

static void an_order_id_of_another_order_puts_in_doubt(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    int64_t order = fixture_send(fixture, 2);
    assert_int_equal(fixture_place(fixture, order, "9001"), ORDER_IN_DOUBT);
    assert_int_equal(fixture_state(fixture, order), ORDER_IN_DOUBT);
    assert_int_equal(fixture_number(fixture,
                                    "SELECT count(*) FROM events WHERE transition = 8 AND to_state = 4"
                                    " AND reason LIKE '%9001, belongs to another order'"),
                     1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 3"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 1);
    /* The transaction was good for others. */
    assert_int_equal(fixture_place(fixture, fixture_send(fixture, 3), "9003"), ORDER_PLACED);
}

static void an_order_id_longer_than_any_puts_in_doubt(void **state) {
    struct fixture *fixture = *state;
    char order_id[200];
    memset(order_id, '7', sizeof order_id);
    order_id[128] = 0;
    assert_int_equal(fixture_place(fixture, fixture_send(fixture, 1), order_id), ORDER_IN_DOUBT);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM orders WHERE reason LIKE '%is too long to be one'"), 1);
    order_id[127] = 0;
    assert_int_equal(fixture_place(fixture, fixture_send(fixture, 2), order_id), ORDER_PLACED);
}

/* ---- a reply that comes after the run was taken for dead ------------------------------------- */

static void a_late_reply_still_counts(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    int64_t order = fixture_send(fixture, 1), other = fixture_begin_run(fixture, fixture->ledger, "p");
    fixture_buy(fixture, 2);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_close_order(fixture->ledger, other, order, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(became, ORDER_IN_DOUBT);
    assert_int_equal(fixture_place(fixture, order, "9002"), ORDER_IN_DOUBT); /* another's id */
    assert_int_equal(fixture_place(fixture, order, "9001"), ORDER_PLACED);
}

static void closing_again_changes_nothing(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    int64_t order = fixture_send(fixture, 1);
    fixture_end(fixture, order, T6, "no");
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_close_order(fixture->ledger, fixture->run, order, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(became, ORDER_NONE);
    assert_int_equal(fixture_state(fixture, order), ORDER_REJECTED);
}

/* ---- what a provider may say ----------------------------------------------------------------- */

static void long_words_are_cut_between_characters(void **state) {
    struct fixture *fixture = *state;
    enum order_state became;
    enum { LONG = 40000 };
    char *words = malloc(LONG);
    for (size_t i = 0; i < LONG; i += 2)
        memcpy(words + i, "\xc3\xa4", 2);
    struct outcome given = {.transition = T8,
                            .reason = {words + 1, LONG - 1}, /* begins in the middle of one, too */
                            .evidence = {words, LONG},
                            .price = MONEY_NONE};
    fixture_good(fixture, outcome(fixture, fixture->run, fixture_send(fixture, 1), &given, &became));
    free(words);
    assert_int_equal(fixture_number(fixture, "SELECT length(CAST(reason AS BLOB)) FROM orders"), 999);
    assert_int_equal(
        fixture_number(fixture, "SELECT length(CAST(evidence AS BLOB)) FROM events WHERE transition = 8"),
        16384);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(only_what_is_claimed_is_sent),
        TEST(a_placed_order_has_its_id_and_price),
        TEST(what_wasnt_bought_is_closed_with_the_reason),
        TEST(every_other_outcome_is_refused),
        TEST(only_the_owner_says_what_became_of_it),
        TEST(placed_needs_an_order_id),
        TEST(an_order_id_of_another_order_puts_in_doubt),
        TEST(an_order_id_longer_than_any_puts_in_doubt),
        TEST(a_late_reply_still_counts),
        TEST(closing_again_changes_nothing),
        TEST(long_words_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
