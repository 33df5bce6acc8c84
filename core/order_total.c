#include "order_total.h"

#include <string.h>

#include "printable.h"
#include "progress.h"
#include "text.h"

static money *spent_in(struct order_total *total, const char *currency) {
    for (size_t i = 0; i < total->currency_count; i++)
        if (strcmp(total->currencies[i].name, currency) == 0)
            return &total->currencies[i].spent;
    if (total->currency_count == ORDER_TOTAL_CURRENCIES)
        return NULL;
    size_t at = total->currency_count++;
    snprintf(total->currencies[at].name, sizeof total->currencies[at].name, "%s", currency);
    return &total->currencies[at].spent;
}

void order_total_add(struct order_total *total, const struct order_row *row) {
    total->orders++;
    total->by_state[row->state]++;
    if (!order_state_counts_in_caps(row->state) || row->price == MONEY_NONE)
        return;
    money *spent = spent_in(total, row->currency ? row->currency : "");
    if (spent)
        *spent = money_add(*spent, row->price);
    total->more = total->more || !spent;
}

void order_total_print(const struct order_total *total, FILE *out) {
    char number[32], amount[MONEY_TEXT];
    const char *before = ": ";
    fprintf(out, "%s order%s", progress_count(total->orders, number), total->orders == 1 ? "" : "s");
    for (int state = ORDER_NONE + 1; state < ORDER_STATE_COUNT; state++) {
        if (!total->by_state[state])
            continue;
        fprintf(out, "%s%s %s", before, progress_count(total->by_state[state], number),
                order_state_name((enum order_state)state));
        before = ", ";
    }
    before = "; ";
    for (size_t i = 0; i < total->currency_count; i++) {
        fprintf(out, "%s%s ", before, money_format(total->currencies[i].spent, amount));
        printable_put(out, text_of(total->currencies[i].name));
        before = ", ";
    }
    fprintf(out, "%s\n", total->more ? ", and more in other currencies" : "");
}
