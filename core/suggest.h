/* suggest.h - "did you mean": the known name that is closest to what was written. Pure. */
#ifndef CORE_SUGGEST_H
#define CORE_SUGGEST_H

#include <stddef.h>

#include <sluice/base.h>

/* Letters that have to be changed, added, left out or swapped to get from `a` to `b`; letter case, and
 * '-' for '_', count nothing. Above `limit` the answer is limit + 1. */
unsigned suggest_distance(sluice_text a, sluice_text b, unsigned limit);

/* A name is close when about a third of its letters, at most, is wrong. NULL: none is. */
struct suggestion {
    sluice_text word;
    const char *best;
    unsigned distance;
};
void suggest_begin(struct suggestion *suggestion, sluice_text word);
void suggest_consider(struct suggestion *suggestion, const char *name);

/* The closest of `count` names, or NULL. */
const char *suggest(sluice_text word, const char *const *names, size_t count);

#endif
