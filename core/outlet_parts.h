/* outlet_parts.h - what the files of the outlet share; nobody else includes it. Everything here is of the
 * outlet's thread, unless it says otherwise. */
#ifndef CORE_OUTLET_PARTS_H
#define CORE_OUTLET_PARTS_H

#include "outlet.h"

/* What was written since the last commit, a run at a time. */
struct pending {
    int64_t run, version;
    uint32_t rows;
    struct backlog_place place;
    int64_t since_us;
};

/* ---- outlet.c ------------------------------------------------------------------------------- */

void outlet_parcel_free(struct parcel *parcel);
/* Write what belongs here, and commit when that is due. `place`: where it stands in the ledger. */
int outlet_write_at(struct outlet *outlet, struct batch *batch, int64_t run,
                    const struct backlog_place *place, struct pending *pending, sluice_error *error);

/* ---- outlet_sink.c -------------------------------------------------------------------------- */

int outlet_sink_columns(struct outlet *outlet, const sluice_text *names, uint32_t count, sluice_error *error);
int outlet_sink_probe(struct outlet *outlet, sluice_error *error);
int outlet_sink_write(struct outlet *outlet, const sluice_batch *batch, sluice_changes *changes,
                      sluice_error *error);
int outlet_sink_commit(struct outlet *outlet, sluice_error *error);
int outlet_sink_finish(struct outlet *outlet, sluice_error *error);

/* ---- outlet_behind.c ------------------------------------------------------------------------ */

/* *turn: for outlet_take_page. */
bool outlet_is_behind(struct outlet *outlet, uint64_t *turn);
/* Was all that was given read from the ledger, and nothing beyond? Then what comes next can come through the
 * queue: no order is left out, none is written twice. Any thread, under the lock. */
bool outlet_has_caught_up(const struct outlet *outlet);
/* Read a page and write it, unless it comes through the queue meanwhile. *more: there was a page. */
int outlet_take_page(struct outlet *outlet, uint64_t turn, struct pending *pending, bool *more,
                     sluice_error *error);
/* Nothing since the last commit is kept: from there on it comes out of the ledger. *ended: no more will be
 * given. */
void outlet_step_back(struct outlet *outlet, struct pending *pending, bool *ended);

#endif
