/* backlog.h - what a sink hasn't got yet, out of the ledger, a page at a time.
 *
 * First of the runs of the pipeline that were over when this one began, the oldest first; then of this one.
 * A run that ends later isn't among them: its orders would be passed over where their versions lie behind
 * what was read already, and the cursor would hide that. */
#ifndef CORE_BACKLOG_H
#define CORE_BACKLOG_H

#include <stdbool.h>

#include "batch.h"
#include "ledger.h"
#include "packer.h"

struct backlog_place {
    size_t at;       /* in `runs` */
    int64_t version; /* of that run, up to here */
};

struct backlog {
    struct ledger_site site;
    const char *sink;
    int64_t *runs; /* the last one is this run */
    size_t run_count, run_room;
    struct ledger *ledger; /* of the thread that reads; opened when first needed */
    sluice_error error;
};

struct page {
    struct batch *batch; /* NULL: there is nothing behind the place for now */
    struct backlog_place place;
};

/* With the ledger of the caller, which isn't kept. `sink` and the texts of `site` must live as long. */
int backlog_open(struct backlog *backlog, struct ledger *ledger, const struct ledger_site *site, int64_t run,
                 const char *sink, sluice_error *error);
/* The orders that come next behind `from`, a batch of them. Always from the same thread. */
int backlog_read(struct backlog *backlog, const struct backlog_place *from, struct page *page,
                 sluice_error *error);
/* Only this run's own orders may still come? */
bool backlog_at_own(const struct backlog *backlog, const struct backlog_place *place);
int64_t backlog_run(const struct backlog *backlog, const struct backlog_place *place);
void backlog_close(struct backlog *backlog);

/* An order as the ledger delivers it, into a batch for a sink. */
int backlog_pack(struct packer *packer, const struct delivery *delivery, sluice_error *error);

#endif
