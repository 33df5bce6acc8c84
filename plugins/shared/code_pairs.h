/* code_pairs.h - the pairs of a result that have no column of their own, as JSON. Pure. */
#ifndef SHARED_CODE_PAIRS_H
#define SHARED_CODE_PAIRS_H

#include <sluice/buffer.h>
#include "code.h"

/* `,"pairs":{…}`; nothing when there are none. */
void code_write_pairs(struct buffer *raw, const struct code *code);

#endif
