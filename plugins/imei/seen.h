/* seen.h - the identifiers that came before. Eight bytes each for an IMEI, the text for any other. */
#ifndef IMEI_SEEN_H
#define IMEI_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

enum {
    SEEN_MOST = 10 * 1000 * 1000, /* identifiers */
    SEEN_TEXT = 256 * 1024 * 1024 /* bytes of those that aren't IMEIs */
};

struct seen {
    uint64_t *slots; /* open addressing; 0: free */
    uint32_t count, room;
    char *text; /* of identifiers that aren't 15 digits: length, then bytes */
    size_t used, text_room;
};

enum seen_answer { SEEN_NEW, SEEN_BEFORE, SEEN_FULL };

/* SEEN_FULL: over a limit, or out of memory. */
enum seen_answer seen_add(struct seen *seen, sluice_text identifier);
void seen_free(struct seen *seen);

#endif
