/* cmd_store.h - the pieces of `sluice store`. Nobody else includes it. */
#ifndef CORE_CMD_STORE_H
#define CORE_CMD_STORE_H

#include <stdbool.h>

#include "digest.h"
#include "finding.h"
#include "program.h"

/* Take every order of one store into another, then compare. The exit code, or a negative failure. */
int store_copy(struct program *program, const char *from, const char *to);

/* What the store of a pipeline lacks, and its name as it may be shown. Failures as store_bind. */
int store_look(struct program *program, const char *file, struct findings *out, char *name, size_t room);
/* Is everything there that the store needs? 1: something isn't. `name`: as store_bind_named; NULL: that of
 * --file, else of the environment. */
int store_check(struct program *program, const char *name);
/* Make what is missing, or show how (--print). */
int store_init(struct program *program, const char *name);

/* What a comparison found. */
struct verified {
    uint64_t orders;           /* of FROM, that have an id and an IMEI */
    uint64_t without;          /* of FROM, that have no IMEI: they can't be in TO */
    uint64_t missing;          /* aren't in TO */
    uint64_t emptied;          /* are, but a value of FROM is empty there */
    uint64_t differ;           /* are, and TO knows something else */
    uint64_t from_sum, to_sum; /* of all values that FROM has, and of the same ones in TO */
    char first[200];           /* what is missing or emptied, as an example */
};

/* Has TO just the orders that passed, each with the same values? False: each is to be looked at. */
bool store_same_digest(struct program *program, const char *to, const struct digest *from,
                       struct verified *out);
/* Is every order of FROM in TO, with all of its values? Failures as store_bind. */
int store_verify(struct program *program, const char *from, const char *to, struct verified *out);

#endif
