/* action.h - the action: one call for each record, described by options. */
#ifndef HTTP_ACTION_H
#define HTTP_ACTION_H

#include <sluice/amount.h>
#include <sluice/identity.h>

#include "columns.h"
#include "list.h"
#include "verdicts.h"

enum { SERVICE_MOST = 64 };

/* The catalogue: a call of its own, or the prices that the pipeline names. */
struct services_call {
    struct target target;
    struct list list;
    sluice_text id, title, price, currency, category, time;
};

struct balance_call {
    struct target target;
    sluice_text amount, currency;
};

/* The orders that the provider lists, or one of them by its id. */
struct orders_call {
    struct target target;
    struct list list;
    sluice_text order_id, imei, service, service_title, created, client_ref, price, status;
    bool complete; /* every order since the oldest is in it */
};

struct action {
    const sluice_host *host;
    sluice_self *self;
    const struct settings *settings;
    struct shape shape;
    struct verdicts verdicts;
    struct columns columns;
    sluice_text service; /* the option, in normal form; null: not given */
    char service_room[SERVICE_MOST];
    bool about_orders; /* it places them, or asks about them by their ids */
    struct services_call services;
    struct balance_call balance;
    struct orders_call orders, order;
};

int32_t action_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
void action_close(void *instance);
extern const sluice_exchanger action_exchanger;

/* ---- in place.c: an order ------------------------------------------------------------------- */

int32_t place_identity(void *instance, const sluice_row *row, sluice_arena *arena, sluice_identity *out,
                       sluice_error *error);
int32_t place_build(struct action *action, sluice_call *call, sluice_request *request, sluice_error *error);
void place_parse(struct action *action, sluice_call *call, const sluice_reply *reply);
/* `01739` and `1739.0` are 1739; what is no number is a name. Null: neither. */
sluice_text place_service(sluice_text cell, char room[SERVICE_MOST]);
/* May it be one? */
bool place_is_order_id(sluice_text id);

/* ---- in check.c: what became of it, or what is known of a record ------------------------------ */

int32_t check_build(struct action *action, sluice_call *call, sluice_request *request, sluice_error *error);
int32_t check_parse(struct action *action, sluice_call *call, const sluice_reply *reply, sluice_error *error);

/* ---- in query.c: free calls about the account -------------------------------------------------- */

int32_t query_open(struct action *action, sluice_error *error);
void query_close(struct action *action);
int32_t query_build(struct action *action, sluice_call *call, sluice_request *request, sluice_error *error);
int32_t query_parse(struct action *action, sluice_call *call, const sluice_reply *reply, sluice_error *error);

/* ---- in words.c ---------------------------------------------------------------------------- */

enum { WORDS_TEXT = 400 };
/* The provider's own words, with the status in front: "HTTP 422: The deviceId is wrong". */
void words_of(const struct settings *settings, struct reply *reply, const sluice_reply *from,
              char out[WORDS_TEXT]);
/* An amount in a reply, as plain decimal text in `room`; null: none. */
sluice_text words_amount(const struct settings *settings, sluice_text text, char room[AMOUNT_TEXT]);
/* What the provider itself says; null: nothing. */
sluice_text words_own(const struct settings *settings, struct reply *reply);
/* A free call that came to nothing; 0: the reply is one to read. */
int32_t words_check(const sluice_host *host, const struct settings *settings, struct reply *reply,
                    const sluice_reply *from, sluice_error *error);

#endif
