/* refused.h - the rows that a sink has refused: the first few are told of one by one, all of them in a sum.
 * What is wrong with a table is wrong with thousands of rows. */
#ifndef CORE_REFUSED_H
#define CORE_REFUSED_H

#include <stdatomic.h>

#include "batch.h"

enum { REFUSED_TOLD = 5, REFUSED_NAME = 160 };

/* Written by the sink's thread alone; read by any. */
struct refused {
    atomic_uint_fast64_t rows;
    atomic_uint_fast64_t orders; /* of them, those that were paid and that a store should keep */
};

/* Count it. Is it one of the few that are told of by themselves? */
bool refused_count(struct refused *refused);
/* "row 7"; what was settled, or comes out of the ledger, is of no row: "order 5000001". */
const char *refused_name(const struct batch *batch, uint32_t row, char name[REFUSED_NAME]);
/* Those that were not. */
uint64_t refused_untold(const struct refused *refused);

#endif
