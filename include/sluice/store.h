/* store.h - what a sink that is a store of orders can be asked about itself: is everything there that it
 * needs, and make it.
 *
 * `sluice store check`, `sluice store init` and `sluice store init --print` call these on an opened sink;
 * nothing is ever written through it meanwhile. A sink whose store is behind an HTTP service answers
 * SLUICE_OP_CHECK_STORE instead of `check`, and has no `init` while it does. */
#ifndef SLUICE_STORE_H
#define SLUICE_STORE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Something that is missing, or wrong. Texts are copied. One with the same code and the same `what` is the
 * same, before and after init. */
typedef struct sluice_finding {
    uint32_t size;
    uint32_t reserved;
    sluice_text code;   /* short and stable: "column_missing" */
    sluice_text what;   /* what it is about: "orders.provider" */
    sluice_text text;   /* what is wrong with it, one line without a full stop */
    sluice_text remedy; /* what to do about it, likewise; null: `sluice store init` does it */
} sluice_finding;

/* One thread, the one that opened the sink. Every callback may be NULL. */
typedef struct sluice_store {
    uint32_t size;
    uint32_t reserved;
    /* Look, and change nothing: each thing found is said through host->finding. Nothing found: 0 all the
     * same. A failure: the store can't be looked at (it can't be reached, the credentials are refused). */
    int32_t (*check)(void *instance, sluice_error *error);
    /* Make what is missing, all of it or nothing; what is there is used as it is, and nothing is dropped. */
    int32_t (*init)(void *instance, sluice_error *error);
    /* What init does, for a person to run elsewhere. Needs no store at hand. `script` lives until close. */
    int32_t (*script)(void *instance, sluice_text *script, sluice_error *error);
    /* How many rows it has, and what their values in the columns `names` come to: the sum over all rows,
     * modulo 2^64, of the xor of the hashes of a row's values. Of a value that isn't empty it is the hash
     * that Postgres calls hashtextextended, of its text as the source reads it, with the FNV-1a of the
     * column's name (text_hash in text.h) as the seed. *rows comes in as the number that is expected; where
     * there are more or fewer, *sum need not be set. For a store that can tell faster than it can be read. */
    int32_t (*digest)(void *instance, sluice_texts names, uint64_t *rows, uint64_t *sum, sluice_error *error);
} sluice_store;

#ifdef __cplusplus
}
#endif
#endif
