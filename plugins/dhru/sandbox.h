/* sandbox.h - a local Dhru site: the same requests, the same replies, books of its own.
 *
 * State is kept through the host (remember, recall), so that it can outlive the process:
 *   o:ID            IMEI SERVICE PLACED_MS PRICE
 *   d:SERVICE:IMEI  ID       what makes a second order for it a duplicate */
#ifndef DHRU_SANDBOX_H
#define DHRU_SANDBOX_H

#include <stdbool.h>

#include <sluice/plugin.h>

#include <sluice/buffer.h>

/* How servers differ; the option `dialect`. */
enum dialect {
    DIALECT_ARRAY,  /* ERROR is a list of MESSAGE and FULL_DESCRIPTION, numbers are texts */
    DIALECT_STRING, /* ERROR is a plain text, numbers are numbers */
    DIALECT_LOWER,  /* names in lower case; a bulk reply is {SUCCESS: {reference: {status, …}}} */
    DIALECT_OBJECT  /* MESSAGE is an object, SUCCESS is a map */
};

struct sandbox_settings {
    sluice_text username;
    sluice_text api_key;
    sluice_text credit;
    int64_t complete_after; /* milliseconds from an order to its result */
    int64_t dialect;        /* enum dialect */
    int64_t parameters;     /* enum sandbox_reads */
    uint8_t bulk;           /* it has the bulk actions */
    int64_t catalogue_every;
};

/* Which form of `parameters` a single call may have. */
enum sandbox_reads { READS_BOTH, READS_XML, READS_JSON };

struct sandbox {
    const sluice_host *host;
    sluice_self *self;
    const struct sandbox_settings *settings;
    bool loaded; /* next_id and balance are as the kept orders say */
    int64_t next_id;
    int64_t balance; /* millionths, before anything is paid back */
    int64_t listed_ms;
    struct buffer out;
    bool latin1;
};

int32_t sandbox_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error);
void sandbox_close(void *instance);
extern const sluice_sandbox sandbox_server;

/* ---- what a reply is written with, in sandbox.c ------------------------------------------- */

/* A comma, unless an object has just begun. */
void sandbox_comma(struct sandbox *sandbox);
/* "name":"text", in the dialect's case; the flag `latin1` spoils the text as real sites do. */
void sandbox_member(struct sandbox *sandbox, const char *name, sluice_text text);
/* A number, or the same as a text. */
void sandbox_number(struct sandbox *sandbox, const char *name, int64_t number);
/* "ERROR":…, in the dialect's form. `message` may be all there is, `more` NULL. */
void sandbox_error(struct sandbox *sandbox, const char *message, const char *more);

/* ---- requests, in sandbox_request.c ------------------------------------------------------- */

/* One set of parameters: a single call has one, a bulk call one for each reference. */
struct sandbox_part {
    sluice_text reference; /* null: single */
    sluice_text id, imei;  /* null: missing */
};

enum { PARTS_MOST = 1000 };

/* Those of a single call, or of a bulk one; -1: they can't be read. Texts live in the arena. */
int sandbox_read_parts(const struct sandbox *sandbox, sluice_arena *arena, sluice_text parameters, bool bulk,
                       struct sandbox_part *parts);

/* ---- services, in sandbox_catalogue.c ----------------------------------------------------- */

struct sandbox_service {
    const char *id, *group, *title, *price, *time, *info;
    const char *type;
    const char *custom; /* the name of its own field; NULL: none */
    bool active;
};

const struct sandbox_service *sandbox_service_find(sluice_text id);
void sandbox_services(struct sandbox *sandbox);

/* ---- orders, in sandbox_orders.c ---------------------------------------------------------- */

void sandbox_load(struct sandbox *sandbox);
/* What the account has; the price of a rejected order is paid back once it is rejected. */
int64_t sandbox_credit(struct sandbox *sandbox);
void sandbox_place(struct sandbox *sandbox, sluice_arena *arena, const struct sandbox_part *parts, int count);
void sandbox_check(struct sandbox *sandbox, sluice_arena *arena, const struct sandbox_part *parts, int count,
                   sluice_sandbox_reply *reply);

#endif
