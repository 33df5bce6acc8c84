#include "foresight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static size_t slot_of(const struct foresight *foresight, const struct order_key *key) {
    size_t word; /* of a hash: any part of it is as good */
    memcpy(&word, key->bytes, sizeof word);
    return word & (foresight->slot_count - 1);
}

static bool grow(struct foresight *foresight) {
    size_t old_count = foresight->slot_count;
    struct foreseen **old = foresight->slots;
    foresight->slot_count = old_count ? old_count * 2 : 256;
    foresight->slots = calloc(foresight->slot_count, sizeof *foresight->slots);
    if (!foresight->slots) {
        foresight->slots = old;
        foresight->slot_count = old_count;
        return false;
    }
    for (size_t i = 0; i < old_count; i++)
        for (struct foreseen *at = old[i], *next; at; at = next) {
            struct foreseen **slot = &foresight->slots[slot_of(foresight, &at->key)];
            next = at->next;
            at->next = *slot;
            *slot = at;
        }
    free(old);
    return true;
}

int foresight_add(struct foresight *foresight, const struct foreseen *news, sluice_error *error) {
    if (foresight_find(foresight, &news->key))
        return 0;
    if (foresight->count >= foresight->slot_count && !grow(foresight))
        return fail_memory(error);
    struct foreseen *kept = arena_alloc(&foresight->arena, sizeof *kept);
    char *order_id = arena_string(&foresight->arena, news->order_id);
    if (!kept || !order_id)
        return fail_memory(error);
    struct foreseen **slot = &foresight->slots[slot_of(foresight, &news->key)];
    *kept = *news;
    kept->order_id = order_id;
    kept->next = *slot;
    *slot = kept;
    foresight->count++;
    return 0;
}

const struct foreseen *foresight_find(const struct foresight *foresight, const struct order_key *key) {
    if (!foresight->slot_count)
        return NULL;
    const struct foreseen *at = foresight->slots[slot_of(foresight, key)];
    while (at && memcmp(&at->key, key, sizeof *key) != 0)
        at = at->next;
    return at;
}

void foresight_apply(const struct foresight *foresight, const struct order_key *key, struct claim *claim) {
    const struct foreseen *news = foresight_find(foresight, key);
    if (!news || claim->answer == ANSWER_LIVE || claim->answer == ANSWER_DUPLICATE)
        return;
    if (!news->ordered) { /* a repeat that wasn't bought leaves the order before it */
        claim->answer = claim->gen > 1 ? ANSWER_DUPLICATE : ANSWER_CLAIMED;
        return;
    }
    *claim = (struct claim){.answer = ANSWER_DUPLICATE,
                            .order = claim->order,
                            .run = claim->run,
                            .state = ORDER_EXISTS,
                            .gen = claim->gen ? claim->gen : 1,
                            .ordered_ms = news->ordered_ms,
                            .foreign = !claim->order};
    snprintf(claim->order_id, sizeof claim->order_id, "%s", news->order_id);
}

void foresight_free(struct foresight *foresight) {
    arena_free(&foresight->arena);
    free(foresight->slots);
    *foresight = (struct foresight){0};
}
