/* order_list.h - the orders that a provider lists as placed: asked for, and compared with what the ledger
 * knows. Only those that it doesn't know are kept. One thread. */
#ifndef CORE_ORDER_LIST_H
#define CORE_ORDER_LIST_H

#include "arena.h"
#include "catalogue.h"
#include "client.h"
#include "ledger_settle.h"
#include "settle.h"

/* What the list says of an order beside what settle.h needs. */
struct listed_words {
    sluice_text identifier, service, title, created, status, price;
};

struct order_list {
    /* Set by the caller. */
    struct client *client;
    struct ledger *ledger;
    int64_t account; /* 0: the ledger knows nothing of it */
    const struct catalogue *catalogue;

    /* Orders that the ledger doesn't know, and what is known of the list as a whole. */
    struct settle_list list;
    const struct listed_words *words; /* beside list.orders */
    uint64_t listed;                  /* orders in the list, known or not */
    uint64_t untitled;                /* of list.orders, those whose service can't be told */
    uint64_t clock_orders;            /* orders that told how the provider's clock goes; 0: it isn't known */

    sluice_arena arena;
    struct settle_listed *orders;
    struct listed_words *kept;
    size_t room;
    int64_t *differences; /* of the provider's clock from when we sent: of orders that both know */
    size_t difference_room;
    struct order_list_mark {
        size_t count, differences;
        uint64_t listed, dated;      /* dated: their time has a zone */
        int64_t oldest_ms, local_ms; /* of these; of those without: by the provider's clock */
        bool whole, told;            /* each page said that it is complete; there was one */
        size_t asked;                /* of `count`: the ledger was asked about them */
    } now, mark;                     /* mark: before the page under way */
    bool reading;                    /* the ledger, in one look */
    sluice_error error;              /* of a callback */
};

/* Ask for the orders since then (0: the recent ones), all pages. */
int order_list_fetch(struct order_list *list, int64_t since_ms, sluice_error *error);
void order_list_free(struct order_list *list);

/* Who an order is that is written as `imei` and `service_id` in a list or a store: its normal form, as the
 * spending component makes it. False: it is none that could be ordered. */
bool order_list_identify(const struct instance *instance, sluice_arena *arena, sluice_text imei,
                         sluice_text service, sluice_identity *out);
/* The id of the only service with this title; null: there is none, or there are several. */
sluice_text order_list_service(const struct catalogue *catalogue, sluice_text title);

#endif
