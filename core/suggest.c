#include "suggest.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 48 }; /* no name is longer; a longer word isn't a mistyped one */

static unsigned char fold(char c) {
    return c == '-' ? '_' : (unsigned char)tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b, unsigned c) {
    unsigned two = a < b ? a : b;
    return two < c ? two : c;
}

unsigned suggest_distance(sluice_text a, sluice_text b, unsigned limit) {
    unsigned rows[3][LONGEST + 1]; /* the row before the last one is there for swapped letters */
    if (a.len > LONGEST || b.len > LONGEST)
        return limit + 1;
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= b.len; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned char x = fold(a.ptr[i - 1]), y = fold(b.ptr[j - 1]);
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == fold(b.ptr[j - 2]) && y == fold(a.ptr[i - 2]) &&
                before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        unsigned *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b.len] <= limit ? last[b.len] : limit + 1;
}

void suggest_begin(struct suggestion *suggestion, sluice_text word) {
    *suggestion = (struct suggestion){.word = word};
}

void suggest_consider(struct suggestion *suggestion, const char *name) {
    sluice_text other = {name, strlen(name)};
    uint64_t longer = other.len > suggestion->word.len ? other.len : suggestion->word.len;
    unsigned limit = longer < 3 ? 1 : (unsigned)(longer / 3);
    if (suggestion->best && limit >= suggestion->distance)
        limit = suggestion->distance - 1; /* the first of two equally close ones wins */
    unsigned distance = suggest_distance(suggestion->word, other, limit);
    if (distance > limit || (suggestion->best && distance >= suggestion->distance))
        return;
    suggestion->best = name;
    suggestion->distance = distance;
}

const char *suggest(sluice_text word, const char *const *names, size_t count) {
    struct suggestion suggestion;
    suggest_begin(&suggestion, word);
    for (size_t i = 0; i < count; i++)
        suggest_consider(&suggestion, names[i]);
    return suggestion.best;
}
