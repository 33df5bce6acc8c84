/* order.h - records on their way to be bought: prepared in lots, sent in flights.
 *
 * A lot is a batch whose rows became orders; it lives until the last of them has its outcome. A flight
 * is one paid call and the orders in it. Neither locks anything: they are handed from thread to thread. */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "catalogue.h"
#include "exchange.h"
#include "ledger.h"
#include "suspect.h"

/* What can't become an order, or mustn't be bought: why. */
struct order_refusal {
    const char *code; /* NULL: nothing is wrong */
    sluice_text reason;
};

struct order {
    struct lot *lot;
    struct order *next;
    uint32_t row;
    uint32_t attempts;
    const struct service *service;
    sluice_text identifier, parameters;
    struct order_key key;
    struct order_refusal unpriced; /* if it is a new order: it costs too much, or who knows what */
    int64_t id;                    /* in the ledger; 0: not claimed */
    int32_t gen;                   /* of the claim; above 1: it was ordered before */
    int64_t not_before_us;
    int64_t sent_ms;
};

struct lot {
    struct lot *next;
    struct batch *batch;
    sluice_arena arena;
    struct order *orders;
    uint32_t count, open; /* orders without an outcome */
};

enum flight_end {
    FLIGHT_REPLIED,  /* the plugin read the reply: see the verdicts */
    FLIGHT_UNSENT,   /* no byte left: may be claimed again */
    FLIGHT_RETURNED, /* never started: the run stops */
    FLIGHT_DOUBT     /* may have reached the provider: `text` says what happened */
};

struct flight {
    struct flight *next;
    struct call call;
    struct order **orders;
    sluice_row *rows;
    uint32_t count, room;
    int64_t number;
    enum flight_end end;
    int32_t failure; /* FLIGHT_UNSENT: the code when the request couldn't be built; 0: the network */
    char text[320];
};

struct order_maker {
    struct instance *instance; /* of the spending action */
    const struct catalogue *catalogue;
    sluice_text provider, account;
    money max_price;                 /* MONEY_NONE: none */
    money fixed_price;               /* where the catalogue has none; MONEY_NONE: it isn't bought */
    sluice_text currency;            /* in which both are; empty: nobody says */
    const struct suspects *suspects; /* a new order for the same as one of these is refused; NULL: none is */
};

/* Rows of `batch` (the reference is taken over) become orders; those that can't are given to `refuse`.
 * NULL: failed, or no order at all (then error->code is 0). */
struct lot *lot_make(const struct order_maker *maker, struct batch *batch,
                     void (*refuse)(void *user, const struct batch *batch, uint32_t row,
                                    const struct order_refusal *refusal),
                     void *user, sluice_error *error);
void lot_free(struct lot *lot);
/* The order has its outcome; frees the lot with its last one. */
void order_close(struct order *order);
uint64_t order_number(const struct order *order);
money order_price(const struct order_maker *maker, const struct order *order);

struct flight *flight_new(uint32_t rows);
void flight_free(struct flight *flight);

#endif
