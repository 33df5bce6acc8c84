/* cmd_ledger_resolve.h - the pieces of `ledger resolve`. Nobody else includes it. */
#ifndef CORE_CMD_LEDGER_RESOLVE_H
#define CORE_CMD_LEDGER_RESOLVE_H

#include "cmd_ledger_desk.h"

enum { RESOLVE_TEXT = 900 };

/* The order that is resolved; its texts are in the program's arena. */
struct resolving {
    struct desk desk;
    struct doubt doubt;
    const char *provider, *account, *pipeline, *pipeline_file;
    const char *placed, *reason;
    const char *file, *who;       /* NULL: the environment says whom to ask; the user of this machine */
    const struct component *asks; /* the action that sent it, when it is at hand; NULL otherwise */
    atomic_bool *stop;            /* then: when to give up asking */
    bool unchecked;
    bool exists;  /* known, without an order id; else it is in doubt */
    bool repeats; /* a generation stands before it */
    uint64_t found;
    sluice_text title, status; /* as the provider lists it */
    char evidence[RESOLVE_TEXT];
    char others[200]; /* keys, when several orders are meant */
};

/* ---- cmd_ledger_resolve.c ------------------------------------------------------------------- */

/* Find the order, ask the provider, and write what was decided. The desk is open, the answers are set. */
int resolve_order(struct resolving *resolving, const char *what);

/* ---- cmd_ledger_ask.c: is it so? Positive: an exit code, what is wrong was printed. ------------- */

/* The order id is free, and the provider has that order under it, if it can be asked. */
int resolve_check_placed(struct resolving *resolving);
/* The provider, which must be asked unless somebody says otherwise, lists nothing that may be the order. */
int resolve_check_not_placed(struct resolving *resolving);

#endif
