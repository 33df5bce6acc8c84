#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static const struct repeat whatever_age = {.before_ms = INT64_MAX};
static const struct repeat everything = {.before_ms = INT64_MAX, .rejected = true};

static void what_may_be_repeated(void **state) {
    const struct repeat day = {.before_ms = 1000}, retry = {.rejected = true};
    static const enum order_state bought[] = {ORDER_PLACED, ORDER_EXISTS, ORDER_REFUNDED};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(repeat_allows(&day, bought[i], 999));
        assert_false(repeat_allows(&day, bought[i], 1000)); /* as old as asked for: not older */
        assert_true(repeat_allows(&whatever_age, bought[i], INT64_MAX - 1));
        assert_false(repeat_allows(&retry, bought[i], 0));
        assert_false(repeat_allows(NULL, bought[i], 0));
    }
    assert_true(repeat_allows(&retry, ORDER_REJECTED, 5000));
    assert_false(repeat_allows(&whatever_age, ORDER_REJECTED, 0));
    assert_false(repeat_allows(NULL, ORDER_REJECTED, 0));
}

static void a_repeat_may_be_of_several_runs(void **state) {
    static const int64_t live[] = {3, 5};
    const struct repeat policy = {.before_ms = INT64_MAX, .from_run = 7, .live = live, .live_count = 2};
    const struct claim by[] = {
        {.run = 2, .state = ORDER_PLACED},                  /* long ago */
        {.run = 3, .state = ORDER_PLACED},                  /* was at work when it began */
        {.run = 6, .state = ORDER_REFUNDED},                /* had ended by then */
        {.run = 7, .state = ORDER_PLACED},                  /* is of the same repeat */
        {.run = 8, .state = ORDER_EXISTS},                  /* asked for, and bought by somebody else */
        {.run = 8, .state = ORDER_EXISTS, .foreign = true}, /* noted, never asked for */
    };
    const bool repeats[] = {true, false, true, false, false, true};
    (void)state;
    for (size_t i = 0; i < sizeof by / sizeof *by; i++)
        assert_int_equal(ledger_repeats(&policy, 9, &by[i]), repeats[i]);
    assert_false(repeat_excludes(NULL, 7));
}

static void an_open_row_is_never_repeated(void **state) {
    (void)state;
    for (int at = ORDER_NONE; at < ORDER_STATE_COUNT; at++)
        if (order_state_open((enum order_state)at))
            assert_false(repeat_allows(&everything, (enum order_state)at, 0));
}

/* ---- in the ledger -------------------------------------------------------------------------- */

static struct claim claim(struct fixture *fixture, int64_t run, unsigned n, const struct repeat *policy) {
    struct claim claim = {0};
    struct intent intent = fixture_intent(n);
    intent.call = n;
    intent.repeat = policy;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_claim(fixture->ledger, run, &intent, &claim, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return claim;
}

/* The outcome of an order that is another run's than the fixture's. */
static void end(struct fixture *fixture, const struct claim *claim, enum transition transition,
                const char *order_id) {
    enum order_state became;
    struct outcome outcome = {.transition = transition, .order_id = text_of(order_id), .price = MONEY_NONE};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_outcome(fixture->ledger, claim->run, claim->order, &outcome, &became,
                                         &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
}

static int64_t next_run(struct fixture *fixture) {
    return fixture_begin_run(fixture, fixture->ledger, "p");
}

static void a_repeat_is_the_next_generation(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    int64_t run = next_run(fixture);
    assert_int_equal(claim(fixture, run, 1, NULL).answer, ANSWER_DUPLICATE);
    struct claim again = claim(fixture, run, 1, &whatever_age);
    assert_int_equal(again.answer, ANSWER_CLAIMED);
    assert_int_equal(again.gen, 2);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders"), 2);
    assert_int_equal(fixture_number(fixture, "SELECT state FROM orders WHERE gen = 1"), ORDER_PLACED);
    assert_int_equal(fixture_number(fixture, "SELECT state FROM orders WHERE gen = 2"), ORDER_SENDING);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 1"
                                             " AND from_state = 3 AND code = 'repeat' AND previous = 0"),
                     1);
    end(fixture, &again, T3, "9500");
    struct ledger_counts counts;
    fixture_good(fixture, ledger_count(fixture->ledger, 0, &counts, &fixture->error));
    assert_int_equal(counts.by_state[ORDER_PLACED], 2);
    assert_int_equal(counts.spent, 160000);
}

/* An identifier that stands twice in the input is bought once. */
static void a_run_never_repeats_its_own(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    int64_t run = next_run(fixture);
    struct claim again = claim(fixture, run, 1, &everything);
    assert_int_equal(claim(fixture, run, 1, &everything).answer, ANSWER_LIVE);
    end(fixture, &again, T3, "9500");
    assert_int_equal(claim(fixture, run, 1, &everything).answer, ANSWER_DUPLICATE);
    struct claim first = claim(fixture, run, 2, &everything);
    end(fixture, &first, T6, NULL);
    assert_int_equal(claim(fixture, run, 2, &everything).answer, ANSWER_REJECTED);
}

static void only_what_is_old_enough(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    int64_t ordered = fixture_number(fixture, "SELECT max(sent_ms, claimed_ms) FROM orders");
    const struct repeat not_yet = {.before_ms = ordered}, now = {.before_ms = ordered + 1};
    int64_t run = next_run(fixture);
    assert_int_equal(claim(fixture, run, 1, &not_yet).answer, ANSWER_DUPLICATE);
    assert_int_equal(claim(fixture, run, 1, &now).answer, ANSWER_CLAIMED);
}

/* Whoever asks wants another one. What isn't this ledger's may be theirs, if it came to light since. */
static void who_asks_doesnt_look_at_ages(void **state) {
    const struct repeat asked = {.asked = true, .before_ms = 1000};
    const struct claim found[] = {
        {.run = 9, .state = ORDER_PLACED, .ordered_ms = 2000},
        {.run = 9, .state = ORDER_PLACED, .ordered_ms = 2000, .own = ORDER_PLACED},
        {.run = 2, .state = ORDER_EXISTS, .ordered_ms = 2000, .foreign = true},
        {.run = 2, .state = ORDER_EXISTS, .ordered_ms = 999, .foreign = true},
        {.run = 2, .state = ORDER_REJECTED, .ordered_ms = 1},
    };
    const bool repeats[] = {true, false, false, true, false};
    (void)state;
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        assert_int_equal(ledger_repeats(&asked, 9, &found[i]), repeats[i]);
}

static void open_rows_stay_as_they_are(void **state) {
    struct fixture *fixture = *state;
    fixture_send(fixture, 1);
    fixture_end(fixture, fixture_send(fixture, 2), T8, "no answer");
    int64_t run = next_run(fixture);
    assert_int_equal(claim(fixture, run, 1, &everything).answer, ANSWER_LIVE);
    assert_int_equal(claim(fixture, run, 2, &everything).answer, ANSWER_IN_DOUBT);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders"), 2);
}

static void what_was_rejected_is_tried_again_when_asked_for(void **state) {
    struct fixture *fixture = *state;
    fixture_end(fixture, fixture_send(fixture, 1), T6, "Invalid IMEI!");
    int64_t run = next_run(fixture);
    assert_int_equal(claim(fixture, run, 1, &whatever_age).answer, ANSWER_REJECTED);
    struct claim again = claim(fixture, run, 1, &everything);
    assert_int_equal(again.answer, ANSWER_CLAIMED);
    assert_int_equal(again.gen, 2);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE code = 'retry'"), 1);
}

/* A repeat that bought nothing: the first order counts again, and needs the policy to be repeated. */
static void a_released_repeat_leaves_the_order_before_it(void **state) {
    struct fixture *fixture = *state;
    struct claim found;
    struct intent intent = fixture_intent(1);
    fixture_buy(fixture, 1);
    int64_t run = next_run(fixture);
    struct claim again = claim(fixture, run, 1, &whatever_age);
    end(fixture, &again, T4, NULL);
    run = next_run(fixture);
    assert_int_equal(claim(fixture, run, 1, NULL).answer, ANSWER_DUPLICATE);
    fixture_good(fixture, ledger_look(fixture->ledger, 0, &intent.key, TEXT(""), &found, &fixture->error));
    assert_int_equal(found.answer, ANSWER_DUPLICATE);
    assert_int_equal(found.gen, 1);
    assert_string_equal(found.order_id, "9001");
    struct claim third = claim(fixture, run, 1, &whatever_age);
    assert_int_equal(third.answer, ANSWER_CLAIMED);
    assert_int_equal(third.gen, 2); /* the same row: it was never bought */
    assert_int_equal(third.order, again.order);
    end(fixture, &third, T4, NULL);
    assert_int_equal(claim(fixture, run, 1, &whatever_age).attempt, 2);
}

static void generations_go_on(void **state) {
    struct fixture *fixture = *state;
    char order_id[16];
    fixture_buy(fixture, 1);
    for (int gen = 2; gen < 6; gen++) {
        struct claim again = claim(fixture, next_run(fixture), 1, &whatever_age);
        assert_int_equal(again.gen, gen);
        snprintf(order_id, sizeof order_id, "%d", 9500 + gen);
        end(fixture, &again, T3, order_id);
    }
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders WHERE state = 3"), 5);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_repeated),
        cmocka_unit_test(a_repeat_may_be_of_several_runs),
        cmocka_unit_test(an_open_row_is_never_repeated),
        TEST(a_repeat_is_the_next_generation),
        TEST(a_run_never_repeats_its_own),
        TEST(only_what_is_old_enough),
        cmocka_unit_test(who_asks_doesnt_look_at_ages),
        TEST(open_rows_stay_as_they_are),
        TEST(what_was_rejected_is_tried_again_when_asked_for),
        TEST(a_released_repeat_leaves_the_order_before_it),
        TEST(generations_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
