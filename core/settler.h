/* settler.h - settles the orders of one account that are in doubt: asks the provider what it lists, decides
 * by settle.h, and writes the decisions with their evidence into the ledger. It sends nothing that is paid.
 * One thread: the ledger's. */
#ifndef CORE_SETTLER_H
#define CORE_SETTLER_H

#include "catalogue.h"
#include "client.h"
#include "ledger_settle.h"
#include "settle.h"

/* What was decided of one order. Texts are valid until told() returns. */
struct settler_news {
    int64_t order, run; /* the run that sent it */
    struct order_key key;
    uint64_t row;
    sluice_text service, identifier, order_id; /* order_id: null where there is none */
    money price;
    enum settle_kind kind;
    sluice_text text; /* evidence; STAYS: the reason */
};

struct settler {
    /* Set by the caller. */
    struct ledger *ledger;
    struct client *client;
    const struct catalogue *catalogue;
    const char *place; /* for messages */
    sluice_text provider, account;
    int64_t run; /* who settles */
    struct settle_rules rules;
    bool seeds; /* T0, too: what is listed and not known becomes `exists` */
    bool own;   /* only what `run` sent itself */
    /* After the commit, of each order that was in doubt. May be NULL. */
    void (*told)(void *user, const struct settler_news *news);
    void *user;
    /* Only say what would be decided, and write nothing: `ledger` may be one for reading, or NULL. What T0
     * would take note of goes to foreign(). */
    bool dry;
    void (*foreign)(void *user, const struct order_key *key, const struct settle_listed *order);
    /* With `seeds`, dry or not: what is listed under a title that doesn't tell the service. May be NULL. */
    int (*untold)(void *user, const struct settle_listed *order, sluice_text title, sluice_error *error);

    /* What came of it. */
    uint64_t kinds[SETTLE_ABSENT + 1];
    uint64_t later;    /* of those that stay, those that a later list may decide on */
    int64_t later_ms;  /* then it may decide on all of these */
    uint64_t listed;   /* orders in the provider's list */
    uint64_t found;    /* T0; all of them wait for the sinks of `run`, if it has any */
    int64_t before;    /* version: what was settled has higher ones */
    bool list_is_used; /* there was something to ask for */
};

/* The columns that a sink gets with an order that was settled as placed. */
enum { SETTLER_CREDITS = 3, SETTLER_DATE = 4, SETTLER_COLUMNS = 9 };

struct settler_columns {
    sluice_text values[SETTLER_COLUMNS];
    char price[MONEY_TEXT], date[24];
};

/* Does nothing, without asking, when nothing is in doubt and `seeds` isn't set. */
int settler_run(struct settler *settler, sluice_error *error);

/* The names of all columns that settler_record may give. */
const sluice_text *settler_names(uint32_t *count);
/* How the order counts for a sink: order_id, service_id, service_name, credits, order_date, provider,
 * account, status, and imei, which one that is known from no input needs (`whole`). `title` and `status` may
 * be null. The record points into `columns`. */
struct record settler_record(const struct settler *settler, const struct doubt *doubt, sluice_text order_id,
                             sluice_text title, sluice_text status, bool whole,
                             struct settler_columns *columns);

#endif
