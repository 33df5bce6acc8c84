#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static enum order_state refund(struct fixture *fixture, const char *provider, const char *account,
                               const char *order_id) {
    enum order_state became = ORDER_NONE;
    struct ledger_refund refund = {.provider = text_of(provider),
                                   .account = text_of(account),
                                   .order_id = text_of(order_id),
                                   .code = TEXT("rejected"),
                                   .reason = TEXT("Invalid_IMEI"),
                                   .evidence = TEXT("{\"check\":{}}"),
                                   .who = "gsm_fusion.check"};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_refund(fixture->ledger, &refund, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return became;
}

static int64_t buy(struct fixture *fixture, unsigned n, const char *provider, const char *account,
                   const char *order_id) {
    struct claim claim;
    struct intent intent = fixture_intent(n);
    intent.provider = text_of(provider);
    intent.account = text_of(account);
    intent.call = 1;
    intent.sent_ms = 1;
    fixture_good(fixture, order_key_make(&intent.key, intent.provider, intent.account, intent.service,
                                         intent.identifier, &fixture->error));
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    fixture_place(fixture, claim.order, order_id);
    return claim.order;
}

static void a_placed_order_is_refunded_once(void **state) {
    struct fixture *fixture = *state;
    int64_t order = buy(fixture, 1, "gsm_fusion", "me", "9001");
    int64_t records = fixture_number(fixture, "SELECT count(*) FROM records");
    assert_int_equal(refund(fixture, "gsm_fusion", "me", "9001"), ORDER_REFUNDED);
    assert_int_equal(fixture_state(fixture, order), ORDER_REFUNDED);
    assert_int_equal(refund(fixture, "gsm_fusion", "me", "9001"), ORDER_REFUNDED);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 13"), 1);
    assert_int_equal(fixture_number(fixture,
                                    "SELECT who = 'gsm_fusion.check' AND reason = 'Invalid_IMEI' AND "
                                    "evidence = '{\"check\":{}}' FROM events WHERE transition = 13"),
                     1);
    assert_int_equal(
        fixture_number(fixture, "SELECT reason = 'Invalid_IMEI' AND order_id = '9001' FROM orders"), 1);
    /* A sink that hasn't got it yet still gets it. */
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), records);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 1);
    /* Refunded money counts in the caps of the day, as a state of its own. */
    assert_int_equal(fixture_number(fixture, "SELECT sum(orders) FROM totals WHERE state = 7"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT coalesce(sum(orders), 0) FROM totals WHERE state = 3"),
                     0);
}

static void an_order_id_belongs_to_its_account(void **state) {
    struct fixture *fixture = *state;
    int64_t ours = buy(fixture, 1, "gsm_fusion", "me", "9001");
    int64_t other = buy(fixture, 2, "dhru", "me", "9001");
    int64_t another = buy(fixture, 3, "gsm_fusion", "you", "9001");
    assert_int_equal(refund(fixture, "gsm_fusion", "me", "9001"), ORDER_REFUNDED);
    assert_int_equal(fixture_state(fixture, ours), ORDER_REFUNDED);
    assert_int_equal(fixture_state(fixture, other), ORDER_PLACED);
    assert_int_equal(fixture_state(fixture, another), ORDER_PLACED);
}

static void what_isnt_placed_stays(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(refund(fixture, "gsm_fusion", "me", "9001"), ORDER_NONE);
    int64_t order = buy(fixture, 1, "gsm_fusion", "me", "9001");
    assert_int_equal(refund(fixture, "gsm_fusion", "me", "9002"), ORDER_NONE);
    assert_int_equal(refund(fixture, "gsm_fusion", "nobody", "9001"), ORDER_NONE);
    fixture_execute(fixture, "UPDATE orders SET state = 5");
    fixture_reopen(fixture);
    assert_int_equal(refund(fixture, "gsm_fusion", "me", "9001"), ORDER_EXISTS);
    assert_int_equal(fixture_state(fixture, order), ORDER_EXISTS);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 13"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_placed_order_is_refunded_once, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_order_id_belongs_to_its_account, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_isnt_placed_stays, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
