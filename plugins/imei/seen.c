#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

/* A slot holds an IMEI as a number, plus one; or, with this bit, where its text begins. */
#define IN_TEXT (UINT64_C(1) << 63)

void seen_free(struct seen *seen) {
    free(seen->slots);
    free(seen->text);
    *seen = (struct seen){0};
}

/* 15 digits as a number plus one; 0: something else. */
static uint64_t imei_number(sluice_text identifier) {
    uint64_t number = 0;
    if (identifier.len != 15)
        return 0;
    for (unsigned i = 0; i < 15; i++) {
        if (identifier.ptr[i] < '0' || identifier.ptr[i] > '9')
            return 0;
        number = number * 10 + (uint64_t)(identifier.ptr[i] - '0');
    }
    return number + 1;
}

static sluice_text text_at(const struct seen *seen, uint64_t slot) {
    const char *at = seen->text + (slot & ~IN_TEXT);
    uint32_t length;
    memcpy(&length, at, sizeof length);
    return (sluice_text){at + sizeof length, length};
}

static uint64_t mix(uint64_t h) {
    h = (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t hash_slot(const struct seen *seen, uint64_t slot) {
    return slot & IN_TEXT ? mix(text_hash(text_at(seen, slot))) : mix(slot);
}

static bool equal(const struct seen *seen, uint64_t slot, uint64_t number, sluice_text identifier) {
    if (number || !(slot & IN_TEXT))
        return slot == number;
    sluice_text text = text_at(seen, slot);
    return text.len == identifier.len && memcmp(text.ptr, identifier.ptr, text.len) == 0;
}

static bool grow(struct seen *seen) {
    uint32_t room = seen->room ? seen->room * 2 : 4096;
    uint64_t *slots = calloc(room, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < seen->room; i++) {
        if (!seen->slots[i])
            continue;
        uint32_t at = (uint32_t)hash_slot(seen, seen->slots[i]) & (room - 1);
        while (slots[at])
            at = (at + 1) & (room - 1);
        slots[at] = seen->slots[i];
    }
    free(seen->slots);
    seen->slots = slots;
    seen->room = room;
    return true;
}

/* The slot for a text that is kept; 0: no room. */
static uint64_t keep_text(struct seen *seen, sluice_text identifier) {
    uint32_t length = (uint32_t)identifier.len;
    size_t bytes = sizeof length + identifier.len;
    if (identifier.len > SEEN_TEXT || bytes > SEEN_TEXT - seen->used)
        return 0;
    if (bytes > seen->text_room - seen->used) {
        size_t room = seen->text_room ? seen->text_room * 2 : 64 * 1024;
        while (room - seen->used < bytes)
            room *= 2;
        char *text = realloc(seen->text, room);
        if (!text)
            return 0;
        seen->text = text;
        seen->text_room = room;
    }
    uint64_t slot = IN_TEXT | seen->used;
    memcpy(seen->text + seen->used, &length, sizeof length);
    memcpy(seen->text + seen->used + sizeof length, identifier.ptr, identifier.len);
    seen->used += bytes;
    return slot;
}

enum seen_answer seen_add(struct seen *seen, sluice_text identifier) {
    uint64_t number = imei_number(identifier);
    if (seen->count >= seen->room / 4 * 3 && !grow(seen))
        return SEEN_FULL;
    uint32_t at = (uint32_t)(number ? mix(number) : mix(text_hash(identifier))) & (seen->room - 1);
    for (; seen->slots[at]; at = (at + 1) & (seen->room - 1))
        if (equal(seen, seen->slots[at], number, identifier))
            return SEEN_BEFORE;
    uint64_t slot = number ? number : seen->count < SEEN_MOST ? keep_text(seen, identifier) : 0;
    if (!slot || seen->count == SEEN_MOST)
        return SEEN_FULL;
    seen->slots[at] = slot;
    seen->count++;
    return SEEN_NEW;
}
