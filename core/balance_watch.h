/* balance_watch.h - asks for the balance of the account while a run pays: a thread, an instance and a
 * connection of its own, so that nobody waits for the answer. */
#ifndef CORE_BALANCE_WATCH_H
#define CORE_BALANCE_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "catalogue.h"
#include "client.h"
#include "host.h"
#include "pipeline.h"

struct balance_watch {
    struct instance instance;
    struct client client;
    bool opened, client_opened, started;
    pthread_t thread;
    atomic_bool stop;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t moved;
    bool asked, answered, closing;
    struct balance balance;
    sluice_error error; /* of an answer that didn't come */
};

int balance_watch_open(struct balance_watch *watch, const struct component *component, struct inputs *inputs,
                       sluice_error *error);
/* One question at a time: not before the answer to the last one was taken. */
void balance_watch_ask(struct balance_watch *watch);
/* The answer, once it is there. A balance that isn't known: `error` says why. */
bool balance_watch_take(struct balance_watch *watch, struct balance *out, sluice_error *error);
void balance_watch_close(struct balance_watch *watch);

#endif
