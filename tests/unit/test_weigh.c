#include "support.h"

#include <string.h>

#include "text.h"
#include "weigh.h"

static struct verdict verdicts[2];
static struct flight flight;

/* A flight of `count` orders that was answered. */
static void replied(uint32_t count) {
    memset(verdicts, 0, sizeof verdicts);
    flight = (struct flight){.count = count, .end = FLIGHT_REPLIED, .call = {.verdicts = verdicts}};
}

struct expectation {
    uint32_t kind;
    const char *order_id;
    enum transition transition;
    enum effect effect;
    const char *code;
};

static void check(const struct verdict *said, const struct expectation *expected) {
    struct weight weight = weigh(&flight, 0);
    assert_int_equal(weight.transition, expected->transition);
    assert_int_equal(weight.effect, expected->effect);
    assert_string_equal(weight.code, expected->code);
    assert_true(text_equal(weight.reason, said->text));
}

static struct verdict verdict_of(const struct expectation *expected) {
    return (struct verdict){
        .kind = expected->kind, .order_id = text_of(expected->order_id), .text = TEXT("their words")};
}

/* A call of one order: whoever the verdict is said of, it is said of this order. */
static void a_call_of_one_order(void **state) {
    static const struct expectation cases[] = {
        {SLUICE_VERDICT_PLACED, "77", T3, EFFECT_PLACED, ""},
        {SLUICE_VERDICT_PLACED, "", T8, EFFECT_IN_DOUBT, "unclear"}, /* bought, but which order is it? */
        {SLUICE_VERDICT_PLACED, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_DUPLICATE, NULL, T7, EFFECT_IN_DOUBT, "duplicate"},
        {SLUICE_VERDICT_REJECTED, NULL, T6, EFFECT_REJECTED, "rejected"},
        {SLUICE_VERDICT_NO_CREDIT, NULL, T5, EFFECT_NO_CREDIT, "no_credit"},
        {SLUICE_VERDICT_REFUSED_AUTH, NULL, T5, EFFECT_AUTH, "auth"},
        {SLUICE_VERDICT_REFUSED_CONFIG, NULL, T5, EFFECT_CONFIG, "config"},
        {SLUICE_VERDICT_RETRY_LATER, NULL, T5, EFFECT_CLAIM_AGAIN, "retry_later"},
        {SLUICE_VERDICT_IN_DOUBT, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_NO_NEWS, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_CHECKED, NULL, T8, EFFECT_IN_DOUBT, "unclear"},  /* no answer to an order */
        {SLUICE_VERDICT_REFUNDED, NULL, T8, EFFECT_IN_DOUBT, "unclear"}, /* likewise */
        {99, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct verdict said = verdict_of(&cases[i]);
        replied(1);
        verdicts[0] = said;
        check(&said, &cases[i]);
        replied(1);
        flight.call.whole = said;
        check(&said, &cases[i]);
    }
}

/* One of several orders, named by the reply. */
static void an_order_that_the_reply_names(void **state) {
    static const struct expectation cases[] = {
        {SLUICE_VERDICT_PLACED, "77", T3, EFFECT_PLACED, ""},
        {SLUICE_VERDICT_PLACED, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_DUPLICATE, NULL, T7, EFFECT_IN_DOUBT, "duplicate"},
        {SLUICE_VERDICT_REJECTED, NULL, T6, EFFECT_REJECTED, "rejected"},
        {SLUICE_VERDICT_NO_CREDIT, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_REFUSED_AUTH, NULL, T5, EFFECT_AUTH, "auth"},
        {SLUICE_VERDICT_REFUSED_CONFIG, NULL, T5, EFFECT_CONFIG, "config"},
        {SLUICE_VERDICT_RETRY_LATER, NULL, T5, EFFECT_CLAIM_AGAIN, "retry_later"},
        {SLUICE_VERDICT_IN_DOUBT, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {99, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        replied(2);
        verdicts[0] = verdict_of(&cases[i]);
        flight.call.whole = (struct verdict){.kind = SLUICE_VERDICT_REJECTED, .text = TEXT("not this one")};
        check(&verdicts[0], &cases[i]);
    }
}

/* Several orders, and an answer for the whole call: only what is free for every one of them is believed. */
static void one_answer_for_several_orders(void **state) {
    static const struct expectation cases[] = {
        {SLUICE_VERDICT_PLACED, "77", T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_DUPLICATE, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_REJECTED, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_NO_CREDIT, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_REFUSED_AUTH, NULL, T5, EFFECT_AUTH, "auth"},
        {SLUICE_VERDICT_REFUSED_CONFIG, NULL, T5, EFFECT_CONFIG, "config"},
        {SLUICE_VERDICT_RETRY_LATER, NULL, T5, EFFECT_CLAIM_AGAIN, "retry_later"},
        {SLUICE_VERDICT_IN_DOUBT, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {SLUICE_VERDICT_NO_NEWS, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
        {99, NULL, T8, EFFECT_IN_DOUBT, "unclear"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        replied(2);
        flight.call.whole = verdict_of(&cases[i]);
        check(&flight.call.whole, &cases[i]);
    }
}

static void a_refusal_of_the_call_beside_an_order_that_was_bought(void **state) {
    static const uint32_t refusals[] = {SLUICE_VERDICT_REFUSED_AUTH, SLUICE_VERDICT_RETRY_LATER};
    static const uint32_t bought[] = {SLUICE_VERDICT_PLACED, SLUICE_VERDICT_DUPLICATE};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        replied(2);
        flight.call.whole = (struct verdict){.kind = refusals[i % 2], .text = TEXT("maintenance")};
        verdicts[1] = (struct verdict){.kind = bought[i / 2], .order_id = TEXT("78")};
        struct weight weight = weigh(&flight, 0);
        assert_int_equal(weight.transition, T8);
        assert_int_equal(weight.effect, EFFECT_IN_DOUBT);
        assert_string_equal(weight.code, "contradiction");
        verdicts[1].kind = SLUICE_VERDICT_REJECTED; /* refused as well: nothing was bought */
        assert_int_equal(weigh(&flight, 0).transition, T5);
    }
}

static void the_plugins_code_is_kept(void **state) {
    (void)state;
    replied(1);
    verdicts[0] = (struct verdict){.kind = SLUICE_VERDICT_REJECTED, .code = TEXT("invalid_imei")};
    assert_string_equal(weigh(&flight, 0).code, "invalid_imei");
    verdicts[0] = (struct verdict){.kind = SLUICE_VERDICT_IN_DOUBT, .code = TEXT("odd_status")};
    assert_string_equal(weigh(&flight, 0).code, "odd_status");
}

static void two_answers_are_a_contradiction(void **state) {
    static const uint32_t kinds[] = {SLUICE_VERDICT_PLACED, SLUICE_VERDICT_REJECTED,
                                     SLUICE_VERDICT_REFUSED_AUTH, SLUICE_VERDICT_RETRY_LATER};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        replied(1);
        verdicts[0] = (struct verdict){.kind = kinds[i], .order_id = TEXT("77"), .twice = true};
        struct weight weight = weigh(&flight, 0);
        assert_int_equal(weight.transition, T8);
        assert_int_equal(weight.effect, EFFECT_IN_DOUBT);
        assert_string_equal(weight.code, "contradiction");
    }
}

static void an_order_that_is_not_mentioned_is_in_doubt(void **state) {
    (void)state;
    for (uint32_t count = 1; count <= 2; count++) {
        replied(count);
        verdicts[1] = (struct verdict){.kind = SLUICE_VERDICT_PLACED, .order_id = TEXT("78")};
        struct weight weight = weigh(&flight, 0);
        assert_int_equal(weight.transition, T8);
        assert_int_equal(weight.effect, EFFECT_IN_DOUBT);
        assert_string_equal(weight.code, "not_mentioned");
    }
}

static void a_call_without_a_reply(void **state) {
    static const struct {
        enum flight_end end;
        int32_t failure;
        enum transition transition;
        enum effect effect;
        const char *code;
    } cases[] = {
        {FLIGHT_UNSENT, 0, T4, EFFECT_CLAIM_AGAIN, "not_sent"},
        {FLIGHT_UNSENT, SLUICE_E_CONFIG, T4, EFFECT_FAILED, "not_sent"},
        {FLIGHT_RETURNED, 0, T4, EFFECT_STOPPED, "stopped"},
        {FLIGHT_DOUBT, 0, T8, EFFECT_IN_DOUBT, "no_reply"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* What the plugin may have said of a part of a reply doesn't count. */
        replied(1);
        verdicts[0] = (struct verdict){.kind = SLUICE_VERDICT_PLACED, .order_id = TEXT("77")};
        flight.end = cases[i].end;
        flight.failure = cases[i].failure;
        strcpy(flight.text, "what happened");
        struct weight weight = weigh(&flight, 0);
        assert_int_equal(weight.transition, cases[i].transition);
        assert_int_equal(weight.effect, cases[i].effect);
        assert_string_equal(weight.code, cases[i].code);
        assert_true(text_is(weight.reason, "what happened"));
    }
}

static void every_transition_is_one_of_a_sent_order(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind <= 12; kind++)
        for (uint32_t count = 1; count <= 2; count++)
            for (int own = 0; own < 2; own++) {
                static const enum order_state to[] = {[T3] = ORDER_PLACED,
                                                      [T5] = ORDER_RELEASED,
                                                      [T6] = ORDER_REJECTED,
                                                      [T7] = ORDER_IN_DOUBT,
                                                      [T8] = ORDER_IN_DOUBT};
                replied(count);
                *(own ? &verdicts[0] : &flight.call.whole) =
                    (struct verdict){.kind = kind, .order_id = TEXT("1")};
                enum transition transition = weigh(&flight, 0).transition;
                assert_in_range(transition, T3, T8);
                assert_true(transition_allowed(transition, ORDER_SENDING, to[transition]));
            }
}

static void an_answer_of_the_ledger(void **state) {
    (void)state;
    assert_int_equal(weigh_answer(ANSWER_DUPLICATE, false), EFFECT_DUPLICATE);
    assert_int_equal(weigh_answer(ANSWER_DUPLICATE, true), EFFECT_DUPLICATE);
    assert_int_equal(weigh_answer(ANSWER_IN_DOUBT, false), EFFECT_WAS_IN_DOUBT);
    assert_int_equal(weigh_answer(ANSWER_REJECTED, false), EFFECT_WAS_REJECTED);
    assert_int_equal(weigh_answer(ANSWER_LIVE, false), EFFECT_LIVE);
    assert_int_equal(weigh_answer(ANSWER_LIVE, true), EFFECT_DUPLICATE);
    assert_int_equal(weigh_answer(ANSWER_DIFFERS, false), EFFECT_DIFFERS);
    assert_int_equal(weigh_answer((enum answer)0, false), EFFECT_WAS_IN_DOUBT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_of_one_order),
        cmocka_unit_test(an_order_that_the_reply_names),
        cmocka_unit_test(one_answer_for_several_orders),
        cmocka_unit_test(a_refusal_of_the_call_beside_an_order_that_was_bought),
        cmocka_unit_test(the_plugins_code_is_kept),
        cmocka_unit_test(two_answers_are_a_contradiction),
        cmocka_unit_test(an_order_that_is_not_mentioned_is_in_doubt),
        cmocka_unit_test(a_call_without_a_reply),
        cmocka_unit_test(every_transition_is_one_of_a_sent_order),
        cmocka_unit_test(an_answer_of_the_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
