/* tail.h - the rows that a run which crashed appended to a file: whole ones are known again when they
 * are delivered again, a torn one is cut off. */
#ifndef CSV_TAIL_H
#define CSV_TAIL_H

#include "target.h"

struct tail {
    uint64_t *hashes; /* open addressing; 0: free */
    uint32_t count, room;
};

/* Read the target's tail, if a crash left one, and cut the file back to its last whole row. */
int32_t tail_load(struct tail *tail, struct target *target, char delimiter, sluice_error *error);
/* Know every row that is in the file. */
int32_t tail_learn(struct tail *tail, struct target *target, char delimiter, sluice_error *error);
void tail_free(struct tail *tail);
/* Is this row, without its line end, one of the tail? */
bool tail_has(const struct tail *tail, const char *row, uint64_t length);

#endif
