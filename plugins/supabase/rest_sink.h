/* rest_sink.h - the sink over REST: what its parts share. */
#ifndef SUPABASE_REST_SINK_H
#define SUPABASE_REST_SINK_H

#include "options.h"
#include "rest.h"
#include "rest_history.h"
#include "rest_rows.h"
#include "way.h"

/* What the request at hand is for. */
enum rest_step {
    REST_COLUMNS,
    REST_KEY,
    REST_LOOK,
    REST_IMPORTED, /* has the table orders under ids that were made up? */
    REST_KIN,      /* the orders of the same IMEIs */
    REST_ADOPT,    /* one of them gets its own id */
    REST_INSERT,
    REST_UPDATE,
    REST_HISTORY, /* what came of the rows */
    REST_END
};

enum rest_imported { REST_IMPORTED_UNKNOWN, REST_IMPORTED_NONE, REST_IMPORTED_SOME };

enum rest_probe { REST_PROBE_COLUMNS, REST_PROBE_KEY, REST_PROBE_POLICY, REST_PROBE_HISTORY };

struct rest_sink {
    struct way way; /* first */
    const sluice_host *host;
    sluice_self *self;
    struct rest rest;
    const struct sink_options *options;
    sluice_texts keys; /* option 'conflict' */
    bool orders;
    struct rest_columns columns;
    uint32_t order_keys; /* of a table of orders: 1 order_id, 3 with provider and account; 0: not known yet */
    struct rest_layout layout;
    struct rest_rows rows;
    struct sql body;
    size_t look_bytes;  /* of their address; less after a gateway found one too long */
    uint32_t look_most; /* ids in one look: a reply may have fewer rows than are there */
    enum rest_imported imported;
    bool look_first;  /* the last rows were known already: so will these be */
    bool whole;       /* an update without all columns was refused */
    uint64_t update;  /* the values that the request at hand changes; UINT64_MAX: any */
    uint32_t updates; /* such requests of this call */
    bool said_extra, said_no_id;
    uint64_t unclaimed; /* rows that a request wrote, but it isn't known which */
    struct rest_history history;
    enum rest_step step;
    enum rest_probe probe;
};

/* The columns whose names nobody asked about: a request for no rows of them. False in *asked: all known. */
int rest_ask_columns(struct rest_sink *sink, sluice_request *request, bool *asked, sluice_error *error);
/* Its answer; one that is missing is taken note of. */
int rest_hear_columns(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                      sluice_error *error);
/* A request that makes the server plan an upsert of nothing: is there such a key, may it be written? */
int rest_ask_key(struct rest_sink *sink, sluice_request *request, sluice_error *error);
int rest_hear_key(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply, sluice_error *error);
/* The columns that tell rows apart. */
sluice_texts rest_keys(const struct rest_sink *sink);

/* The request for the step at hand; what its reply says, and so on to the next. */
int rest_ask_rows(struct rest_sink *sink, sluice_request *request, sluice_error *error);
int rest_hear_rows(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply, sluice_error *error);
void rest_next_step(struct rest_sink *sink);
/* A stored row's values, in the layout's order. 1: it can't be read; negative: failed. */
int rest_read_stored(struct rest_sink *sink, sluice_text object, sluice_text **old, sluice_error *error);
/* Is the row in the update at hand? */
bool rest_is_updated(const struct rest_sink *sink, const struct rest_row *row);

int rest_probe_build(struct rest_sink *sink, sluice_call *call, sluice_request *request, sluice_error *error);
int rest_probe_parse(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                     sluice_error *error);

#endif
