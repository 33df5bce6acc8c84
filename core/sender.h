/* sender.h - the network thread of a spending action: sends flights whose intents are on disk, and gives
 * each back with what became of it. It knows no ledger; whoever hands it a flight has made it durable. */
#ifndef CORE_SENDER_H
#define CORE_SENDER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "http.h"
#include "limit.h"
#include "order.h"
#include "pipeline.h"

enum { SENDER_DOUBTS = 5 }; /* calls in a row without a usable reply: nothing more is started, at first */

struct sender {
    struct instance *instance;
    struct http *http;
    struct limit limit;
    struct traffic *traffic; /* of the account */
    struct lease *lease;     /* of the run: nothing is sent when it is over; NULL: it needs none */
    pthread_t thread;
    bool started;
    /* Flights that are over; called from the sender's thread with a chain of them. */
    void (*landed)(void *user, struct flight *flights);
    void *user;

    pthread_mutex_t lock; /* of these */
    struct flight *ready, **ready_last;
    bool returning;       /* start nothing more; give back what waits */
    bool resuming;        /* not any more, and what was in doubt is forgotten */
    unsigned doubts_next; /* resuming: doubts_most from then on */
    bool closing;         /* and end when nothing is in flight */
    bool alone;           /* the first call goes alone: nothing follows before sender_go */
    int64_t pause_until_us;

    struct flight *done, **done_last; /* the sender's own */
    unsigned in_flight;
    unsigned doubts;      /* in a row */
    unsigned doubts_most; /* nothing more is started */
    bool begun;           /* the first call has been started */
    bool refused;         /* credit, credentials or options: nothing more is started */
    bool
        login_wanted; /* the next call can't be built without a log-in: it waits until nothing is in flight */
    bool logged_in;   /* just now */
    const struct limits *limits;
    atomic_bool no_login; /* returning: a log-in under way isn't tried again */
};

int sender_start(struct sender *sender, struct instance *instance, const struct limits *limits,
                 void (*landed)(void *user, struct flight *flights), void *user, sluice_error *error);
/* A chain of flights, in order. Only the first of the first one is started before sender_go. Any thread. */
void sender_send(struct sender *sender, struct flight *flights);
/* What became of the first call is known, and no reason to stop. Any thread. */
void sender_go(struct sender *sender);
/* Start nothing before that time (clock_us). Any thread. */
void sender_pause(struct sender *sender, int64_t until_us);
/* Start nothing more; flights that wait come back as FLIGHT_RETURNED. Any thread. */
void sender_return(struct sender *sender);
/* Nothing is in flight: start what comes, as if nothing had been in doubt, until so many calls in a row are.
 * Any thread. */
void sender_resume(struct sender *sender, unsigned doubts_most);
/* End when the last call has landed. */
void sender_close(struct sender *sender);

#endif
