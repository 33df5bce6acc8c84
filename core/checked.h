/* checked.h - what the free calls of a run found out about orders, counted by status. Thread-safe.
 *
 * "38 completed, 2 rejected, 0 without news, 20 still pending" */
#ifndef CORE_CHECKED_H
#define CORE_CHECKED_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

#include "json.h"

enum { CHECKED_STATUSES = 8, CHECKED_NAME = 24 };

struct checked_status {
    char name[CHECKED_NAME];
    uint64_t changed, same; /* orders that have come to it; that were in it before, too */
};

struct checked {
    pthread_mutex_t lock;
    struct checked_status statuses[CHECKED_STATUSES]; /* by name */
    size_t count;
    uint64_t without_news, total;
};

void checked_init(struct checked *checked);
void checked_free(struct checked *checked);
/* An order that was asked about. `now`: its status by the reply; null: there is no news of it. */
void checked_add(struct checked *checked, sluice_text before, sluice_text now);
/* In `out`; "" when nothing was asked about. */
void checked_text(struct checked *checked, char *out, size_t room);
/* The members "checked", "changed": {STATUS: N}, "unchanged": {STATUS: N}, "without_news"; nothing when
 * nothing was asked about. */
void checked_json(struct checked *checked, struct json *json);

#endif
