/* clerk_parts.h - what the files of the clerk share. Nobody else includes it. */
#ifndef CORE_CLERK_PARTS_H
#define CORE_CLERK_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "catalogue.h"
#include "chain.h"
#include "clerk_errand.h"
#include "handout.h"
#include "host.h"
#include "ledger.h"
#include "order.h"
#include "pipeline.h"
#include "program.h"
#include "service.h"
#include "store.h"

/* A catalogue that several look at while a newer one is heard. */
struct offered {
    atomic_uint references;
    struct catalogue catalogue;
    int64_t heard_ms;
};

struct credit {
    struct balance balance;
    struct ledger_counted counted; /* by the ledger, when the balance was heard */
    int64_t heard_ms;
};

/* What the provider said last. */
struct offer {
    pthread_mutex_t asking;   /* of the instance, while the provider is asked: others want the same answer */
    bool opened;              /* the pipeline has an action that spends */
    struct instance instance; /* its */
    struct inputs inputs;
    sluice_text provider, account;

    pthread_mutex_t lock;                           /* of what follows */
    struct offered *offered;                        /* NULL: not heard yet */
    struct credit credit;                           /* heard_ms 0: not yet */
    int64_t catalogue_until_us, credit_until_us;    /* not asked again before, unless it is meant */
    sluice_error catalogue_trouble, credit_trouble; /* of the last question; code 0: none */
};

struct clerk {
    struct clerk_post post;
    const struct program *program; /* the service's: its arguments and plugins */
    atomic_bool stopping;
    struct offer offer;
    struct errands errands;
    char *store;                /* its name, as the ledger keeps it; NULL: the pipeline has none */
    pthread_mutex_t store_lock; /* of what follows */
    sluice_error store_trouble; /* of the last question to the store; code 0: none */
    int64_t store_ms;           /* when it was asked; 0: not yet */
};

/* ---- clerk.c -------------------------------------------------------------------------------- */

/* A program of its own for one question: what it finds wrong is in its error. */
void clerk_begin(const struct clerk *clerk, struct program *out);
void clerk_end(struct program *program);
struct ledger_site clerk_site(const struct clerk *clerk);
/* NULL and 0: nothing was ever ordered here. */
int clerk_open_ledger(const struct clerk *clerk, struct ledger **out, sluice_error *error);
void clerk_strike_out(char *text);
/* The action that spends; NULL: none does. */
const struct component *clerk_spender(const struct clerk *clerk);

/* ---- clerk_store.c -------------------------------------------------------------------------- */

int clerk_store(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
int clerk_count_store(struct clerk *clerk, const sluice_query *asked, struct handout *out,
                      sluice_error *error);
/* The orders of these ids, as they come. */
int clerk_store_orders(struct clerk *clerk, const sluice_text *ids, size_t count,
                       int (*each)(void *user, const sluice_row *row), void *user, sluice_error *error);
/* What STORE would give, without keys; `each` takes over the reference. */
int clerk_store_batches(struct clerk *clerk, const sluice_query *asked,
                        int (*each)(void *user, struct batch *batch, sluice_error *error), void *user,
                        sluice_error *error);

/* ---- clerk_export.c ------------------------------------------------------------------------- */

int clerk_export(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
/* Remove what a process that was killed has left of its own. */
void clerk_export_sweep(const char *state_dir);

/* ---- clerk_ledger.c ------------------------------------------------------------------------- */

int clerk_ledger(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
int clerk_history(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);

/* ---- clerk_offer.c -------------------------------------------------------------------------- */

int clerk_catalogue(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
int clerk_balance(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
int offer_begin(struct clerk *clerk, sluice_error *error);
/* What is known, no older than it may be. A provider that can't be asked is no failure while something is
 * known. The caller gives its reference back. */
int offer_catalogue(struct clerk *clerk, bool fresh, struct offered **out, sluice_error *error);
void offered_unref(struct offered *offered); /* NULL: nothing */
int offer_credit(struct clerk *clerk, bool fresh, struct credit *out, sluice_error *error);
/* What is left of a balance after what was counted since. */
int credit_left(const struct clerk *clerk, const struct credit *credit, struct ledger *ledger, money *out,
                sluice_error *error);
void offer_end(struct offer *offer);

/* ---- clerk_forecast.c: rows that somebody may submit, as far as the paid action ----------------- */

enum { FORECAST_ROWS = HANDOUT_PAGE };

struct forecast {
    struct clerk *clerk;
    const sluice_batch *rows;
    uint32_t read; /* of the selected ones */
    struct chain chain;
    struct inputs inputs;
    struct ledger *ledger; /* NULL: nothing was ever ordered */
    struct offered *offered;
    struct order_maker maker;
    struct repeat repeat;
    char currency[16];
    struct chain_counts counts;
    uint64_t passed; /* left out by `where` */
    /* A row that can't become an order; `number` from 1. */
    void (*refused)(void *user, uint64_t number, const char *code, sluice_text reason);
    void *user;
};

int forecast_open(struct forecast *forecast, struct clerk *clerk, const sluice_query *asked,
                  sluice_error *error);
/* The next rows that the paid action would be given; NULL and no error: none of these. Their numbers are
 * those of the rows, from 1. */
struct batch *forecast_next(struct forecast *forecast, sluice_error *error);
bool forecast_has_more(const struct forecast *forecast);
void forecast_close(struct forecast *forecast);

/* ---- clerk_known.c, clerk_plan.c, clerk_status.c -------------------------------------------- */

int clerk_known(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
int clerk_plan(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
int clerk_acts(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
int clerk_act(struct clerk *clerk, const sluice_act *given, sluice_acted *out, sluice_error *error);
int clerk_status(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
/* What counts as spent today, and the day. */
int clerk_spent_today(struct clerk *clerk, struct ledger *ledger, sluice_text provider, sluice_text account,
                      money *out, sluice_error *error);

#endif
