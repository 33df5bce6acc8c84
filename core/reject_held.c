#include "reject_held.h"

#include <stdlib.h>

#include "packer.h"

struct held_batch {
    struct held_batch *next;
    struct batch *batch;
    int64_t number;
};

int held_init(struct held *held, size_t sinks, sluice_error *error) {
    *held = (struct held){.sinks = sinks, .kept = calloc(sinks + 1, sizeof *held->kept)};
    held->last = &held->first;
    pthread_mutex_init(&held->lock, NULL);
    return held->kept ? 0 : fail_memory(error);
}

void held_add(struct held *held, struct batch *batch, int64_t number) {
    struct held_batch *one = malloc(sizeof *one);
    if (!one)
        abort(); /* it would be missing without a word */
    *one = (struct held_batch){.batch = batch_ref(batch), .number = number};
    pthread_mutex_lock(&held->lock);
    *held->last = one;
    held->last = &one->next;
    pthread_mutex_unlock(&held->lock);
}

static void on_row(void *user, struct batch *batch) {
    held_add(user, batch, INT64_MAX);
    batch_unref(batch);
}

void held_refused(struct held *held, const struct batch *batch, uint32_t row) {
    struct packer packer = {.row_limit = 1, .full = on_row, .user = held};
    sluice_text values[BATCH_COLUMNS];
    sluice_error error = ERROR_INIT;
    batch_row(&batch->view, row, values);
    const struct packer_record record = {.names = batch->view.names,
                                         .values = values,
                                         .count = batch->view.column_count,
                                         .number = batch->view.numbers[row],
                                         .file = batch->view.file};
    if (packer_add(&packer, &record, &error))
        abort(); /* out of memory: likewise */
    packer_flush(&packer);
    packer_free(&packer);
}

static struct batch *unlink_at(struct held *held, struct held_batch **link) {
    struct held_batch *one = *link;
    struct batch *batch = one->batch;
    *link = one->next;
    if (held->last == &one->next)
        held->last = link;
    free(one);
    return batch;
}

void held_release(struct held *held, size_t sink, int64_t number) {
    pthread_mutex_lock(&held->lock);
    held->kept[sink] = number;
    for (size_t i = 0; i < held->sinks; i++)
        number = held->kept[i] < number ? held->kept[i] : number;
    for (struct held_batch **link = &held->first; *link;) {
        if ((*link)->number <= number)
            batch_unref(unlink_at(held, link));
        else
            link = &(*link)->next;
    }
    pthread_mutex_unlock(&held->lock);
}

struct batch *held_take(struct held *held) {
    pthread_mutex_lock(&held->lock);
    struct batch *batch = held->first ? unlink_at(held, &held->first) : NULL;
    pthread_mutex_unlock(&held->lock);
    return batch;
}

bool held_any(struct held *held) {
    pthread_mutex_lock(&held->lock);
    bool any = held->first != NULL;
    pthread_mutex_unlock(&held->lock);
    return any;
}

void held_free(struct held *held) {
    for (struct batch *batch; (batch = held_take(held));)
        batch_unref(batch);
    free(held->kept);
    pthread_mutex_destroy(&held->lock);
}
