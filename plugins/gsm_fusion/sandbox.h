/* sandbox.h - a local GSM Fusion: the same requests, the same replies, books of its own.
 *
 * State is kept through the host (remember, recall), so that it can outlive the process:
 *   o:ID            IMEI SERVICE PLACED_MS PRICE
 *   d:SERVICE:IMEI  ID       what makes a second order for it a duplicate */
#ifndef GSM_FUSION_SANDBOX_H
#define GSM_FUSION_SANDBOX_H

#include <stdbool.h>

#include <sluice/plugin.h>

#include <sluice/buffer.h>

struct sandbox_settings {
    sluice_text username;
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
    bool latin1, bare_amp; /* of the reply at hand */
};

int32_t sandbox_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error);
void sandbox_close(void *instance);
extern const sluice_sandbox sandbox_server;

/* ---- what a reply is written with, in sandbox.c ------------------------------------------- */

/* Text as XML; the flags `bare-amp` and `latin1` spoil it as real sites do. */
void sandbox_text(struct sandbox *sandbox, sluice_text text);
/* <name>text</name> */
void sandbox_element(struct sandbox *sandbox, const char *name, sluice_text text);
void sandbox_error(struct sandbox *sandbox, const char *text);

/* ---- services, in sandbox_catalogue.c ----------------------------------------------------- */

struct sandbox_service {
    const char *id, *category, *title, *price, *time, *must_read;
    const char *field; /* the name of its own parameter; NULL: none */
};

const struct sandbox_service *sandbox_service_find(sluice_text id);
void sandbox_services(struct sandbox *sandbox);

/* ---- orders, in sandbox_books.c, sandbox_place.c and sandbox_orders.c ---------------------- */

void sandbox_load(struct sandbox *sandbox);
/* What the account has; the price of a rejected order is paid back once it is rejected. Looks at each order.
 */
int64_t sandbox_credit(struct sandbox *sandbox);
void sandbox_place(struct sandbox *sandbox, sluice_arena *arena, sluice_text service, sluice_text imeis);
void sandbox_orders(struct sandbox *sandbox, sluice_arena *arena, sluice_text order_ids,
                    sluice_sandbox_reply *reply);

/* ---- results, in sandbox_result.c --------------------------------------------------------- */

enum sandbox_status {
    SANDBOX_PENDING = 1,
    SANDBOX_COMPLETED = 2,
    SANDBOX_REJECTED = 3,
    SANDBOX_IN_PROCESS = 4
};

/* One IMEI in sixteen is rejected in the end. */
bool sandbox_is_rejected(sluice_text imei);
/* <statusId> and <status>, or <status> alone. */
void sandbox_status(struct sandbox *sandbox, sluice_text imei, enum sandbox_status status);
/* The CODE of a completed order, as XML content: which form it has and what it says follow from the
 * IMEI alone. */
void sandbox_code(struct sandbox *sandbox, sluice_text imei);
/* That of a rejected one. */
void sandbox_reason(struct sandbox *sandbox, sluice_text imei);

#endif
