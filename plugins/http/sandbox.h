/* sandbox.h - two local servers that sell checks over JSON, each in the manner of a well-known one.
 *
 * State is kept through the host (remember, recall), so that it can outlive the process:
 *   o:ID            IMEI SERVICE PLACED_MS PRICE
 *   d:SERVICE:IMEI  ID       what makes a second order for it a duplicate */
#ifndef HTTP_SANDBOX_H
#define HTTP_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/plugin.h>

#include <sluice/buffer.h>

enum sandbox_api { API_IMEICHECK, API_SICKW };

struct sandbox_settings {
    int64_t api; /* enum sandbox_api */
    sluice_text api_key;
    sluice_text credit;
    int64_t complete_after; /* milliseconds from an order to its result */
};

struct sandbox {
    const sluice_host *host;
    sluice_self *self;
    const struct sandbox_settings *settings;
    bool loaded; /* next_id and balance are as the kept orders say */
    int64_t next_id;
    int64_t balance; /* millionths, before anything is paid back */
    struct buffer out;
    size_t start; /* of the JSON in it */
    bool list;    /* it is a list, not an object */
    bool latin1;
};

int32_t sandbox_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error);
void sandbox_close(void *instance);
extern const sluice_sandbox sandbox_server;

/* ---- what a reply is written with, in sandbox.c ------------------------------------------- */

/* A parameter of the query or the form; null: there is none. */
sluice_text sandbox_parameter(const sluice_sandbox_request *request, const char *name);
/* "name":"text"; the flag `latin1` spoils the text as real servers do. */
void sandbox_member(struct sandbox *sandbox, const char *name, sluice_text text);
/* The reply is a list: what was written of an object is dropped. */
void sandbox_begin_list(struct sandbox *sandbox);
/* "name":"0.08" */
void sandbox_amount(struct sandbox *sandbox, const char *name, int64_t micros);

/* ---- orders and services, in sandbox_orders.c ---------------------------------------------- */

struct sandbox_service {
    const char *id, *title, *price;
    bool active;
};

extern const struct sandbox_service sandbox_services[]; /* ends with an id of NULL */

struct sandbox_order {
    int64_t id, placed_ms, price;
    char imei[40], service[24];
};

enum sandbox_state { ORDER_WAITING, ORDER_PROCESSING, ORDER_SUCCESSFUL, ORDER_UNSUCCESSFUL };

/* Why an order isn't taken. */
enum sandbox_refusal {
    REFUSED_NOT,
    REFUSED_AUTH,
    REFUSED_MAINTENANCE,
    REFUSED_SERVICE,
    REFUSED_IMEI,
    REFUSED_DUPLICATE,
    REFUSED_CREDIT
};

void sandbox_load(struct sandbox *sandbox);
/* What the account has; the price of a check without a result is paid back. */
int64_t sandbox_credit(struct sandbox *sandbox);
/* Charge for it, unless it is refused. */
enum sandbox_refusal sandbox_place(struct sandbox *sandbox, sluice_arena *arena, sluice_text service,
                                   sluice_text imei, struct sandbox_order *order);
bool sandbox_find(const struct sandbox *sandbox, sluice_arena *arena, sluice_text id,
                  struct sandbox_order *order);
/* Newest first, from the `from`-th on; 1 from `each` stops. Returns how many there are. */
int64_t sandbox_each(struct sandbox *sandbox, sluice_arena *arena, int64_t from,
                     int (*each)(struct sandbox *sandbox, const struct sandbox_order *order, void *user),
                     void *user);
enum sandbox_state sandbox_state(const struct sandbox *sandbox, const struct sandbox_order *order);
const struct sandbox_service *sandbox_service_of(const struct sandbox_order *order);
/* The key is wrong, or the fault says so. */
bool sandbox_refuses_key(const struct sandbox *sandbox, sluice_text key);

/* ---- the two ------------------------------------------------------------------------------- */

void imeicheck_answer(struct sandbox *sandbox, const sluice_sandbox_request *request,
                      sluice_sandbox_reply *reply);
void sickw_answer(struct sandbox *sandbox, const sluice_sandbox_request *request,
                  sluice_sandbox_reply *reply);

#endif
