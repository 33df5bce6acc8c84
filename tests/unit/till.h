/* till.h - a run that pays, put together as runner.c does it: shop, ledger, spend, two sinks, on_reject. */
#ifndef TESTS_TILL_H
#define TESTS_TILL_H

#include "run.h"
#include "shelf.h"
#include "shop.h"
#include "spend.h"

struct till {
    struct shop *shop;
    struct registry *registry; /* for the file that takes what on_reject can't keep */
    struct pipeline pipeline;
    struct component component, sinks[2], reject_sink;
    struct components rejecting;
    struct instance instance;
    struct run run;
    struct ledger *ledger;
    struct spend spend;
    money balance;                       /* as it was read before the run; MONEY_NONE: unknown */
    struct shelf store, shelf, rejected; /* sinks "store" and "shelf" */
    struct outlet outlets[2];
    struct backlog backlogs[2];
    char dir[256];
    sluice_error error;
    int exit_code;
};

/* Everything but the threads; the directory may hold the ledger of an earlier till. `rules` and `limits` may
 * be changed before till_start. */
void till_open(struct till *till, struct shop *shop, const char *dir);
void till_start(struct till *till);
/* Rows as harness_batch takes them. */
void till_give(struct till *till, const char *const *rows);
/* The input has ended: wait for everything, close the run. Checks that the sums hold. */
void till_finish(struct till *till);
void till_close(struct till *till);
/* All of it: open, start, give, finish. Close it afterwards. */
void till_run(struct till *till, struct shop *shop, const char *dir, const char *const *rows);

#define TILL_ROWS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* "placed 2 duplicate 1", those that aren't 0; static memory. */
const char *till_sums(const struct till *till);
/* The same for what the ledger holds of all runs: "placed 2 in_doubt 1". */
const char *till_states(struct till *till);
uint64_t till_undelivered(struct till *till);
void till_check_column(struct shelf *shelf, const char *name, const char *expected);

#endif
