#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_fixture.h"
#include "ledger_settle.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static int64_t account(struct fixture *fixture, bool add) {
    int64_t id;
    fixture_good(fixture, ledger_account(fixture->ledger, TEXT("gsm_fusion"), TEXT("tester@api.example.test"),
                                         add, &id, &fixture->error));
    return id;
}

/* The order of the nth identifier, in doubt; its run is over. */
static int64_t make_doubt(struct fixture *fixture, unsigned n) {
    int64_t order = fixture_send(fixture, n);
    assert_int_equal(fixture_end(fixture, order, T8, "who knows"), ORDER_IN_DOUBT);
    return order;
}

static void end_run(struct fixture *fixture) {
    fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 11, &fixture->error));
}

static enum order_state settle(struct fixture *fixture, int64_t run, int64_t order,
                               enum transition transition, const char *order_id) {
    sluice_text names[] = {TEXT("order_id"), TEXT("note")}, values[] = {text_of(order_id), TEXT("found")};
    struct verdict_on_doubt verdict = {.transition = transition,
                                       .order_id = text_of(order_id),
                                       .who = TEXT("mia"),
                                       .code = TEXT("listed"),
                                       .reason = TEXT("it was found"),
                                       .evidence = TEXT("a list"),
                                       .added = {names, values, 2}};
    enum order_state became;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_settle(fixture->ledger, run, order, &verdict, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return became;
}

/* ---- T0 ------------------------------------------------------------------------------------ */

static struct foreign foreign(struct fixture *fixture, unsigned n, const char *order_id) {
    struct intent intent = fixture_intent(n);
    return (struct foreign){.account = account(fixture, true),
                            .key = intent.key,
                            .service = intent.service,
                            .identifier = intent.identifier,
                            .order_id = text_of(order_id),
                            .code = TEXT("listed"),
                            .evidence = TEXT("the provider lists it")};
}

static bool add_foreign(struct fixture *fixture, unsigned n, const char *order_id) {
    bool added;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    struct foreign order = foreign(fixture, n, order_id);
    fixture_good(fixture, ledger_add_foreign(fixture->ledger, fixture->run, &order, &added, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return added;
}

static struct claim claim(struct fixture *fixture, unsigned n) {
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    struct claim out = fixture_claim(fixture, fixture->run, n);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return out;
}

static void a_foreign_order_is_not_bought_again(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(account(fixture, false), 0);
    assert_true(add_foreign(fixture, 1, "F-1"));
    assert_int_not_equal(account(fixture, false), 0);
    struct claim answer = claim(fixture, 1);
    assert_int_equal(answer.answer, ANSWER_DUPLICATE);
    assert_string_equal(answer.order_id, "F-1");
    assert_int_equal(claim(fixture, 2).answer, ANSWER_CLAIMED);
    /* It costs nothing here, whatever the caps. */
    assert_int_equal(fixture_number(fixture, "SELECT sum(amount) FROM totals WHERE state = 5"), 0);
    assert_int_equal(fixture_number(fixture,
                                    "SELECT count(*) FROM events WHERE transition = 0 AND to_state = 5"
                                    " AND evidence = 'the provider lists it'"),
                     1);
}

static void a_known_order_is_not_foreign(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1); /* order id 9001 */
    assert_false(add_foreign(fixture, 1, "9001"));
    assert_false(add_foreign(fixture, 2, "9001"));
    assert_true(add_foreign(fixture, 2, "F-2"));
    assert_false(add_foreign(fixture, 2, "F-2"));
}

static void what_is_under_way_is_not_foreign(void **state) {
    struct fixture *fixture = *state;
    int64_t order = fixture_send(fixture, 1);
    assert_false(add_foreign(fixture, 1, "F-1"));
    fixture_end(fixture, order, T8, "who knows");
    assert_false(add_foreign(fixture, 1, "F-1"));
    settle(fixture, fixture->run, order, T12, NULL);
    assert_true(add_foreign(fixture, 1, "F-1"));
    assert_int_equal(claim(fixture, 1).answer, ANSWER_DUPLICATE);
}

/* An order from long ago that comes to light doesn't make the last one older. */
static void an_old_order_for_a_bought_key(void **state) {
    struct fixture *fixture = *state;
    bool added;
    fixture_buy(fixture, 1);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    struct foreign order = foreign(fixture, 1, "F-1");
    order.created_ms = 1000;
    fixture_good(fixture, ledger_add_foreign(fixture->ledger, fixture->run, &order, &added, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_true(added);
    assert_true(claim(fixture, 1).ordered_ms > 1000);
}

static void what_was_listed(void **state) {
    struct fixture *fixture = *state;
    sluice_text provider = TEXT("gsm_fusion"), ann = TEXT("ann"), bob = TEXT("bob");
    bool listed;
    fixture_good(fixture, ledger_listed(fixture->ledger, provider, ann, &listed, &fixture->error));
    assert_false(listed);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_set_listed(fixture->ledger, provider, ann, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    fixture_reopen(fixture);
    fixture_good(fixture, ledger_listed(fixture->ledger, provider, ann, &listed, &fixture->error));
    assert_true(listed);
    fixture_good(fixture, ledger_listed(fixture->ledger, provider, bob, &listed, &fixture->error));
    assert_false(listed);
}

/* Somebody bought it once more: both are known, and neither is bought again. */
static void another_order_for_a_bought_key(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 1);
    assert_true(add_foreign(fixture, 1, "F-1"));
    assert_true(add_foreign(fixture, 1, "F-2"));
    assert_int_equal(fixture_number(fixture, "SELECT max(gen) FROM orders"), 3);
    assert_int_equal(claim(fixture, 1).answer, ANSWER_DUPLICATE);
    fixture_reopen(fixture);
    assert_int_equal(fixture_number(fixture, "SELECT sum(orders) FROM totals WHERE state = 5"), 2);
}

static void a_foreign_order_needs_a_transaction(void **state) {
    struct fixture *fixture = *state;
    struct foreign order = {.order_id = TEXT("F-1")};
    bool added;
    fixture_refused(fixture,
                    ledger_add_foreign(fixture->ledger, fixture->run, &order, &added, &fixture->error),
                    SLUICE_E_SOFTWARE, "");
}

static int check_delivery(void *user, const struct delivery *delivery) {
    unsigned *count = user;
    sluice_text id = {NULL, 0};
    for (uint32_t i = 0; i < delivery->record.count; i++)
        if (text_is(delivery->record.names[i], "order_id"))
            id = delivery->record.values[i];
    assert_true(text_is(id, "F-1"));
    ++*count;
    return 0;
}

static unsigned undelivered(struct fixture *fixture, int64_t run) {
    unsigned count = 0;
    fixture_good(fixture, ledger_undelivered(fixture->ledger, run, "a", 0, 0, check_delivery, &count,
                                             &fixture->error));
    return count;
}

/* What only the provider knows was paid for by somebody: the sinks of the run that finds it get it. */
static void a_foreign_order_waits_for_the_sinks(void **state) {
    struct fixture *fixture = *state;
    const sluice_text names[] = {TEXT("order_id"), TEXT("imei")}, values[] = {TEXT("F-1"), TEXT("1")};
    int64_t last;
    bool added;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    struct foreign order = foreign(fixture, 1, "F-1");
    order.deliver = fixture->run;
    order.record = (struct record){names, values, 2};
    fixture_good(fixture, ledger_add_foreign(fixture->ledger, fixture->run, &order, &added, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_true(added);
    assert_int_equal(undelivered(fixture, fixture->run), 1);
    fixture_good(fixture, ledger_last_waiting(fixture->ledger, fixture->run, &last, &fixture->error));
    assert_int_equal(last, fixture_number(fixture, "SELECT version FROM orders"));
    end_run(fixture);
    int64_t next = fixture_begin_run(fixture, fixture->ledger, "p");
    fixture_good(fixture, ledger_last_waiting(fixture->ledger, next, &last, &fixture->error));
    assert_int_equal(last, 0);
    assert_int_equal(undelivered(fixture, fixture->run), 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM runs WHERE complete = 1"), 0);
}

/* Of one without an id nothing but its key can tell that it is known already. */
static void an_order_without_an_id_is_noted_once(void **state) {
    struct fixture *fixture = *state;
    assert_true(add_foreign(fixture, 1, NULL));
    assert_false(add_foreign(fixture, 1, NULL));
    assert_int_equal(claim(fixture, 1).answer, ANSWER_DUPLICATE);
    assert_true(add_foreign(fixture, 2, "F-2"));
    assert_false(add_foreign(fixture, 2, NULL));
    make_doubt(fixture, 3);
    assert_false(add_foreign(fixture, 3, NULL));
    fixture_end(fixture, fixture_send(fixture, 4), T5, "no credit");
    assert_true(add_foreign(fixture, 4, NULL));
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM orders WHERE state = 5 AND order_id IS NULL"), 2);
}

/* A person finds its id: from then on it is like any that was placed. The core never concludes that. */
static void an_order_without_an_id_can_get_one_from_a_person(void **state) {
    struct fixture *fixture = *state;
    add_foreign(fixture, 1, NULL);
    add_foreign(fixture, 2, "F-2");
    int64_t nameless = fixture_number(fixture, "SELECT id FROM orders WHERE order_id IS NULL");
    int64_t named = fixture_number(fixture, "SELECT id FROM orders WHERE order_id = 'F-2'");
    end_run(fixture);
    int64_t run = fixture_begin_run(fixture, fixture->ledger, "p");
    assert_int_equal(settle(fixture, run, named, T10, "F-1"), ORDER_EXISTS);
    assert_int_equal(settle(fixture, run, nameless, T12, NULL), ORDER_EXISTS);
    assert_int_equal(settle(fixture, run, nameless, T10, "F-1"), ORDER_PLACED);
    assert_int_equal(undelivered(fixture, fixture->run), 1);
    assert_int_equal(settle(fixture, run, nameless, T10, "F-3"), ORDER_PLACED);
    assert_int_equal(undelivered(fixture, fixture->run), 1);
}

/* Days are counted in 32 bits; what a provider calls the time of an order may be anything. */
static void a_time_that_cannot_be_is_none(void **state) {
    static const int64_t times[] = {INT64_MAX, INT64_C(253402300800000), -1, INT64_MIN};
    struct fixture *fixture = *state;
    bool added;
    for (unsigned n = 0; n < 4; n++) {
        char id[8];
        snprintf(id, sizeof id, "F-%u", n);
        fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
        struct foreign order = foreign(fixture, n + 1, id);
        order.created_ms = times[n];
        fixture_good(fixture,
                     ledger_add_foreign(fixture->ledger, fixture->run, &order, &added, &fixture->error));
        fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    }
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders WHERE day = changed_ms / 900000 AND"
                                             " claimed_ms = changed_ms"),
                     4);
}

/* ---- T10, T11, T12 ------------------------------------------------------------------------- */

static int count_delivery(void *user, const struct delivery *delivery) {
    char *out = user;
    for (uint32_t i = 0; i < delivery->record.count; i++)
        sprintf(out + strlen(out), "%.*s=%.*s;", TEXT_ARG(delivery->record.names[i]),
                TEXT_ARG(delivery->record.values[i]));
    return 0;
}

static int note_run(void *user, int64_t run) {
    *(int64_t *)user = run;
    return 0;
}

static void a_found_order_is_delivered_by_the_next_run(void **state) {
    struct fixture *fixture = *state;
    char identifier[16], expected[100], got[400] = "";
    int64_t order = make_doubt(fixture, 1), behind = 0;
    end_run(fixture);
    assert_int_equal(fixture_number(fixture, "SELECT complete FROM runs"), 1);
    int64_t next = fixture_begin_run(fixture, fixture->ledger, "p");
    assert_int_equal(settle(fixture, next, order, T10, "A-1"), ORDER_PLACED);
    assert_int_equal(fixture_number(fixture, "SELECT order_id = 'A-1' AND code IS NULL AND reason IS NULL"
                                             " AND price = 80000 FROM orders"),
                     1);
    assert_int_equal(fixture_number(fixture, "SELECT who = 'mia' AND reason = 'it was found' AND evidence ="
                                             " 'a list' FROM events WHERE transition = 10"),
                     1);
    assert_int_equal(fixture_number(fixture, "SELECT complete FROM runs WHERE id = 1"), 0);
    fixture_good(fixture, ledger_behind(fixture->ledger, next, "a", note_run, &behind, &fixture->error));
    assert_int_equal(behind, fixture->run);
    fixture_good(fixture, ledger_undelivered(fixture->ledger, behind, "a", 0, 0, count_delivery, got,
                                             &fixture->error));
    snprintf(expected, sizeof expected, "imei=%s;note=found;order_id=A-1;",
             fixture_identifier(1, identifier));
    assert_string_equal(got, expected);
}

static void delivered_to_each_sink_it_is_done_with(void **state) {
    struct fixture *fixture = *state;
    int64_t order = make_doubt(fixture, 1), first = fixture->run;
    end_run(fixture);
    int64_t next = fixture_begin_run(fixture, fixture->ledger, "p");
    settle(fixture, next, order, T10, "A-1");
    int64_t version = ledger_version(fixture->ledger);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_delivered(fixture->ledger, first, "a", version, &fixture->error));
    fixture_good(fixture, ledger_delivered(fixture->ledger, first, "b", version, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture,
                                    "SELECT complete = 1 AND NOT EXISTS (SELECT 1 FROM outbox) AND NOT EXISTS"
                                    " (SELECT 1 FROM records) FROM runs WHERE id = 1"),
                     1);
}

static void a_run_without_sinks_leaves_nothing_behind(void **state) {
    struct fixture *fixture = *state;
    int64_t order = make_doubt(fixture, 1);
    fixture_execute(fixture, "DELETE FROM cursors");
    assert_int_equal(settle(fixture, fixture->run, order, T10, "A-1"), ORDER_PLACED);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 0);
}

static void an_order_id_belongs_to_one_order(void **state) {
    struct fixture *fixture = *state;
    fixture_buy(fixture, 2);
    int64_t order = make_doubt(fixture, 1);
    assert_int_equal(settle(fixture, fixture->run, order, T10, "9002"), ORDER_IN_DOUBT);
    assert_int_equal(fixture_state(fixture, order), ORDER_IN_DOUBT);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 10"), 0);
    assert_int_equal(settle(fixture, fixture->run, order, T10, "9003"), ORDER_PLACED);
}

static void it_existed_before(void **state) {
    struct fixture *fixture = *state;
    int64_t order = make_doubt(fixture, 1), other = make_doubt(fixture, 2);
    assert_int_equal(settle(fixture, fixture->run, order, T11, "F-1"), ORDER_EXISTS);
    assert_int_equal(settle(fixture, fixture->run, other, T11, NULL), ORDER_EXISTS);
    assert_int_equal(claim(fixture, 1).answer, ANSWER_DUPLICATE);
    assert_int_equal(claim(fixture, 2).answer, ANSWER_DUPLICATE);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT amount FROM totals WHERE state = 5"), 160000);
}

static void what_was_not_bought_can_be(void **state) {
    struct fixture *fixture = *state;
    int64_t order = make_doubt(fixture, 1);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_note_missed(fixture->ledger, order, 5, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(settle(fixture, fixture->run, order, T12, NULL), ORDER_RELEASED);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM missed"), 0);
    assert_int_equal(claim(fixture, 1).answer, ANSWER_CLAIMED);
}

static void only_what_is_in_doubt_is_settled(void **state) {
    struct fixture *fixture = *state;
    static const enum transition transitions[] = {T10, T11, T12};
    int64_t sending = fixture_send(fixture, 1), placed = fixture_send(fixture, 2);
    fixture_place(fixture, placed, "A-2");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(settle(fixture, fixture->run, sending, transitions[i], "B-1"), ORDER_SENDING);
        assert_int_equal(settle(fixture, fixture->run, placed, transitions[i], "B-2"), ORDER_PLACED);
    }
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders WHERE order_id LIKE 'B%'"), 0);
}

/* Its own run would move its cursors over what others add. */
static void a_live_run_settles_its_own(void **state) {
    struct fixture *fixture = *state;
    int64_t order = make_doubt(fixture, 1), other = fixture_begin_run(fixture, fixture->ledger, "q");
    assert_int_equal(settle(fixture, other, order, T10, "A-1"), ORDER_IN_DOUBT);
    assert_int_equal(settle(fixture, fixture->run, order, T10, "A-1"), ORDER_PLACED);
}

static void placed_needs_an_order_id(void **state) {
    struct fixture *fixture = *state;
    struct verdict_on_doubt verdict = {.transition = T10};
    enum order_state became;
    int64_t order = make_doubt(fixture, 1);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_refused(fixture,
                    ledger_settle(fixture->ledger, fixture->run, order, &verdict, &became, &fixture->error),
                    SLUICE_E_SOFTWARE, "without an order id");
    ledger_rollback(fixture->ledger);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int list_doubt(void *user, const struct doubt *doubt) {
    char *out = user;
    sprintf(out + strlen(out), "%s %s %lld%s%s;", doubt->service, doubt->code, (long long)doubt->missed_ms,
            doubt->live ? " live" : "", doubt->price == 80000 && doubt->sent_ms == 1700000000000 ? "" : " ?");
    return 0;
}

static void what_is_in_doubt(void **state) {
    struct fixture *fixture = *state;
    char got[300] = "";
    uint64_t count;
    fixture_buy(fixture, 1);
    int64_t order = make_doubt(fixture, 2);
    end_run(fixture);
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    make_doubt(fixture, 3);
    fixture_send(fixture, 4);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_note_missed(fixture->ledger, order, 77, &fixture->error));
    fixture_good(fixture, ledger_note_missed(fixture->ledger, order, 99, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    int64_t id = account(fixture, false);
    fixture_good(fixture, ledger_doubts(fixture->ledger, id, list_doubt, got, &fixture->error));
    assert_string_equal(got, "1739 code 77;1739 code 0 live;");
    fixture_good(fixture, ledger_count_doubts(fixture->ledger, id, &count, &fixture->error));
    assert_int_equal(count, 2);
    fixture_good(fixture, ledger_count_doubts(fixture->ledger, id + 1, &count, &fixture->error));
    assert_int_equal(count, 0);
}

static int list_account(void *user, const char *provider, const char *name) {
    sprintf(user, "%s %s", provider, name);
    return 0;
}

static void who_has_something_in_doubt(void **state) {
    struct fixture *fixture = *state;
    char got[100] = "";
    fixture_buy(fixture, 1);
    fixture_good(fixture, ledger_doubtful_accounts(fixture->ledger, list_account, got, &fixture->error));
    assert_string_equal(got, "");
    make_doubt(fixture, 2);
    fixture_good(fixture, ledger_doubtful_accounts(fixture->ledger, list_account, got, &fixture->error));
    assert_string_equal(got, "gsm_fusion tester@api.example.test");
}

static void who_holds_an_order_id(void **state) {
    struct fixture *fixture = *state;
    struct holder holder;
    fixture_buy(fixture, 1);
    int64_t id = account(fixture, false);
    fixture_good(fixture, ledger_holder(fixture->ledger, id, TEXT("9001"), &holder, &fixture->error));
    assert_int_equal(holder.state, ORDER_PLACED);
    assert_int_equal(holder.sent_ms, 1700000000000);
    fixture_good(fixture, ledger_holder(fixture->ledger, id, TEXT("9002"), &holder, &fixture->error));
    assert_int_equal(holder.order, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_foreign_order_is_not_bought_again),
        TEST(a_foreign_order_waits_for_the_sinks),
        TEST(an_order_without_an_id_is_noted_once),
        TEST(an_order_without_an_id_can_get_one_from_a_person),
        TEST(a_time_that_cannot_be_is_none),
        TEST(a_known_order_is_not_foreign),
        TEST(what_is_under_way_is_not_foreign),
        TEST(an_old_order_for_a_bought_key),
        TEST(what_was_listed),
        TEST(another_order_for_a_bought_key),
        TEST(a_foreign_order_needs_a_transaction),
        TEST(a_found_order_is_delivered_by_the_next_run),
        TEST(delivered_to_each_sink_it_is_done_with),
        TEST(a_run_without_sinks_leaves_nothing_behind),
        TEST(an_order_id_belongs_to_one_order),
        TEST(it_existed_before),
        TEST(what_was_not_bought_can_be),
        TEST(only_what_is_in_doubt_is_settled),
        TEST(a_live_run_settles_its_own),
        TEST(placed_needs_an_order_id),
        TEST(what_is_in_doubt),
        TEST(who_has_something_in_doubt),
        TEST(who_holds_an_order_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
