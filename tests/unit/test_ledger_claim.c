#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct claim claim_intent(struct fixture *fixture, int64_t run, const struct intent *intent) {
    struct claim claim = {0};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_claim(fixture->ledger, run, intent, &claim, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return claim;
}

static struct claim claim_again(struct fixture *fixture, int64_t run, unsigned n) {
    struct intent intent = fixture_intent(n);
    return claim_intent(fixture, run, &intent);
}

static struct claim look(struct fixture *fixture, unsigned n, const char *parameters) {
    struct claim claim = {0};
    struct intent intent = fixture_intent(n);
    fixture_good(fixture,
                 ledger_look(fixture->ledger, 0, &intent.key, text_of(parameters), &claim, &fixture->error));
    return claim;
}

static void a_fresh_key_is_claimed(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(look(fixture, 1, "").answer, ANSWER_CLAIMED);
    assert_int_equal(look(fixture, 1, "").order, 0);
    struct claim claim = claim_again(fixture, fixture->run, 1);
    assert_int_equal(claim.answer, ANSWER_CLAIMED);
    assert_int_equal(claim.run, fixture->run);
    assert_int_equal(claim.attempt, 1);
    assert_int_equal(fixture_state(fixture, claim.order), ORDER_CLAIMED);
    assert_int_equal(fixture_number(fixture,
                                    "SELECT price = 80000 AND currency = 'USD' AND row = 1 AND gen = 1"
                                    " AND sent_ms = 0 AND service = '1739' FROM orders"),
                     1);
}

/* T1 and T2 in one step are the same as one after the other. */
static void claimed_and_sent_at_once(void **state) {
    struct fixture *fixture = *state;
    struct intent intent = fixture_intent(1);
    intent.call = 17;
    struct claim claim = claim_intent(fixture, fixture->run, &intent);
    assert_int_equal(fixture_state(fixture, claim.order), ORDER_SENDING);
    assert_int_equal(fixture_number(fixture, "SELECT call = 17 AND sent_ms = 1700000000000 FROM orders"), 1);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 1 AND to_state = 1"), 1);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 2 AND to_state = 2"), 1);
}

/* ---- who asks a second time ----------------------------------------------------------------- */

static void assert_held(struct fixture *fixture, unsigned n, enum answer answer, const char *part) {
    int64_t other = fixture_begin_run(fixture, fixture->ledger, "other");
    struct claim theirs = claim_again(fixture, other, n), ours = claim_again(fixture, fixture->run, n);
    assert_int_equal(theirs.answer, answer);
    assert_int_equal(ours.answer, answer);
    assert_int_equal(look(fixture, n, "").answer, answer);
    assert_int_equal(theirs.run, fixture->run);
    if (!strstr(theirs.order_id, part) && !strstr(theirs.reason, part))
        fail_msg("'%s' is neither in '%s' nor in '%s'", part, theirs.order_id, theirs.reason);
}

static void one_that_is_claimed_is_live(void **state) {
    claim_again(*state, ((struct fixture *)*state)->run, 1);
    assert_held(*state, 1, ANSWER_LIVE, "");
}

static void one_on_its_way_is_live(void **state) {
    fixture_send(*state, 1);
    assert_held(*state, 1, ANSWER_LIVE, "");
}

static void one_that_is_placed_is_a_duplicate(void **state) {
    fixture_buy(*state, 1);
    assert_held(*state, 1, ANSWER_DUPLICATE, "9001");
}

static void one_in_doubt_stays_in_doubt(void **state) {
    fixture_end(*state, fixture_send(*state, 1), T8, "time-out");
    assert_held(*state, 1, ANSWER_IN_DOUBT, "time-out");
}

static void one_that_was_rejected_keeps_the_reason(void **state) {
    fixture_end(*state, fixture_send(*state, 1), T6, "Invalid IMEI!");
    assert_held(*state, 1, ANSWER_REJECTED, "Invalid IMEI!");
}

static void one_that_exists_or_was_refunded_is_a_duplicate(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    fixture_execute(fixture, "UPDATE orders SET state = 5");
    assert_held(fixture, 1, ANSWER_DUPLICATE, "9001");
    assert_int_equal(look(fixture, 1, "other").answer, ANSWER_DUPLICATE);
    fixture_execute(fixture, "UPDATE orders SET state = 7");
    assert_held(fixture, 1, ANSWER_DUPLICATE, "9001");
}

static void one_that_was_released_is_claimed_again(void **state) {
    struct fixture *fixture = *state;
    struct intent intent = fixture_intent(1);
    int64_t order = fixture_send(fixture, 1);
    fixture_end(fixture, order, T4, "no route to host");
    assert_int_equal(look(fixture, 1, "").answer, ANSWER_CLAIMED);
    assert_int_equal(look(fixture, 1, "").order, order);
    intent.call = 9;
    intent.price = 90000;
    intent.row = 77;
    intent.parameters = TEXT("mep=1");
    struct claim claim = claim_intent(fixture, fixture->run, &intent);
    assert_int_equal(claim.answer, ANSWER_CLAIMED);
    assert_int_equal(claim.order, order);
    assert_int_equal(claim.attempt, 2);
    assert_int_equal(fixture_state(fixture, order), ORDER_SENDING);
    assert_int_equal(fixture_number(fixture,
                                    "SELECT gen = 1 AND call = 9 AND price = 90000 AND row = 77 AND"
                                    " parameters = 'mep=1' AND code IS NULL AND reason IS NULL FROM orders"),
                     1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 1);
    fixture_end(fixture, order, T4, "no route to host");
    int64_t other = fixture_begin_run(fixture, fixture->ledger, "other");
    claim = claim_again(fixture, other, 1);
    assert_int_equal(claim.attempt, 1);
    assert_int_equal(claim.run, other);
}

static void twice_in_one_transaction_is_once(void **state) {
    struct fixture *fixture = *state;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_claim(fixture, fixture->run, 1).answer, ANSWER_CLAIMED);
    assert_int_equal(fixture_claim(fixture, fixture->run, 1).answer, ANSWER_LIVE);
    assert_int_equal(fixture_claim(fixture, fixture->run, 2).answer, ANSWER_CLAIMED);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders"), 2);
    assert_int_equal(fixture_number(fixture, "SELECT sum(orders) FROM events"), 2);
}

/* ---- other parameters ----------------------------------------------------------------------- */

static void other_parameters_are_not_another_order(void **state) {
    struct fixture *fixture = *state;
    struct intent intent = fixture_intent(1);
    intent.parameters = TEXT("network=12");
    fixture_buy(fixture, 1);
    struct claim claim = claim_intent(fixture, fixture->run, &intent);
    assert_int_equal(claim.answer, ANSWER_DIFFERS);
    assert_string_equal(claim.reason, "already ordered with no parameters");
    assert_string_equal(claim.order_id, "9001");
    fixture_execute(fixture, "UPDATE orders SET parameters = 'network=11'");
    claim = look(fixture, 1, "network=12");
    assert_int_equal(claim.answer, ANSWER_DIFFERS);
    assert_string_equal(claim.reason, "already ordered with network=11");
    assert_int_equal(look(fixture, 1, "network=11").answer, ANSWER_DUPLICATE);
    assert_int_equal(look(fixture, 1, "network=1").answer, ANSWER_DIFFERS);
}

static void a_long_reason_is_cut_not_overrun(void **state) {
    struct fixture *fixture = *state;
    char parameters[2000];
    memset(parameters, 'p', sizeof parameters - 1);
    parameters[sizeof parameters - 1] = 0;
    struct intent intent = fixture_intent(1);
    intent.parameters = text_of(parameters);
    intent.call = 1;
    struct claim claim = claim_intent(fixture, fixture->run, &intent);
    fixture_place(fixture, claim.order, "9001");
    claim = look(fixture, 1, "other");
    assert_int_equal(claim.answer, ANSWER_DIFFERS);
    assert_int_equal(strlen(claim.reason), sizeof claim.reason - 1);
}

/* ---- what can't be claimed ------------------------------------------------------------------- */

static void refused(struct fixture *fixture, const struct intent *intent, int code, const char *part) {
    struct claim claim;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_refused(fixture, ledger_claim(fixture->ledger, fixture->run, intent, &claim, &fixture->error),
                    code, part);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders"), 0);
}

static void an_order_needs_a_price_and_an_identity(void **state) {
    struct fixture *fixture = *state;
    struct intent intent = fixture_intent(1);
    intent.price = MONEY_NONE;
    refused(fixture, &intent, SLUICE_E_CONFIG, "no price is known for service 1739");
    intent.price = -1;
    refused(fixture, &intent, SLUICE_E_CONFIG, "spend: {price");
    intent = fixture_intent(1);
    intent.identifier = (sluice_text){NULL, 0};
    refused(fixture, &intent, SLUICE_E_SOFTWARE, "identifier");
    intent = fixture_intent(1);
    intent.currency = "a currency of many words";
    refused(fixture, &intent, SLUICE_E_CONFIG, "currency");
    intent = fixture_intent(1);
    intent.parameters.len = RECORD_BYTES + 1;
    refused(fixture, &intent, SLUICE_E_DATA, "parameters");
}

/* ---- several accounts, several processes ----------------------------------------------------- */

static void accounts_are_told_apart(void **state) {
    struct fixture *fixture = *state;
    struct intent intent = fixture_intent(1);
    claim_intent(fixture, fixture->run, &intent);
    intent.account = TEXT("other@api.example.test");
    assert_int_equal(order_key_make(&intent.key, intent.provider, intent.account, intent.service,
                                    intent.identifier, &fixture->error),
                     0);
    assert_int_equal(claim_intent(fixture, fixture->run, &intent).answer, ANSWER_CLAIMED);
    claim_again(fixture, fixture->run, 2);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM accounts"), 2);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders WHERE account = 1"), 2);
}

/* Claim 1 … 300 in groups of 10, as a process of its own; exits with 0 when all went well. */
static void claim_all(struct fixture *fixture, unsigned from) {
    struct ledger *ledger = fixture_open(fixture);
    struct claim claim;
    static const char *const sinks[] = {"a"};
    int64_t run;
    bool good = ledger_run_begin(ledger, &(struct run_info){.pipeline = "p", .sinks = sinks, .sink_count = 1},
                                 &run, &fixture->error) == 0;
    for (unsigned i = 0; good && i < 300; i += 10) {
        good = ledger_begin(ledger, &fixture->error) == 0;
        for (unsigned j = i; good && j < i + 10; j++) {
            struct intent intent = fixture_intent((from + j) % 300);
            good = ledger_claim(ledger, run, &intent, &claim, &fixture->error) == 0 &&
                   (claim.answer == ANSWER_CLAIMED || (claim.answer == ANSWER_LIVE && claim.run != run));
        }
        good = good && ledger_commit(ledger, &fixture->error) == 0;
    }
    if (!good)
        fprintf(stderr, "# %s\n", fixture->error.text);
    _exit(good ? 0 : 1);
}

static void of_two_processes_exactly_one_gets_each_key(void **state) {
    struct fixture *fixture = *state;
    pid_t children[2];
    int status;
    ledger_close(
        fixture->ledger); /* it has a thread where it has a lease: a fork would take half of it along */
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0)
            claim_all(fixture, i ? 150 : 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    fixture->ledger = fixture_open(fixture);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders"), 300);
    assert_int_equal(fixture_number(fixture, "SELECT count(DISTINCT key) FROM orders"), 300);
    assert_int_equal(fixture_number(fixture, "SELECT sum(orders) FROM events WHERE transition = 1"), 300);
    assert_int_equal(fixture_number(fixture, "SELECT sum(orders) FROM totals"), 300);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_fresh_key_is_claimed),
        TEST(claimed_and_sent_at_once),
        TEST(one_that_is_claimed_is_live),
        TEST(one_on_its_way_is_live),
        TEST(one_that_is_placed_is_a_duplicate),
        TEST(one_in_doubt_stays_in_doubt),
        TEST(one_that_was_rejected_keeps_the_reason),
        TEST(one_that_exists_or_was_refunded_is_a_duplicate),
        TEST(one_that_was_released_is_claimed_again),
        TEST(twice_in_one_transaction_is_once),
        TEST(other_parameters_are_not_another_order),
        TEST(a_long_reason_is_cut_not_overrun),
        TEST(an_order_needs_a_price_and_an_identity),
        TEST(accounts_are_told_apart),
        TEST(of_two_processes_exactly_one_gets_each_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
