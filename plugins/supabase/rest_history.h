/* rest_history.h - history.h over REST: a row of import_history for each file that was imported. */
#ifndef SUPABASE_REST_HISTORY_H
#define SUPABASE_REST_HISTORY_H

#include <sluice/plugin.h>

#include "rest.h"

struct rest_history_file {
    char *name;
    char id[24];                /* of its row; "": it has none yet */
    uint64_t imported, skipped; /* rows that changed the store; all others */
    bool changed;               /* since they were written */
    bool looked;                /* for the newest row: */
    char newest[24];            /* its id; "": there was none */
    bool sent;                  /* its row was, and what came of that isn't known */
    unsigned looks;             /* for it that were in vain */
};

struct rest_history {
    bool kept;
    struct rest_history_file *files;
    size_t count, room;
    bool asks; /* the request at hand only looks */
};

#define REST_HISTORY_TABLE "import_history"

/* What came of a row. False: out of memory. */
bool rest_history_add(struct rest_history *history, sluice_text file, bool imported);
/* Is something left to be written? */
bool rest_history_waits(const struct rest_history *history);
/* The request that writes the first of it; what its reply says. 1: this one can't be read. */
int rest_history_ask(struct rest_history *history, struct rest *rest, struct sql *body,
                     sluice_request *request, sluice_error *error);
int rest_history_hear(struct rest_history *history, struct rest *rest, sluice_call *call,
                      const sluice_reply *reply, sluice_error *error);
/* Tell what came of the rows of each file. */
void rest_history_say(const struct rest_history *history, const sluice_host *host, sluice_self *self);
void rest_history_free(struct rest_history *history);

#endif
