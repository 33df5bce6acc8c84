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
    bool exists;  /* known, without an order id; else it is in doubt */
    bool repeats; /* a generation stands before it */
    uint64_t found;
    sluice_text title, status; /* as the provider lists it */
    char evidence[RESOLVE_TEXT];
    char others[200]; /* keys, when several orders are meant */
};

/* ---- cmd_ledger_ask.c: is it so? Positive: an exit code, what is wrong was printed. ------------- */

/* The order id is free, and the provider has that order under it, if it can be asked. */
int resolve_check_placed(struct resolving *resolving);
/* The provider, which must be asked unless somebody says otherwise, lists nothing that may be the order. */
int resolve_check_not_placed(struct resolving *resolving);

#endif
