#include "wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static uint32_t slot_of(const struct wanted *wanted, sluice_text text) {
    uint32_t slot = (uint32_t)text_hash(text) & (wanted->slot_room - 1);
    while (wanted->slots[slot] && !text_equal(wanted->items[wanted->slots[slot] - 1], text))
        slot = (slot + 1) & (wanted->slot_room - 1);
    return slot;
}

/* Twice as many slots as items keep the chains short. */
static bool grow(struct wanted *wanted) {
    uint32_t room = wanted->room ? wanted->room * 2 : 1024;
    sluice_text *items = realloc(wanted->items, room * sizeof *items);
    if (!items)
        return false;
    wanted->items = items;
    bool *seen = realloc(wanted->seen, room * sizeof *seen);
    if (!seen)
        return false;
    wanted->seen = seen;
    uint32_t *slots = calloc(2 * (size_t)room, sizeof *slots);
    if (!slots)
        return false;
    free(wanted->slots);
    wanted->slots = slots;
    wanted->room = room;
    wanted->slot_room = 2 * room;
    for (uint32_t i = 0; i < wanted->count; i++)
        wanted->slots[slot_of(wanted, wanted->items[i])] = i + 1;
    return true;
}

static sluice_text plain(struct wanted *wanted, sluice_text text) {
    char *out = arena_alloc(&wanted->arena, text.len + 1);
    uint64_t used = 0;
    for (uint64_t i = 0; out && i < text.len; i++)
        if (!memchr(" -./\t", text.ptr[i], 5))
            out[used++] = text.ptr[i];
    return (sluice_text){out, used};
}

bool wanted_add(struct wanted *wanted, sluice_text identifier) {
    sluice_text text = plain(wanted, identifier);
    if (!text.ptr || wanted->count == WANTED_MOST)
        return false;
    if (!text.len)
        return true;
    if (wanted->count == wanted->room && !grow(wanted))
        return false;
    uint32_t slot = slot_of(wanted, text);
    if (wanted->slots[slot])
        return true;
    wanted->items[wanted->count] = text;
    wanted->seen[wanted->count] = false;
    wanted->slots[slot] = ++wanted->count;
    return true;
}

void wanted_see(struct wanted *wanted, sluice_text identifier) {
    if (!wanted->count)
        return;
    uint32_t at = wanted->slots[slot_of(wanted, identifier)];
    if (at)
        wanted->seen[at - 1] = true;
}

uint32_t wanted_missing(const struct wanted *wanted, char *out, size_t room) {
    enum { SHOWN = 5 };
    uint32_t missing = 0;
    size_t used = 0;
    *out = 0;
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (wanted->seen[i])
            continue;
        missing++;
        sluice_text text = wanted->items[i];
        int n = missing > SHOWN + 1 || used >= room
                    ? 0
                    : snprintf(out + used, room - used, missing > SHOWN ? ", …" : "%s%.*s",
                               missing > 1 ? ", " : "", (int)(text.len < 40 ? text.len : 40), text.ptr);
        used += n > 0 ? (size_t)n : 0;
    }
    return missing;
}

void wanted_free(struct wanted *wanted) {
    free(wanted->items);
    free(wanted->seen);
    free(wanted->slots);
    arena_free(&wanted->arena);
    *wanted = (struct wanted){0};
}
