/* draft.h - what was sent to be looked at, and isn't ordered yet: kept in memory for an hour. Its name is
 * that of the job that it may become, so that ordering it twice is ordering it once. Thread-safe. */
#ifndef FORM_DRAFT_H
#define FORM_DRAFT_H

#include <pthread.h>

#include "sheet.h"

enum { DRAFTS = 64, DRAFT_NAME = 16, DRAFT_MS = 3600000, DRAFTS_BYTES = 128 * 1024 * 1024 };

struct draft {
    char name[DRAFT_NAME + 1];
    struct sheet sheet;
    char *typed; /* what was typed, to be changed; "": it was uploaded */
    sluice_text service;
    size_t text_bytes; /* of both */
    int64_t until_ms;
    unsigned holders; /* one is the table */
};

struct drafts {
    pthread_mutex_t lock;
    struct draft *places[DRAFTS];
};

void drafts_init(struct drafts *drafts);
void drafts_free(struct drafts *drafts);

/* The draft gets a name and is held for the caller; the oldest ones make room. NULL: no memory. The sheet is
 * taken in any case. */
struct draft *draft_keep(struct drafts *drafts, struct sheet *sheet, sluice_text typed, sluice_text service,
                         int64_t now_ms);
/* Held until draft_release; NULL: there is none of that name (any more). */
struct draft *draft_find(struct drafts *drafts, sluice_text name, int64_t now_ms);
void draft_release(struct drafts *drafts, struct draft *draft);

#endif
