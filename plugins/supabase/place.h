/* place.h - the statements that bring rows to their place in a table. */
#ifndef SUPABASE_PLACE_H
#define SUPABASE_PLACE_H

#include "merge.h"

/* What becomes of a stored raw_response and a new one. */
enum place_json {
    PLACE_JSON_MEMBERS, /* members of the new object replace those of the stored one */
    PLACE_JSON_WRAP,    /* what is stored isn't JSON, and becomes a member */
    PLACE_JSON_LEAVE,   /* the new one isn't JSON: what is stored stays */
};

/* How the rows come: COPY into a temporary table, gone with the transaction, or as VALUES. */
void place_begin(struct sql *sql, const struct merge *merge, bool copied);

struct place {
    const struct sql *literals; /* NULL: they were copied */
    /* Look first which rows would change something: a row that wouldn't then costs less than half as much,
     * and one that is new a fifth more. */
    bool look_first;
    enum place_json json;
};

/* Its result is a row whose first column is null, then how many rows were written, and how many should have
 * been. With look_first it may have strangers in front of it, orders whose id is another order's in the
 * table: row, and provider, account, IMEI of that, and the id. */
void place_rows(struct sql *sql, const struct merge *merge, const struct place *place);

#endif
