#include "refusal.h"

#include <stdlib.h>
#include <string.h>

struct refusal {
    struct batch *batch;
    char *code, *reason;
    uint64_t length; /* of the reason */
    uint32_t row;
};

/* Without memory the process ends: the row would be missing without a word, and the ledger delivers it again.
 */
static void *need(void *memory) {
    if (!memory)
        abort();
    return memory;
}

void refusals_add(struct refusals *refusals, struct batch *batch, const struct reject *reject) {
    if (refusals->count == refusals->room) {
        refusals->room = refusals->room ? refusals->room * 2 : 16;
        refusals->items = need(realloc(refusals->items, refusals->room * sizeof *refusals->items));
    }
    struct refusal *refusal = &refusals->items[refusals->count++];
    *refusal = (struct refusal){.batch = batch_ref(batch),
                                .code = need(strdup(reject->code ? reject->code : "")),
                                .reason = need(malloc(reject->reason.len + 1)),
                                .length = reject->reason.len,
                                .row = reject->row};
    if (reject->reason.len)
        memcpy(refusal->reason, reject->reason.ptr, reject->reason.len);
}

static void forget(struct refusal *refusal) {
    batch_unref(refusal->batch);
    free(refusal->code);
    free(refusal->reason);
}

void refusals_tell(struct refusals *refusals,
                   void (*each)(void *user, const struct batch *batch, const struct reject *reject),
                   void *user) {
    for (size_t i = 0; i < refusals->count; i++) {
        struct refusal *refusal = &refusals->items[i];
        const struct reject reject = {refusal->row, refusal->code, {refusal->reason, refusal->length}};
        each(user, refusal->batch, &reject);
    }
    refusals_clear(refusals);
}

void refusals_clear(struct refusals *refusals) {
    for (size_t i = 0; i < refusals->count; i++)
        forget(&refusals->items[i]);
    free(refusals->items);
    *refusals = (struct refusals){0};
}
