/* wanted.h - identifiers that somebody asks for: each once, and whether it was seen. Pure. */
#ifndef CORE_WANTED_H
#define CORE_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

enum { WANTED_MOST = 1000000 };

struct wanted {
    sluice_arena arena;
    sluice_text *items; /* in the order in which they came */
    bool *seen;
    uint32_t *slots; /* index + 1 in items; 0: free */
    uint32_t count, room, slot_room;
};

/* Without the separators that people and labels put into an IMEI; empty ones are passed over. False: no
 * memory, or WANTED_MOST are there. */
bool wanted_add(struct wanted *wanted, sluice_text identifier);
/* This one was found. */
void wanted_see(struct wanted *wanted, sluice_text identifier);
/* How many weren't seen, and the first few of them, with commas between. */
uint32_t wanted_missing(const struct wanted *wanted, char *out, size_t room);
void wanted_free(struct wanted *wanted);

#endif
