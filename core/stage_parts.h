/* stage_parts.h - what the files of the stage share. Nobody else includes it. */
#ifndef CORE_STAGE_PARTS_H
#define CORE_STAGE_PARTS_H

#include "stage.h"

/* ---- stage_intake.c: rows that wait to be asked about -------------------------------------- */

struct inflow {
    struct queue_item item; /* first */
    struct inflow *next;
    struct batch *batch;
    uint32_t at; /* of the selected rows, the next */
};

/* Take batches out of the queue until there is enough for a call, or nothing more for now. */
void stage_take(struct stage *stage);
/* The next call about rows that wait; NULL: there are none. */
struct inquiry *stage_cut(struct stage *stage);
/* A batch for some of the rows of `in`, and room for their numbers; NULL: no memory. */
struct batch *stage_selection(const struct batch *in, uint32_t **rows);
/* Nothing more is asked: those rows are skipped. */
void stage_drop_inflow(struct stage *stage);

/* ---- stage_due.c: rows that were asked about not long ago ----------------------------------- */

void stage_due_open(struct stage *stage, const char *state_dir);
/* Those that it is time to ask about; the others are skipped. The reference is taken over. NULL: no memory.
 */
struct batch *stage_pick_due(struct stage *stage, struct batch *batch);
/* The service has answered about this row. */
void stage_due_note(struct stage *stage, const sluice_row *row, const struct verdict *verdict);
/* What was noted of the rows that go on now. */
void stage_due_keep(struct stage *stage);
void stage_due_report(const struct stage *stage);

/* ---- stage.c: calls ------------------------------------------------------------------------ */

struct inquiry *stage_inquiry(struct stage *stage, uint32_t rows);
void stage_keep_spare(struct stage *stage, struct inquiry *inquiry);
/* Send it (again), not before that time. */
void stage_again(struct stage *stage, struct inquiry *inquiry, int64_t not_before_us);

/* ---- stage_end.c: what the end of a call means --------------------------------------------- */

void stage_landed(struct stage *stage, struct inquiry *inquiry, const struct http_result *result);
/* It couldn't be built or started. */
void stage_unsent(struct stage *stage, struct inquiry *inquiry, const sluice_error *error);
/* Nothing more is asked: its rows are skipped. */
void stage_skip(struct stage *stage, struct inquiry *inquiry);

/* ---- stage_output.c: rows that go on ------------------------------------------------------- */

/* What was said of a row in a column that the action adds. */
sluice_text stage_added_value(const struct stage *stage, const struct verdict *verdict, const char *name);
/* A batch whose rows aren't asked about goes on as it is; the reference is taken over. */
void stage_pass(struct stage *stage, struct batch *batch);
/* The rows of the call for which done[index] is true (NULL: all) go on, with their verdicts. */
void stage_pass_rows(struct stage *stage, struct inquiry *inquiry, const bool *done);
/* They go on as they came; why, was said. */
void stage_pass_unchanged(struct stage *stage, struct inquiry *inquiry);
void stage_fail_rows(struct stage *stage, struct inquiry *inquiry);
void stage_on_full(void *stage, struct batch *batch);
void stage_report(const struct stage *stage);

#endif
