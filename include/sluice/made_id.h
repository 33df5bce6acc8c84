/* made_id.h - an order id for an order whose own nobody knows: in an export without ids, in an old store.
 *
 * It is made of what tells such orders apart, so that the same order always has the same one, whoever reads
 * it: two ways to make it would be two orders. For the core and plugins alike; no state, no host. */
#ifndef SLUICE_MADE_ID_H
#define SLUICE_MADE_ID_H

#include <stdint.h>
#include <stdio.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_MADE_ID_PREFIX "import-"

enum { SLUICE_MADE_ID = 7 + 20 + 1 }; /* the prefix, 80 bits, the end */

__extension__ typedef unsigned __int128 sluice_uint128;

/* FNV-1a, 128 bits, letters in one case. */
static inline sluice_uint128 sluice_made_id_more(sluice_uint128 hash, sluice_text text) {
    const sluice_uint128 prime = ((sluice_uint128)1 << 88) + 0x13b;
    for (uint64_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c | 0x20);
        hash = (hash ^ c) * prime;
    }
    return (hash ^ 0x1f) * prime; /* the end of a value counts, too */
}

/* In `out`, terminated. */
static inline sluice_text sluice_made_id(sluice_text service, sluice_text identifier, sluice_text date,
                                         char out[SLUICE_MADE_ID]) {
    sluice_uint128 hash = ((sluice_uint128)UINT64_C(0x6c62272e07bb0142) << 64) + UINT64_C(0x62b821756295c58d);
    sluice_text id = {out, SLUICE_MADE_ID - 1};
    hash = sluice_made_id_more(sluice_made_id_more(sluice_made_id_more(hash, service), identifier), date);
    snprintf(out, SLUICE_MADE_ID, "%s%016llx%04x", SLUICE_MADE_ID_PREFIX, (unsigned long long)(hash >> 64),
             (unsigned)(hash & 0xffff));
    return id;
}

#ifdef __cplusplus
}
#endif
#endif
