/* sink_parts.h - what the files of the sink share. Nobody else includes it. */
#ifndef CSV_SINK_PARTS_H
#define CSV_SINK_PARTS_H

#include "layout.h"
#include "sink.h"
#include "tail.h"
#include "target.h"
#include "writer.h"

enum { FORMAT_PLAIN, FORMAT_GSM_FUSION };

struct sink {
    const sluice_host *host;
    sluice_self *self;
    const struct sink_config *config;
    struct target target;
    struct writer writer;
    struct layout layout;
    struct tail tail;
    bool opened;     /* the target is open, its tail is known */
    bool laid_out;   /* the layout is known */
    bool headed;     /* the file's header is checked or, in a new file, is to be written with the first row */
    bool formed;     /* a column has a form of its own */
    bool said_field; /* a warning about fields was given */
    bool said_nul;   /* … and one about NUL bytes */
    bool rejects;    /* records of on_reject, to append: see aside.h */
    bool spends;     /* orders, to append: likewise */
    char *home;      /* the path that was asked for, once another file takes the records */
    const sluice_text **cells; /* of the batch at hand, by column of the layout; NULL: no such field */
    const sluice_text *codes;  /* result_code, for LAYOUT_CODE */
    const sluice_text *ids;    /* order_id */
    char *scratch;
    size_t scratch_room;
};

int32_t sink_fail_memory(const struct sink *sink, sluice_error *error);
/* Open the target once, and know the layout's place in what is there already. `written`: there are records.
 */
int32_t sink_prepare(struct sink *sink, bool written, sluice_error *error);
/* Paid for, or rejected: there is no run to end for its columns any more. */
bool sink_may_go_aside(const struct sink *sink);

/* ---- sink_columns.c ------------------------------------------------------------------------- */

/* Where the batch has what the layout wants; the first batch decides the layout if nothing else does. */
int32_t sink_find_columns(struct sink *sink, const sluice_batch *batch, sluice_error *error);

/* ---- sink_rows.c ---------------------------------------------------------------------------- */

/* False: no memory. Nothing is done where there is one. */
bool sink_put_header(struct sink *sink);
int32_t sink_take_row(struct sink *sink, uint32_t row, sluice_changes *out, sluice_error *error);
/* What is in the buffer goes to the target. */
int32_t sink_flush(struct sink *sink, sluice_error *error);

#endif
