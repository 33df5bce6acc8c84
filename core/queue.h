/* queue.h - a bounded queue between two stages: whoever fills it too fast waits. Thread-safe. */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded at the start of what is queued. */
struct queue_item {
    struct queue_item *next;
    size_t bytes;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    struct queue_item *first, **last;
    size_t bytes, limit;
    bool closed; /* no more will be pushed */
    bool broken; /* nothing will be popped any more: push gives up */
};

enum queue_answer { QUEUE_ITEM, QUEUE_TIMEOUT, QUEUE_CLOSED };

void queue_init(struct queue *queue, size_t limit_bytes);
void queue_destroy(struct queue *queue);
/* Waits while the queue holds `limit` bytes or more. False: broken, the item stays the caller's. */
bool queue_push(struct queue *queue, struct queue_item *item);
/* Never waits: for what must not be held up, and is bounded elsewhere. */
bool queue_push_now(struct queue *queue, struct queue_item *item);
/* Would queue_push wait? */
bool queue_full(struct queue *queue);
/* Wait at most `timeout_ms` (-1: for ever). CLOSED: closed and empty. */
enum queue_answer queue_pop(struct queue *queue, int64_t timeout_ms, struct queue_item **item);
void queue_close(struct queue *queue);
/* Nobody pops any more; returns what was left in it. */
struct queue_item *queue_break(struct queue *queue);

#endif
