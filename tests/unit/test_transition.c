#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "transition.h"

#include <cmocka.h>

/* The table of the ledger's rules, written down a second time. */
static const struct {
    enum transition transition;
    enum order_state from, to;
} rules[] = {
    {T0, ORDER_NONE, ORDER_EXISTS},      {T1, ORDER_NONE, ORDER_CLAIMED},
    {T1, ORDER_RELEASED, ORDER_CLAIMED}, {T1, ORDER_REJECTED, ORDER_CLAIMED},
    {T1, ORDER_PLACED, ORDER_CLAIMED},   {T1, ORDER_EXISTS, ORDER_CLAIMED},
    {T1, ORDER_REFUNDED, ORDER_CLAIMED}, {T2, ORDER_CLAIMED, ORDER_SENDING},
    {T3, ORDER_SENDING, ORDER_PLACED},   {T3, ORDER_IN_DOUBT, ORDER_PLACED},
    {T4, ORDER_SENDING, ORDER_RELEASED}, {T5, ORDER_SENDING, ORDER_RELEASED},
    {T6, ORDER_SENDING, ORDER_REJECTED}, {T7, ORDER_SENDING, ORDER_IN_DOUBT},
    {T8, ORDER_SENDING, ORDER_IN_DOUBT}, {T9, ORDER_SENDING, ORDER_IN_DOUBT},
    {T9, ORDER_CLAIMED, ORDER_RELEASED}, {T10, ORDER_IN_DOUBT, ORDER_PLACED},
    {T11, ORDER_IN_DOUBT, ORDER_EXISTS}, {T12, ORDER_IN_DOUBT, ORDER_RELEASED},
    {T10, ORDER_EXISTS, ORDER_PLACED},   {T13, ORDER_PLACED, ORDER_REFUNDED},
};

static bool ruled(int transition, int from, int to) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if ((int)rules[i].transition == transition && (int)rules[i].from == from && (int)rules[i].to == to)
            return true;
    return false;
}

static void nothing_but_the_rules_is_allowed(void **state) {
    int allowed = 0;
    (void)state;
    for (int transition = -1; transition <= TRANSITION_COUNT; transition++)
        for (int from = -1; from <= ORDER_STATE_COUNT; from++)
            for (int to = -1; to <= ORDER_STATE_COUNT; to++) {
                bool is = transition_allowed((enum transition)transition, (enum order_state)from,
                                             (enum order_state)to);
                if (is != ruled(transition, from, to))
                    fail_msg("T%d from %d to %d is %s", transition, from, to, is ? "allowed" : "refused");
                allowed += is;
            }
    assert_int_equal(allowed, (int)(sizeof rules / sizeof *rules));
}

/* Whatever is forced: what may have been sent is never sent again. */
static void an_open_order_is_never_claimed(void **state) {
    (void)state;
    for (int from = ORDER_NONE; from < ORDER_STATE_COUNT; from++)
        if (order_state_open((enum order_state)from))
            assert_false(transition_allowed(T1, (enum order_state)from, ORDER_CLAIMED));
}

static void states_have_their_properties(void **state) {
    static const struct {
        enum order_state state;
        const char *name;
        bool open, holds, counts;
    } expected[] = {
        {ORDER_CLAIMED, "claimed", true, true, true},    {ORDER_SENDING, "sending", true, true, true},
        {ORDER_PLACED, "placed", false, true, true},     {ORDER_IN_DOUBT, "in_doubt", true, true, true},
        {ORDER_EXISTS, "exists", false, true, true},     {ORDER_REJECTED, "rejected", false, true, false},
        {ORDER_REFUNDED, "refunded", false, true, true}, {ORDER_RELEASED, "released", false, false, false},
    };
    (void)state;
    assert_int_equal(sizeof expected / sizeof *expected, ORDER_STATE_COUNT - 1);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        enum order_state parsed = ORDER_NONE;
        assert_string_equal(order_state_name(expected[i].state), expected[i].name);
        assert_true(order_state_parse(expected[i].name, &parsed));
        assert_int_equal(parsed, expected[i].state);
        assert_int_equal(order_state_open(parsed), expected[i].open);
        assert_int_equal(order_state_holds_key(parsed), expected[i].holds);
        assert_int_equal(order_state_counts_in_caps(parsed), expected[i].counts);
    }
}

static void names_that_mean_nothing_are_refused(void **state) {
    enum order_state parsed = ORDER_PLACED;
    (void)state;
    assert_false(order_state_parse("none", &parsed));
    assert_false(order_state_parse("Placed", &parsed));
    assert_false(order_state_parse("", &parsed));
    assert_int_equal(parsed, ORDER_PLACED);
    assert_string_equal(order_state_name((enum order_state)99), "none");
    assert_string_equal(transition_name((enum transition)99), "?");
    assert_string_equal(transition_name(T0), "T0");
    assert_string_equal(transition_name(T13), "T13");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_but_the_rules_is_allowed),
        cmocka_unit_test(an_open_order_is_never_claimed),
        cmocka_unit_test(states_have_their_properties),
        cmocka_unit_test(names_that_mean_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
