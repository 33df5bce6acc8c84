/* clerk_errand.h - what a push source wants done: what asks a provider takes its time, one errand after the
 * other in a thread of its own; the pause waits for nobody. What came of the last ones is kept in memory.
 * Nobody but the clerk includes it. */
#ifndef CORE_CLERK_ERRAND_H
#define CORE_CLERK_ERRAND_H

#include <pthread.h>
#include <stdbool.h>

#include <sluice/query.h>

#include "error.h"
#include "ledger.h"
#include "stop.h"

struct clerk;

enum { ERRANDS_KEPT = 100, ERRANDS_WAITING = 50, ERRAND_WHO = 64, ERRAND_REASON = 256 };

struct errand {
    int64_t number; /* never given again, by a later start of the service neither */
    uint32_t kind, flags;
    char key[33], order_id[ORDER_ID_BYTES + 1], reason[ERRAND_REASON], who[ERRAND_WHO];
    int64_t begun_ms, ended_ms; /* ended: 0 while it is under way */
    uint32_t how;               /* enum sluice_acted_how */
    char text[SLUICE_ACTED_TEXT];
};

struct errands {
    struct clerk *clerk;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t moved;
    pthread_t thread;
    bool started, stopping;
    struct errand kept[ERRANDS_KEPT]; /* number n at n % ERRANDS_KEPT */
    int64_t first;                    /* numbers are larger */
    int64_t given, done;              /* the last numbers; behind `done` some may have ended, too */
    unsigned waiting;                 /* that aren't begun */
    bool running;                     /* the one behind `done` */
    struct stop *stop;                /* of a run that the errand under way has begun; NULL: none */
};

void errands_open(struct errands *errands, struct clerk *clerk);
/* The errand under way is given up as soon as that does no harm; those that wait are refused, and the log
 * says so. Nobody waits any more. */
void errands_stop(struct errands *errands);
void errands_close(struct errands *errands);

/* What an errand comes to: `how` and `text`. Each in a file of its own. */
void errand_settle(struct clerk *clerk, struct errand *errand);
void errand_resolve(struct clerk *clerk, struct errand *errand);
void errand_check(struct clerk *clerk, struct errand *errand);
void errand_pause(struct clerk *clerk, struct errand *errand);
void errand_end(struct errand *errand, enum sluice_acted_how how, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
