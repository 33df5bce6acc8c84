/* digest.h - one number for all orders of a store, by which two stores are compared without moving their
 * rows.
 *
 * Each value is hashed with its column's name, those of a row are put together with xor, and the rows are
 * added up: so neither the order of the rows nor that of the columns matters. The hash is the one that
 * Postgres calls hashtextextended, so that it can do the same by itself. An empty value counts nothing. */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include <stdbool.h>

#include <sluice/plugin.h>

enum { DIGEST_COLUMNS = 64 }; /* of more, none is made */

struct digest {
    uint64_t orders;  /* rows that have an id and an IMEI; the others don't count */
    uint64_t without; /* rows that have no IMEI */
    uint64_t sum;
    sluice_text names[DIGEST_COLUMNS]; /* that were hashed */
    uint32_t name_count;
    bool broken; /* it says nothing: the columns changed on the way, or were too many */
    char letters[DIGEST_COLUMNS * 64];
};

uint64_t digest_hash(sluice_text value, uint64_t seed);
/* Add the selected rows of a batch. */
void digest_add(struct digest *digest, const sluice_batch *batch);
/* What a store does by itself, a number for its rows or the time of their change, is no part of an order. */
bool digest_is_stores_own(sluice_text column);

/* An action that adds what passes to its configuration, a struct digest. */
extern const sluice_component digest_action;

#endif
