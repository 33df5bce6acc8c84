/* orders.h - the columns of a table of orders, and how a stored value and a new one become one. */
#ifndef SUPABASE_ORDERS_H
#define SUPABASE_ORDERS_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>

enum merge_rule {
    MERGE_KEY,    /* order_id, provider, account: what the order is told apart by */
    MERGE_FACT,   /* known since the order was placed: filled when missing, never changed */
    MERGE_NEWS,   /* changes as the provider works: a new value wins, a missing one changes nothing */
    MERGE_STATUS, /* as NEWS, but a final one stays */
    MERGE_JSON,   /* an object that grows by members */
    MERGE_STORE   /* the store's own: id, created_at, updated_at */
};

struct order_column {
    const char *name;
    const char *definition; /* in CREATE TABLE and ADD COLUMN */
    enum merge_rule rule;
};

extern const struct order_column order_columns[];
extern const size_t order_column_count;

/* What an id begins with that was made up for an order of an export, which has none. */
#define ORDERS_IMPORTED "import-"
bool orders_is_imported(sluice_text order_id);

/* Has every order that was placed a value for it? */
bool orders_brings(sluice_text column);

/* What becomes of orders where the table has a column that they bring nothing for. */
#define ORDERS_REFUSED \
    "NOT NULL without a default, and orders bring nothing for it: it would refuse each of them"

/* The rule of a column; one of the user's own is a FACT. */
enum merge_rule orders_rule(sluice_text column);

#endif
