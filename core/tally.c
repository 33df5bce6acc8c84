#include "tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RANGES_MOST = 16384 }; /* of skipped rows that are kept by their numbers: 256 KiB */

const char *tally_name(enum tally_kind kind) {
    static const char *const names[] = {"placed", "duplicate", "rejected", "in_doubt",
                                        "failed", "skipped",   "passed"};
    return names[kind];
}

void tally_init(struct tally *tally) {
    memset(tally, 0, sizeof *tally);
    pthread_mutex_init(&tally->lock, NULL);
}

void tally_free(struct tally *tally) {
    pthread_mutex_destroy(&tally->lock);
    free(tally->skipped);
    free(tally->taken_back);
    tally->taken_back = NULL;
    tally->skipped = NULL;
}

void tally_add(struct tally *tally, enum tally_kind kind, uint64_t count) {
    atomic_fetch_add_explicit(&tally->kinds[kind], count, memory_order_relaxed);
}

static int by_first(const void *a, const void *b) {
    const struct row_range *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static void join(struct tally *tally) {
    size_t kept = 0;
    qsort(tally->skipped, tally->skipped_count, sizeof *tally->skipped, by_first);
    for (size_t i = 0; i < tally->skipped_count; i++) {
        struct row_range *range = &tally->skipped[i];
        if (kept && range->first <= tally->skipped[kept - 1].last + 1) {
            if (range->last > tally->skipped[kept - 1].last)
                tally->skipped[kept - 1].last = range->last;
        } else {
            tally->skipped[kept++] = *range;
        }
    }
    tally->skipped_count = kept;
}

/* Room for one more range; NULL: the number is still counted, only its name is lost. */
static struct row_range *grow(struct tally *tally) {
    if (tally->skipped_count == RANGES_MOST && !tally->full) {
        join(tally);
        tally->full = tally->skipped_count >
                      RANGES_MOST / 2; /* joining again and again would cost more than it gives */
    }
    if (tally->skipped_count == RANGES_MOST)
        return NULL;
    if (tally->skipped_count == tally->skipped_room) {
        size_t room = tally->skipped_room ? tally->skipped_room * 2 : 64;
        struct row_range *more = realloc(tally->skipped, room * sizeof *more);
        if (!more)
            return NULL;
        tally->skipped = more;
        tally->skipped_room = room;
    }
    return &tally->skipped[tally->skipped_count++];
}

void tally_move(struct tally *tally, enum tally_kind from, enum tally_kind to) {
    atomic_fetch_add_explicit(&tally->corrected[from], 1, memory_order_release);
    tally_add(tally, to, 1);
}

void tally_skip(struct tally *tally, uint64_t row) {
    tally_add(tally, TALLY_SKIPPED, 1);
    pthread_mutex_lock(&tally->lock);
    struct row_range *last = tally->skipped_count ? &tally->skipped[tally->skipped_count - 1] : NULL;
    if (last && last->last + 1 == row)
        last->last = row;
    else if ((last = grow(tally)))
        *last = (struct row_range){row, row};
    else
        tally->unnamed++;
    pthread_mutex_unlock(&tally->lock);
}

/* Where the row stands among those taken back, or would. */
static size_t find_taken(const struct tally *tally, uint64_t row) {
    size_t low = 0, high = tally->taken_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tally->taken_back[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* True when the row wasn't there yet. Without memory every row counts as new: the sums stay sums. */
static bool note_taken(struct tally *tally, uint64_t row) {
    size_t at = find_taken(tally, row);
    if (at < tally->taken_count && tally->taken_back[at] == row)
        return false;
    if (tally->taken_count == tally->taken_room) {
        size_t room = tally->taken_room ? tally->taken_room * 2 : 64;
        uint64_t *more = realloc(tally->taken_back, room * sizeof *more);
        if (!more)
            return true;
        tally->taken_back = more;
        tally->taken_room = room;
    }
    memmove(tally->taken_back + at + 1, tally->taken_back + at,
            (tally->taken_count - at) * sizeof *tally->taken_back);
    tally->taken_back[at] = row;
    tally->taken_count++;
    return true;
}

void tally_take_back(struct tally *tally, uint64_t row) {
    pthread_mutex_lock(&tally->lock);
    if (note_taken(tally, row))
        tally_move(tally, TALLY_PASSED, TALLY_REJECTED);
    pthread_mutex_unlock(&tally->lock);
}

void tally_skip_unnamed(struct tally *tally, uint64_t count) {
    tally_add(tally, TALLY_SKIPPED, count);
    pthread_mutex_lock(&tally->lock);
    tally->unnamed += count;
    pthread_mutex_unlock(&tally->lock);
}

uint64_t tally_get(const struct tally *tally, enum tally_kind kind) {
    /* In this order: what was corrected had been counted. */
    uint64_t corrected =
        atomic_load_explicit(&((struct tally *)tally)->corrected[kind], memory_order_acquire);
    return tally_ever(tally, kind) - corrected;
}

uint64_t tally_ever(const struct tally *tally, enum tally_kind kind) {
    return atomic_load_explicit(&((struct tally *)tally)->kinds[kind], memory_order_relaxed);
}

uint64_t tally_done(const struct tally *tally) {
    uint64_t sum = 0;
    for (int kind = 0; kind < TALLY_KINDS; kind++)
        sum += tally_get(tally, (enum tally_kind)kind);
    return sum;
}

/* "12-40", behind a comma when it isn't the first. */
static size_t write_range(char *out, size_t room, const struct row_range *range, bool first) {
    int n = snprintf(out, room, "%s%" PRIu64, first ? "" : ", ", range->first);
    if (range->last > range->first)
        n += snprintf(out + n, room - (size_t)n, "-%" PRIu64, range->last);
    return (size_t)n;
}

void tally_skipped_text(struct tally *tally, char *out, size_t room) {
    enum { REST = 64 }; /* room for the last words */
    char text[64];
    size_t used = 0, i = 0;
    uint64_t rest;
    out[0] = 0;
    pthread_mutex_lock(&tally->lock);
    if (tally->skipped_count)
        join(tally);
    for (; i < tally->skipped_count; i++) {
        size_t n = write_range(text, sizeof text, &tally->skipped[i], i == 0);
        if (used + n + REST > room)
            break;
        memcpy(out + used, text, n + 1);
        used += n;
    }
    rest = tally->unnamed;
    for (; i < tally->skipped_count; i++)
        rest += tally->skipped[i].last - tally->skipped[i].first + 1;
    pthread_mutex_unlock(&tally->lock);
    if (rest)
        snprintf(out + used, room - used,
                 used ? " and %" PRIu64 " more" : "whose numbers aren't kept (%" PRIu64 ")", rest);
}
