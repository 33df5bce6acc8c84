#include "order_id.h"

#include <stdio.h>
#include <string.h>

static const char prefix[] = "import-";

bool order_id_is_made_up(sluice_text id) {
    return id.len > sizeof prefix - 1 && memcmp(id.ptr, prefix, sizeof prefix - 1) == 0;
}

/* FNV-1a, 128 bits; plugins that import orders do the same. */
static unsigned __int128 hash_more(unsigned __int128 h, sluice_text text) {
    const unsigned __int128 prime = ((unsigned __int128)1 << 88) + 0x13b;
    for (uint64_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        h = (h ^ (c >= 'A' && c <= 'Z' ? c | 0x20 : c)) * prime;
    }
    return (h ^ 0x1f) * prime; /* the end of a value counts, too */
}

sluice_text order_id_make_up(sluice_text service, sluice_text identifier, sluice_text date,
                             char out[ORDER_ID_MADE]) {
    unsigned __int128 h =
        ((unsigned __int128)UINT64_C(0x6c62272e07bb0142) << 64) + UINT64_C(0x62b821756295c58d);
    h = hash_more(hash_more(hash_more(h, service), identifier), date);
    int n = snprintf(out, ORDER_ID_MADE, "%s%016llx%04x", prefix, (unsigned long long)(h >> 64),
                     (unsigned)(h & 0xffff));
    return (sluice_text){out, (uint64_t)n};
}
