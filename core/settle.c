#include "settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "text.h"

/* ---- one listed order and one doubt ------------------------------------------------------- */

enum likeness {
    UNLIKE,
    LIKE,            /* nothing speaks against it */
    LIKE_BUT_OLDER,  /* for the same identifier and service, from before we sent */
    LIKE_OF_ANY_AGE, /* it may be the order that made ours a duplicate */
    LIKE_BUT_UNTITLED,
    LIKE_BUT_MISWRITTEN, /* what it is for can't be told from how that is written; it may be ours */
    SURELY               /* it bears our reference */
};

static bool is_older(const struct settle_doubt *doubt, const struct settle_listed *listed) {
    return listed->created_ms && listed->created_ms < doubt->sent_ms - SETTLE_SKEW_MS;
}

static sluice_text without_zeros(sluice_text text) {
    while (text.len && *text.ptr == '0') {
        text.ptr++;
        text.len--;
    }
    return text;
}

static bool is_masked(char c) {
    return c == '*' || c == '#' || c == '?' || c == 'X' || c == 'x';
}

/* Zeros lost to a number, a check digit lost or added, digits made unreadable. */
static bool may_be(sluice_text ours, sluice_text listed) {
    enum { IMEI_DIGITS_LEAST = 14 };
    uint64_t least = ours.len < listed.len ? ours.len : listed.len;
    uint64_t i = 0;
    while (i < least && (ours.ptr[i] == listed.ptr[i] || is_masked(listed.ptr[i])))
        i++;
    return (i == least && (ours.len == listed.len || least >= IMEI_DIGITS_LEAST)) ||
           text_equal(without_zeros(ours), without_zeros(listed));
}

static enum likeness compare_misspelt(const struct settle_doubt *doubt, const struct settle_listed *listed) {
    bool other_service = listed->service.ptr && !text_equal(doubt->service, listed->service);
    bool ours = !other_service && !is_older(doubt, listed) && may_be(doubt->identifier, listed->identifier);
    return ours ? LIKE_BUT_MISWRITTEN : UNLIKE;
}

static enum likeness compare(const struct settle_doubt *doubt, const struct settle_listed *listed) {
    if (doubt->reference.len && listed->reference.len)
        return !text_equal(doubt->reference, listed->reference) ? UNLIKE
               : listed->order_id.len                           ? SURELY
                                                                : LIKE_BUT_MISWRITTEN;
    if (listed->unread)
        return is_older(doubt, listed) ? UNLIKE : LIKE_BUT_MISWRITTEN;
    if (!text_equal(doubt->identifier, listed->identifier))
        return compare_misspelt(doubt, listed);
    if (!listed->service.ptr)
        return LIKE_BUT_UNTITLED;
    if (!text_equal(doubt->service, listed->service))
        return UNLIKE;
    if (!listed->created_ms)
        return doubt->duplicate ? LIKE_OF_ANY_AGE : LIKE;
    return is_older(doubt, listed) ? LIKE_BUT_OLDER : LIKE;
}

bool settle_matches(const struct settle_doubt *doubt, const struct settle_listed *listed) {
    enum likeness likeness = compare(doubt, listed);
    return likeness == LIKE || likeness == SURELY;
}

/* Order ids are numbers that grow, as far as they are numbers. */
static bool is_before(const struct settle_listed *a, const struct settle_listed *b) {
    if (a->created_ms != b->created_ms && a->created_ms && b->created_ms)
        return a->created_ms < b->created_ms;
    if (a->order_id.len != b->order_id.len)
        return a->order_id.len < b->order_id.len;
    return memcmp(a->order_id.ptr, b->order_id.ptr, a->order_id.len) < 0;
}

struct found {
    const struct settle_listed *sure, *oldest, *older, *ageless, *untitled, *miswritten;
    size_t matches;
};

static void consider(struct found *found, enum likeness likeness, const struct settle_listed *listed) {
    switch (likeness) {
    case SURELY:
        found->sure = listed;
        break;
    case LIKE:
        found->matches++;
        if (!found->oldest || is_before(listed, found->oldest))
            found->oldest = listed;
        break;
    case LIKE_BUT_OLDER:
        if (!found->older || is_before(found->older, listed))
            found->older = listed;
        break;
    case LIKE_OF_ANY_AGE:
        found->ageless = listed;
        break;
    case LIKE_BUT_UNTITLED:
        found->untitled = listed;
        break;
    case LIKE_BUT_MISWRITTEN:
        found->miswritten = listed;
        break;
    case UNLIKE:
        break;
    }
}

/* ---- decisions ---------------------------------------------------------------------------- */

static void stay(struct settlement *out, const char *why) {
    snprintf(out->text, sizeof out->text, "%s", why);
}

static void stay_for(struct settlement *out, const char *format, const struct settle_listed *listed) {
    snprintf(out->text, sizeof out->text, format, TEXT_ARG(listed->order_id));
}

static void stay_unsure(struct settlement *out, const char *format, const struct settle_listed *listed) {
    stay_for(out, format, listed);
    out->order = listed;
}

static void take(const struct settle_doubt *doubt, const struct settle_listed *ours, size_t others,
                 bool by_reference, struct settlement *out) {
    char sent[CLOCK_TEXT], created[CLOCK_TEXT];
    out->kind = SETTLE_PLACED;
    out->order = ours;
    out->others = others;
    if (by_reference)
        snprintf(out->text, sizeof out->text, "the provider lists order %.*s with this order's own reference",
                 TEXT_ARG(ours->order_id));
    else if (ours->created_ms)
        snprintf(
            out->text, sizeof out->text,
            "the provider lists order %.*s for this identifier and service, made %s UTC; it was sent %s UTC",
            TEXT_ARG(ours->order_id), clock_format(ours->created_ms, created),
            clock_format(doubt->sent_ms, sent));
    else
        snprintf(out->text, sizeof out->text,
                 "the provider lists order %.*s for this identifier and service, which the ledger didn't "
                 "know; its time tells nothing, since the provider's clock isn't known",
                 TEXT_ARG(ours->order_id));
}

/* True: the list holds something from before the order was sent, and everything since. */
static bool reaches_back(const struct settle_doubt *doubt, const struct settle_list *list,
                         struct settlement *out) {
    if (!list->complete)
        stay(out,
             "it isn't in the provider's list of recent orders, and nothing says that the list is complete");
    else if (!list->oldest_ms)
        stay(out, "it isn't in the provider's list, and how far back that reaches can't be told: the "
                  "provider's clock isn't known");
    else if (list->oldest_ms >= doubt->sent_ms - SETTLE_SKEW_MS)
        stay(out, "it isn't in the provider's list, which doesn't reach back to when it was sent");
    else
        return true;
    return false;
}

/* T11. */
static void settle_duplicate(const struct settle_doubt *doubt, const struct settle_list *list,
                             const struct settle_listed *older, struct settlement *out) {
    if (!reaches_back(doubt, list, out)) {
        if (older)
            stay_for(
                out,
                "the provider lists an older order, %.*s, but this may have been bought a second time: its "
                "list isn't known to be complete",
                older);
        return;
    }
    out->kind = SETTLE_EXISTS;
    out->order = older;
    if (older)
        snprintf(out->text, sizeof out->text,
                 "the provider called it a duplicate and lists an older order for it, %.*s, but none since",
                 TEXT_ARG(older->order_id));
    else
        snprintf(out->text, sizeof out->text,
                 "the provider called it a duplicate, and its complete list has no new order for it");
}

/* T12. */
static void settle_missing(const struct settle_doubt *doubt, const struct settle_list *list,
                           const struct settle_rules *rules, struct settlement *out) {
    char since[CLOCK_TEXT], oldest[CLOCK_TEXT];
    int64_t due_ms = doubt->sent_ms + rules->timeout_ms + rules->settle_after_ms;
    if (!reaches_back(doubt, list, out))
        return;
    out->missed = list->taken_ms >= doubt->sent_ms + rules->timeout_ms;
    int64_t missed_ms = doubt->missed_ms ? doubt->missed_ms : out->missed ? list->taken_ms : 0;
    out->later_ms = missed_ms && missed_ms + SETTLE_APART_MS > due_ms ? missed_ms + SETTLE_APART_MS : due_ms;
    if (list->taken_ms < due_ms) {
        snprintf(out->text, sizeof out->text,
                 "it isn't in the provider's list, but may still appear there until %s UTC",
                 clock_format(due_ms, since));
    } else if (!doubt->missed_ms || list->taken_ms < doubt->missed_ms + SETTLE_APART_MS) {
        stay(out,
             "it isn't in the provider's list; a second list, at least 60 s later, has to lack it as well");
    } else {
        out->kind = SETTLE_ABSENT;
        out->later_ms = 0;
        snprintf(out->text, sizeof out->text,
                 "two complete lists lack it, the first taken %s UTC, the last reaching back to %s UTC",
                 clock_format(doubt->missed_ms, since), clock_format(list->oldest_ms, oldest));
    }
}

void settle_decide(const struct settle_doubt *doubt, const struct settle_list *list,
                   const struct settle_rules *rules, struct settlement *out) {
    struct found found = {0};
    *out = (struct settlement){.kind = SETTLE_STAYS};
    for (size_t i = 0; i < list->count; i++)
        consider(&found, compare(doubt, &list->orders[i]), &list->orders[i]);
    if (found.sure)
        take(doubt, found.sure, 0, true, out);
    else if (found.oldest)
        take(doubt, found.oldest, found.matches - 1, false, out);
    else if (found.untitled)
        stay_unsure(
            out,
            "the provider lists order %.*s for this identifier, under a title that isn't that of exactly one "
            "service",
            found.untitled);
    else if (found.miswritten)
        stay_unsure(
            out,
            "the provider lists order %.*s in a way that doesn't tell what it is for: it may be this one",
            found.miswritten);
    else if (found.ageless)
        stay_unsure(
            out,
            "the provider lists order %.*s for it, which may be ours or an older one: the provider's clock "
            "isn't known",
            found.ageless);
    else if (doubt->duplicate)
        settle_duplicate(doubt, list, found.older, out);
    else if (found.older)
        stay_for(out, "the provider lists order %.*s for it, but that is older than what was sent",
                 found.older);
    else
        settle_missing(doubt, list, rules, out);
}

/* ---- the provider's clock ----------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t settle_zone(int64_t *differences, size_t count) {
    qsort(differences, count, sizeof *differences, compare_numbers);
    int64_t median = differences[count / 2];
    int64_t half = median < 0 ? -SETTLE_SKEW_MS : SETTLE_SKEW_MS;
    return (median + half) / SETTLE_ZONE_MS * SETTLE_ZONE_MS;
}
