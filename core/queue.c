#include "queue.h"

#include <time.h>

#include "clock.h"

void queue_init(struct queue *queue, size_t limit_bytes) {
    pthread_condattr_t monotonic;
    *queue = (struct queue){.limit = limit_bytes, .last = &queue->first};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->filled, &monotonic);
    pthread_cond_init(&queue->drained, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void queue_destroy(struct queue *queue) {
    pthread_cond_destroy(&queue->filled);
    pthread_cond_destroy(&queue->drained);
    pthread_mutex_destroy(&queue->lock);
}

static bool push(struct queue *queue, struct queue_item *item, bool wait) {
    pthread_mutex_lock(&queue->lock);
    while (wait && queue->bytes >= queue->limit && !queue->broken)
        pthread_cond_wait(&queue->drained, &queue->lock);
    bool taken = !queue->broken;
    if (taken) {
        item->next = NULL;
        *queue->last = item;
        queue->last = &item->next;
        queue->bytes += item->bytes;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

bool queue_push(struct queue *queue, struct queue_item *item) {
    return push(queue, item, true);
}

bool queue_push_now(struct queue *queue, struct queue_item *item) {
    return push(queue, item, false);
}

bool queue_full(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    bool full = queue->bytes >= queue->limit;
    pthread_mutex_unlock(&queue->lock);
    return full;
}

static bool wait_filled(struct queue *queue, int64_t timeout_ms) {
    if (timeout_ms < 0)
        return pthread_cond_wait(&queue->filled, &queue->lock) == 0;
    struct timespec until = clock_deadline(timeout_ms);
    int failed = 0;
    while (!queue->first && !queue->closed && !failed)
        failed = pthread_cond_timedwait(&queue->filled, &queue->lock, &until);
    return !failed;
}

enum queue_answer queue_pop(struct queue *queue, int64_t timeout_ms, struct queue_item **item) {
    pthread_mutex_lock(&queue->lock);
    bool waiting = timeout_ms != 0;
    while (!queue->first && !queue->closed && waiting)
        waiting = wait_filled(queue, timeout_ms);
    enum queue_answer answer = queue->first ? QUEUE_ITEM : queue->closed ? QUEUE_CLOSED : QUEUE_TIMEOUT;
    *item = queue->first;
    if (queue->first) {
        queue->first = queue->first->next;
        if (!queue->first)
            queue->last = &queue->first;
        queue->bytes -= (*item)->bytes;
        pthread_cond_signal(&queue->drained);
    }
    pthread_mutex_unlock(&queue->lock);
    return answer;
}

void queue_close(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

struct queue_item *queue_break(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    struct queue_item *left = queue->first;
    queue->first = NULL;
    queue->last = &queue->first;
    queue->bytes = 0;
    queue->broken = true;
    pthread_cond_broadcast(&queue->drained);
    pthread_mutex_unlock(&queue->lock);
    return left;
}
