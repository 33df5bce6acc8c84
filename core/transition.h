/* transition.h - the life of an order as data: what may become what, on which evidence (T1 … T9 in
 * docs/architecture.md). Pure. The ledger refuses every change that is not in it. */
#ifndef CORE_TRANSITION_H
#define CORE_TRANSITION_H

#include <stdbool.h>
#include <stdint.h>

/* Stored in the database: numbers never change their meaning. */
enum order_state {
    ORDER_NONE = 0,
    ORDER_CLAIMED = 1,
    ORDER_SENDING = 2,
    ORDER_PLACED = 3,
    ORDER_IN_DOUBT = 4,
    ORDER_EXISTS = 5,
    ORDER_REJECTED = 6,
    ORDER_REFUNDED = 7,
    ORDER_RELEASED = 8
};

enum { ORDER_STATE_COUNT = ORDER_RELEASED + 1 };

enum transition { T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13 };

enum { TRANSITION_COUNT = T13 + 1 };

const char *order_state_name(enum order_state state); /* "in_doubt" */
bool order_state_parse(const char *name, enum order_state *out);
const char *transition_name(enum transition transition); /* "T8" */

bool order_state_open(enum order_state state); /* claimed, sending, in_doubt */
bool order_state_holds_key(enum order_state state);
bool order_state_counts_in_caps(enum order_state state);

/* May `transition` take an order from `from` to `to`? */
bool transition_allowed(enum transition transition, enum order_state from, enum order_state to);

#endif
