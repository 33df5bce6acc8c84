/* patience.h - how long a client may take. libmicrohttpd ends a connection that is silent; one that sends a
 * byte now and then would stay for ever, and with a few hundred of those nobody else gets in. */
#ifndef FORM_PATIENCE_H
#define FORM_PATIENCE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PATIENCE_CLIENTS = 256 };

struct client {
    int fd; /* -1: the place is free */
    _Atomic int64_t until_ms;
    atomic_bool idle; /* nothing whole has come from it, or from nobody known: the first to go in a crowd */
};

struct patience {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool stop;
    unsigned used;
    struct client clients[PATIENCE_CLIENTS];
};

/* 0, or an errno. */
int patience_start(struct patience *patience);
void patience_stop(struct patience *patience);

/* A client has come; NULL: there are too many. */
struct client *patience_begin(struct patience *patience, int fd);
/* It is given so long for what comes next; 0: for ever. Several times a request: without a lock. */
void patience_give(struct client *client, int64_t ms, bool idle);
/* Before its socket is closed. */
void patience_end(struct patience *patience, struct client *client);

#endif
