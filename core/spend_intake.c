/* What the other threads hand to the ledger's thread. */
#include "spend_parts.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { LOTS = 2 }; /* prepared and waiting */

/* The ledger's thread is woken by the first call that lands and by the one that makes a group worth a commit;
 * for those between it would only look and sleep again. */
void spend_landed(void *user, struct flight *flights) {
    struct spend *spend = user;
    unsigned enough = (unsigned)(spend->component->limits.concurrency * 2 + 2) / 3;
    pthread_mutex_lock(&spend->lock);
    unsigned before = spend->landed_count;
    if (!spend->landed)
        spend->landed_since_us = clock_us();
    *spend->landed_last = flights;
    for (; *spend->landed_last; spend->landed_last = &(*spend->landed_last)->next)
        spend->landed_count++;
    if (!before || (before < enough && spend->landed_count >= enough))
        pthread_cond_signal(&spend->wake);
    pthread_mutex_unlock(&spend->lock);
}

static void refuse(void *user, const struct batch *batch, uint32_t row, const struct order_refusal *refusal) {
    struct spend *spend = user;
    run_reject(spend->run, batch, row, spend->component->place, refusal->code, refusal->reason);
}

int spend_give(struct spend *spend, struct batch *batch, sluice_error *error) {
    struct lot *lot = lot_make(&spend->maker, batch, refuse, spend, error);
    if (!lot)
        return error->code;
    pthread_mutex_lock(&spend->lock);
    while (spend->lot_count >= LOTS && !atomic_load(&spend->run->stopping))
        pthread_cond_wait(&spend->space, &spend->lock);
    lot->next = NULL;
    *spend->lots_last = lot;
    spend->lots_last = &lot->next;
    spend->lot_count++;
    spend->given += lot->count;
    pthread_cond_signal(&spend->wake);
    pthread_mutex_unlock(&spend->lock);
    return 0;
}

void spend_input_ended(struct spend *spend) {
    pthread_mutex_lock(&spend->lock);
    spend->input_ended = true;
    pthread_cond_signal(&spend->wake);
    pthread_mutex_unlock(&spend->lock);
}

/* The place of that sink's move, a new one if need be. NULL: no memory; then the next run delivers again. */
static struct cursor_move *find_move(struct spend *spend, const char *sink, int64_t run) {
    for (unsigned i = 0; i < spend->move_count; i++)
        if (spend->moves[i].run == run && strcmp(spend->moves[i].sink, sink) == 0)
            return &spend->moves[i];
    if (spend->move_count == spend->move_room) {
        unsigned room = spend->move_room ? spend->move_room * 2 : 16;
        struct cursor_move *more = realloc(spend->moves, room * sizeof *more);
        if (!more)
            return NULL;
        spend->moves = more;
        spend->move_room = room;
    }
    struct cursor_move *move = &spend->moves[spend->move_count++];
    *move = (struct cursor_move){sink, run, 0};
    return move;
}

void spend_kept(struct spend *spend, const char *sink, int64_t run, int64_t version) {
    pthread_mutex_lock(&spend->lock);
    struct cursor_move *move = find_move(spend, sink, run);
    if (move && move->version < version)
        move->version = version;
    pthread_mutex_unlock(&spend->lock);
}

void spend_wake(struct spend *spend) {
    pthread_mutex_lock(&spend->lock);
    pthread_cond_signal(&spend->wake);
    pthread_cond_broadcast(&spend->space);
    pthread_mutex_unlock(&spend->lock);
}
