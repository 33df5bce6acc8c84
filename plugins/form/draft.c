#include "draft.h"

#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "random.h"

void drafts_init(struct drafts *drafts) {
    *drafts = (struct drafts){0};
    pthread_mutex_init(&drafts->lock, NULL);
}

static void free_draft(struct draft *draft) {
    sheet_free(&draft->sheet);
    free(draft->typed);
    free(draft);
}

static void release(struct draft *draft) {
    if (--draft->holders == 0)
        free_draft(draft);
}

void drafts_free(struct drafts *drafts) {
    for (int i = 0; i < DRAFTS; i++)
        if (drafts->places[i])
            release(drafts->places[i]);
    pthread_mutex_destroy(&drafts->lock);
}

static void drop(struct drafts *drafts, int place) {
    release(drafts->places[place]);
    drafts->places[place] = NULL;
}

/* The place of the oldest one; -1: there is none. */
static int find_oldest(const struct drafts *drafts) {
    int oldest = -1;
    for (int i = 0; i < DRAFTS; i++)
        if (drafts->places[i] &&
            (oldest < 0 || drafts->places[i]->until_ms < drafts->places[oldest]->until_ms))
            oldest = i;
    return oldest;
}

static size_t weigh(const struct drafts *drafts) {
    size_t bytes = 0;
    for (int i = 0; i < DRAFTS; i++)
        if (drafts->places[i]) {
            const struct sheet *sheet = &drafts->places[i]->sheet;
            bytes += drafts->places[i]->text_bytes + sheet->arena.bytes +
                     (size_t)sheet->room * (sheet->columns + 2) * sizeof(sluice_text);
        }
    return bytes;
}

static int find_place(struct drafts *drafts, int64_t now_ms) {
    for (int i = 0; i < DRAFTS; i++)
        if (drafts->places[i] && drafts->places[i]->until_ms <= now_ms)
            drop(drafts, i);
    while (weigh(drafts) > DRAFTS_BYTES)
        drop(drafts, find_oldest(drafts));
    for (int i = 0; i < DRAFTS; i++)
        if (!drafts->places[i])
            return i;
    int oldest = find_oldest(drafts);
    drop(drafts, oldest);
    return oldest;
}

struct draft *draft_keep(struct drafts *drafts, struct sheet *sheet, sluice_text typed, sluice_text service,
                         int64_t now_ms) {
    struct draft *draft = calloc(1, sizeof *draft);
    char *memory = calloc(1, typed.len + service.len + 2);
    if (!draft || !memory) {
        free(draft);
        free(memory);
        sheet_free(sheet);
        return NULL;
    }
    random_name(draft->name, DRAFT_NAME);
    memcpy(memory, typed.len ? typed.ptr : "", typed.len);
    memcpy(memory + typed.len + 1, service.len ? service.ptr : "", service.len);
    draft->typed = memory;
    draft->service = (sluice_text){memory + typed.len + 1, service.len};
    draft->text_bytes = typed.len + service.len + 2;
    draft->sheet = *sheet;
    draft->until_ms = now_ms + DRAFT_MS;
    draft->holders = 2;
    pthread_mutex_lock(&drafts->lock);
    drafts->places[find_place(drafts, now_ms)] = draft;
    pthread_mutex_unlock(&drafts->lock);
    return draft;
}

struct draft *draft_find(struct drafts *drafts, sluice_text name, int64_t now_ms) {
    struct draft *found = NULL;
    pthread_mutex_lock(&drafts->lock);
    for (int i = 0; i < DRAFTS && !found; i++)
        if (drafts->places[i] && drafts->places[i]->until_ms > now_ms &&
            text_is(name, drafts->places[i]->name))
            found = drafts->places[i];
    if (found)
        found->holders++;
    pthread_mutex_unlock(&drafts->lock);
    return found;
}

void draft_release(struct drafts *drafts, struct draft *draft) {
    if (!draft)
        return;
    pthread_mutex_lock(&drafts->lock);
    release(draft);
    pthread_mutex_unlock(&drafts->lock);
}
