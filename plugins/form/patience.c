#include "patience.h"

#include <sys/socket.h>
#include <time.h>

enum { LOOK_MS = 500, HEAD_MS = 10000, CROWDED = PATIENCE_CLIENTS * 3 / 4 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Its thread finds the connection closed and cleans up. */
static void let_go(struct client *client) {
    shutdown(client->fd, SHUT_RDWR);
    client->until_ms = INT64_MAX;
    client->idle = false;
}

static void look(struct patience *patience) {
    int64_t now = now_ms();
    for (int i = 0; i < PATIENCE_CLIENTS; i++)
        if (patience->clients[i].fd >= 0 && patience->clients[i].until_ms <= now)
            let_go(&patience->clients[i]);
}

static void *look_thread(void *user) {
    struct patience *patience = user;
    pthread_mutex_lock(&patience->lock);
    while (!patience->stop) {
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_nsec += LOOK_MS * 1000000L;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&patience->wake, &patience->lock, &next);
        look(patience);
    }
    pthread_mutex_unlock(&patience->lock);
    return NULL;
}

int patience_start(struct patience *patience) {
    pthread_condattr_t monotonic;
    *patience = (struct patience){0};
    for (int i = 0; i < PATIENCE_CLIENTS; i++)
        patience->clients[i].fd = -1;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&patience->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&patience->lock, NULL);
    int failed = pthread_create(&patience->thread, NULL, look_thread, patience);
    if (failed) {
        pthread_cond_destroy(&patience->wake);
        pthread_mutex_destroy(&patience->lock);
    }
    return failed;
}

void patience_stop(struct patience *patience) {
    pthread_mutex_lock(&patience->lock);
    patience->stop = true;
    pthread_cond_signal(&patience->wake);
    pthread_mutex_unlock(&patience->lock);
    pthread_join(patience->thread, NULL);
    pthread_cond_destroy(&patience->wake);
    pthread_mutex_destroy(&patience->lock);
}

/* The idle one that has been there longest. */
static void make_room(struct patience *patience) {
    struct client *oldest = NULL;
    for (int i = 0; i < PATIENCE_CLIENTS; i++) {
        struct client *client = &patience->clients[i];
        if (client->fd >= 0 && client->idle && (!oldest || client->until_ms < oldest->until_ms))
            oldest = client;
    }
    if (oldest)
        let_go(oldest);
}

void patience_give(struct client *client, int64_t ms, bool idle) {
    if (!client)
        return;
    atomic_store_explicit(&client->until_ms, ms ? now_ms() + ms : INT64_MAX, memory_order_relaxed);
    atomic_store_explicit(&client->idle, idle, memory_order_relaxed);
}

struct client *patience_begin(struct patience *patience, int fd) {
    struct client *found = NULL;
    pthread_mutex_lock(&patience->lock);
    if (patience->used >= CROWDED)
        make_room(patience);
    for (int i = 0; i < PATIENCE_CLIENTS && !found; i++)
        if (patience->clients[i].fd < 0)
            found = &patience->clients[i];
    if (found) {
        found->fd = fd;
        patience_give(found, HEAD_MS, true);
        patience->used++;
    }
    pthread_mutex_unlock(&patience->lock);
    return found;
}

void patience_end(struct patience *patience, struct client *client) {
    if (!client)
        return;
    pthread_mutex_lock(&patience->lock);
    client->fd = -1;
    patience->used--;
    pthread_mutex_unlock(&patience->lock);
}
