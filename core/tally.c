#include "tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *tally_name(enum tally_kind kind) {
    static const char *const names[] = {"placed", "duplicate", "rejected", "in_doubt", "failed", "skipped", "passed"};
    return names[kind];
}

void tally_init(struct tally *tally) {
    memset(tally, 0, sizeof *tally);
    pthread_mutex_init(&tally->lock, NULL);
}

void tally_free(struct tally *tally) {
    pthread_mutex_destroy(&tally->lock);
    free(tally->skipped);
    tally->skipped = NULL;
}

void tally_add(struct tally *tally, enum tally_kind kind, uint64_t count) {
    atomic_fetch_add_explicit(&tally->kinds[kind], count, memory_order_relaxed);
}

static struct row_range *grow(struct tally *tally) {
    if (tally->skipped_count == tally->skipped_room) {
        size_t room = tally->skipped_room ? tally->skipped_room * 2 : 64;
        struct row_range *more = realloc(tally->skipped, room * sizeof *more);
        if (!more)
            return NULL; /* the number is still counted; only its name is lost */
        tally->skipped = more;
        tally->skipped_room = room;
    }
    return &tally->skipped[tally->skipped_count++];
}

void tally_skip(struct tally *tally, uint64_t row) {
    tally_add(tally, TALLY_SKIPPED, 1);
    pthread_mutex_lock(&tally->lock);
    struct row_range *last = tally->skipped_count ? &tally->skipped[tally->skipped_count - 1] : NULL;
    if (last && last->last + 1 == row)
        last->last = row;
    else if ((last = grow(tally)))
        *last = (struct row_range){row, row};
    pthread_mutex_unlock(&tally->lock);
}

uint64_t tally_get(const struct tally *tally, enum tally_kind kind) {
    return atomic_load_explicit(&((struct tally *)tally)->kinds[kind], memory_order_relaxed);
}

uint64_t tally_done(const struct tally *tally) {
    uint64_t sum = 0;
    for (int kind = 0; kind < TALLY_KINDS; kind++)
        sum += tally_get(tally, (enum tally_kind)kind);
    return sum;
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

void tally_skipped_text(struct tally *tally, char *out, size_t room) {
    size_t used = 0;
    out[0] = 0;
    pthread_mutex_lock(&tally->lock);
    if (tally->skipped_count)
        join(tally);
    for (size_t i = 0; i < tally->skipped_count; i++) {
        const struct row_range *range = &tally->skipped[i];
        char text[64];
        int n = snprintf(text, sizeof text, "%s%" PRIu64, i ? ", " : "", range->first);
        if (range->last > range->first)
            n += snprintf(text + n, sizeof text - (size_t)n, "-%" PRIu64, range->last);
        if (used + (size_t)n + 32 > room) {
            snprintf(out + used, room - used, " and %zu more ranges", tally->skipped_count - i);
            break;
        }
        memcpy(out + used, text, (size_t)n + 1);
        used += (size_t)n;
    }
    pthread_mutex_unlock(&tally->lock);
}
