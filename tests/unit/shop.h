/* shop.h - a provider for tests: a component that spends, and the server it talks to, over real HTTP.
 *
 * A reply is a list of lines that the component passes on as it reads them:
 *     placed ROW ORDER_ID [PRICE]      rejected ROW CODE TEXT…     duplicate ROW TEXT…   doubt ROW TEXT…
 *     no_credit ROW TEXT…   auth ROW TEXT…   later ROW MS TEXT…    unknown ROW TEXT…     (ROW may be '*')
 *     checked ROW STATUS   refunded ROW STATUS TEXT…   kept ROW
 *     candidate ORDER_ID IDENTIFIER SERVICE|- DATE TIME TITLE…   listing COMPLETE [DATE TIME]
 *     service ID PRICE TITLE…   balance AMOUNT CURRENCY   record A|B   more COOKIE   fail CODE TEXT…
 *     config ROW TEXT…   token REQUESTS   expired ROW TEXT… */
#ifndef TESTS_SHOP_H
#define TESTS_SHOP_H

#include <pthread.h>

#include <sluice/plugin.h>

#include "host.h"
#include "http_server.h"

enum { SHOP_HELD = 64, SHOP_ORDERS = 4096 };

struct shop {
    struct http_server http;
    uint32_t list; /* rows in a call */
    bool settles;  /* it lists orders */
    bool logs_in;  /* requests need a token, which is good for some of them */
    unsigned token;
    /* The lines for a request with this body ("op=place&service=1739&imei=1,2"), written to `out`. NULL or
     * false: every identifier is placed; the services 1739 (0.50) and 1740 (0.08), a balance of 100.00 USD.
     */
    bool (*reply)(struct shop *shop, const char *body, char *out, size_t room);
    enum http_then then; /* HTTP_CLOSE, HTTP_RESET: the request is read and charged, but not answered */
    const char *status;  /* "200 OK" */
    const char *headers; /* "" */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t moved;
    bool held; /* paid requests are charged and wait for their reply */
    int waiting[SHOP_HELD];
    char *replies[SHOP_HELD];
    unsigned waiting_count, most_waiting;
    unsigned paid, free; /* requests so far */
    char *charged[SHOP_ORDERS];
    unsigned charges, next_order;
};

/* The configuration of the component is the shop itself. Columns: imei, service_id (1739 when empty). An imei
 * "bad" can't be ordered; "boom" ends the run; "unbuildable" makes no request. */
extern const sluice_component shop_place;
/* A free action: column order_id, adds status. `unknown *` and `doubt *` ask for halves, if there are any. */
extern const sluice_component shop_check;
/* A sink. `rejected *` and `later *` ask for halves. */
extern const sluice_component shop_sink;
/* A source that asks the shop for pages; adds columns a and b. */
extern const sluice_component shop_pages;

void shop_open(struct shop *shop);
/* How it behaves from now on; status NULL: 200. Before the first request the members may be set, too. */
void shop_behave(struct shop *shop,
                 bool (*reply)(struct shop *shop, const char *body, char *out, size_t room),
                 enum http_then then, const char *status);
void shop_close(struct shop *shop);
/* From now on paid requests wait; shop_release answers those that do, and all later ones at once. */
void shop_hold(struct shop *shop);
void shop_release(struct shop *shop);
/* Answer the one that waits longest. */
void shop_release_one(struct shop *shop);
/* Wait until so many paid requests wait for their reply, or have come in all. */
void shop_await_waiting(struct shop *shop, unsigned count);
void shop_await_paid(struct shop *shop, unsigned count);
unsigned shop_paid(struct shop *shop);
unsigned shop_asked(struct shop *shop); /* free requests */
/* How often an identifier was charged. */
unsigned shop_charges(struct shop *shop, const char *identifier);

#endif
