#include "transition.h"

#include <stddef.h>
#include <string.h>

struct arrow {
    enum transition transition;
    enum order_state from, to;
};

static const struct arrow arrows[] = {
    {T0, ORDER_NONE, ORDER_EXISTS},      {T1, ORDER_NONE, ORDER_CLAIMED},
    {T1, ORDER_RELEASED, ORDER_CLAIMED}, {T1, ORDER_REJECTED, ORDER_CLAIMED}, /* --retry rejected */
    {T1, ORDER_PLACED, ORDER_CLAIMED}, /* these three by a repeat policy, as the next generation */
    {T1, ORDER_EXISTS, ORDER_CLAIMED},   {T1, ORDER_REFUNDED, ORDER_CLAIMED},
    {T2, ORDER_CLAIMED, ORDER_SENDING},  {T3, ORDER_SENDING, ORDER_PLACED},
    {T3, ORDER_IN_DOUBT, ORDER_PLACED}, /* the reply came after another run had taken the owner for dead */
    {T4, ORDER_SENDING, ORDER_RELEASED}, {T5, ORDER_SENDING, ORDER_RELEASED},
    {T6, ORDER_SENDING, ORDER_REJECTED}, {T7, ORDER_SENDING, ORDER_IN_DOUBT},
    {T8, ORDER_SENDING, ORDER_IN_DOUBT}, {T9, ORDER_SENDING, ORDER_IN_DOUBT},
    {T9, ORDER_CLAIMED, ORDER_RELEASED}, {T10, ORDER_IN_DOUBT, ORDER_PLACED},
    {T11, ORDER_IN_DOUBT, ORDER_EXISTS}, {T12, ORDER_IN_DOUBT, ORDER_RELEASED},
    {T10, ORDER_EXISTS, ORDER_PLACED}, /* a person has found the id of one that was known without */
    {T13, ORDER_PLACED, ORDER_REFUNDED},
};

bool transition_allowed(enum transition transition, enum order_state from, enum order_state to) {
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++)
        if (arrows[i].transition == transition && arrows[i].from == from && arrows[i].to == to)
            return true;
    return false;
}

static const char *const transition_names[TRANSITION_COUNT] = {
    "T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T13",
};

const char *transition_name(enum transition transition) {
    return (unsigned)transition < TRANSITION_COUNT ? transition_names[transition] : "?";
}

struct state {
    const char *name;
    bool open, holds_key, counts_in_caps;
};

static const struct state states[ORDER_STATE_COUNT] = {
    [ORDER_NONE] = {"none", false, false, false},         [ORDER_CLAIMED] = {"claimed", true, true, true},
    [ORDER_SENDING] = {"sending", true, true, true},      [ORDER_PLACED] = {"placed", false, true, true},
    [ORDER_IN_DOUBT] = {"in_doubt", true, true, true},    [ORDER_EXISTS] = {"exists", false, true, true},
    [ORDER_REJECTED] = {"rejected", false, true, false},  [ORDER_REFUNDED] = {"refunded", false, true, true},
    [ORDER_RELEASED] = {"released", false, false, false},
};

static const struct state *state_of(enum order_state state) {
    return &states[(unsigned)state < ORDER_STATE_COUNT ? state : ORDER_NONE];
}

const char *order_state_name(enum order_state state) {
    return state_of(state)->name;
}

bool order_state_parse(const char *name, enum order_state *out) {
    for (unsigned i = ORDER_NONE + 1; i < ORDER_STATE_COUNT; i++)
        if (strcmp(states[i].name, name) == 0) {
            *out = (enum order_state)i;
            return true;
        }
    return false;
}

bool order_state_open(enum order_state state) {
    return state_of(state)->open;
}

bool order_state_holds_key(enum order_state state) {
    return state_of(state)->holds_key;
}

bool order_state_counts_in_caps(enum order_state state) {
    return state_of(state)->counts_in_caps;
}
