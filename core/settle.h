/* settle.h - what a provider's list of orders proves about one whose outcome is unknown (T10, T11 and T12 in
 * docs/architecture.md). Pure.
 *
 * To take an order for placed that wasn't costs nothing more; to take it for unbought that was is paid again.
 * So only "absent" is strict, and whatever isn't proven stays in doubt. */
#ifndef CORE_SETTLE_H
#define CORE_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

enum {
    SETTLE_ZONE_MS = 15 * 60 * 1000,     /* time zones differ by multiples of it */
    SETTLE_SKEW_MS = SETTLE_ZONE_MS / 2, /* what is left of a clock's error when its zone is known */
    SETTLE_AFTER_MS = 10 * 60 * 1000,    /* the default of spend.settle_after */
    SETTLE_APART_MS = 60 * 1000,         /* between two lists that prove that an order isn't there */
};

/* An order in doubt. */
struct settle_doubt {
    sluice_text service, identifier; /* in normal form */
    sluice_text reference;           /* that it was sent with; null: none */
    int64_t sent_ms;
    int64_t missed_ms; /* when a whole list was first seen that lacks it; 0: never */
    bool duplicate;    /* the provider said that such an order exists (T7) */
};

/* An order that the provider lists and the ledger doesn't know. */
struct settle_listed {
    sluice_text order_id, identifier;
    sluice_text service;   /* null: its title is that of no service, or of several */
    sluice_text reference; /* null: none */
    int64_t created_ms;    /* UTC; 0: not known */
    bool unread;           /* it has no order id, or what it is for can't be read */
};

struct settle_list {
    const struct settle_listed *orders;
    size_t count;
    bool complete;     /* the provider says that every order since the oldest is in it */
    int64_t oldest_ms; /* of all orders in it; UTC; 0: not known */
    int64_t taken_ms;  /* when it was asked for */
};

struct settle_rules {
    int64_t timeout_ms;      /* of the call that was sent */
    int64_t settle_after_ms; /* after that the provider's list is up to date */
};

enum settle_kind {
    SETTLE_STAYS,
    SETTLE_PLACED, /* T10 */
    SETTLE_EXISTS, /* T11 */
    SETTLE_ABSENT  /* T12 */
};

struct settlement {
    enum settle_kind kind;
    const struct settle_listed
        *order;       /* PLACED: ours; EXISTS: the older one; STAYS: it may be ours; or NULL */
    size_t others;    /* PLACED: more orders for the same, newer than ours */
    bool missed;      /* STAYS: this list is whole, and lacks it */
    int64_t later_ms; /* STAYS: a list that is taken then may decide; 0: none by itself */
    char text[400];   /* the evidence; STAYS: the reason */
};

void settle_decide(const struct settle_doubt *doubt, const struct settle_list *list,
                   const struct settle_rules *rules, struct settlement *out);
/* Could `listed` be what was bought for `doubt`? The orders that settlement->others counts. */
bool settle_matches(const struct settle_doubt *doubt, const struct settle_listed *listed);

/* The provider's zone: the median of what its clock shows less when we sent, to the next quarter of an hour.
 * Sorts the differences; there is at least one. */
int64_t settle_zone(int64_t *differences, size_t count);

#endif
