/* order_total.h - what the orders of a list add up to. */
#ifndef CORE_ORDER_TOTAL_H
#define CORE_ORDER_TOTAL_H

#include <stdint.h>
#include <stdio.h>

#include "ledger.h"

enum { ORDER_TOTAL_CURRENCIES = 8 };

struct order_total {
    uint64_t orders, by_state[ORDER_STATE_COUNT];
    struct {
        char name[16];
        money spent; /* of the states that count in caps */
    } currencies[ORDER_TOTAL_CURRENCIES];
    size_t currency_count;
    bool more; /* currencies than that */
};

void order_total_add(struct order_total *total, const struct order_row *row);
/* "1,203 orders: 1,200 placed, 3 in doubt; 96.24 USD" */
void order_total_print(const struct order_total *total, FILE *out);

#endif
