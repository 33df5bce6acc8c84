/* rest_rows.h - the rows of one call on their way into the table: what is known of each, and what it is to
 * be. */
#ifndef SUPABASE_REST_ROWS_H
#define SUPABASE_REST_ROWS_H

#include "rest_merge.h"

enum rest_state {
    REST_TO_LOOK,    /* it may be in the table */
    REST_LOOKED_FOR, /* by the request at hand */
    REST_TO_INSERT,  /* it isn't there */
    REST_COMPARED,   /* with the stored orders of its IMEI, by the request at hand */
    REST_TO_ADOPT,   /* it is there under an id that was made up (`adopts`) */
    REST_TO_UPDATE,  /* it is there, and this one says more */
    REST_TO_PUT,     /* a table of no orders: in, whatever is there */
    REST_LATER,      /* another row of this call has the same key: after it */
    REST_DONE,
    REST_LEFT_OUT, /* an order without an id */
    REST_REFUSED   /* the key is another order's */
};

struct rest_row {
    enum rest_state state;
    bool written;  /* it has changed the table */
    bool compared; /* and isn't among them */
    sluice_text adopts;
    bool kept;           /* what it was to adopt stayed as it was */
    bool tried;          /* it was inserted, or is said to be there; if it isn't found now, it is hidden */
    sluice_text *values; /* in the layout's order */
    uint64_t changed;    /* which of them the stored row hasn't (rest_bit) */
    sluice_text reason;
};

struct rest_rows {
    const struct rest_layout *layout;
    struct rest_row *items;
    uint32_t count;
    uint32_t *slots; /* of a hash table: index of a row that isn't LATER, plus 1 */
    uint32_t mask;
    struct pool pool;
};

/* Take the rows of a call. False: out of memory. */
bool rest_rows_take(struct rest_rows *rows, const struct rest_layout *layout, const sluice_row *given,
                    uint32_t count, enum rest_state state);
/* The row with these keys, or NULL. */
struct rest_row *rest_rows_find(struct rest_rows *rows, const sluice_text *keys);
uint32_t rest_rows_count(const struct rest_rows *rows, enum rest_state state);
void rest_rows_move(struct rest_rows *rows, enum rest_state from, enum rest_state to);
/* Those that waited for another row of their key: their turn. False: there are none. */
bool rest_rows_next_turn(struct rest_rows *rows);
void rest_rows_free(struct rest_rows *rows);

#endif
