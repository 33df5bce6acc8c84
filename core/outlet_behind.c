/* A sink that is behind reads from the ledger what its queue has no room for. */
#include "crash_point.h"
#include "outlet_parts.h"

bool outlet_is_behind(struct outlet *outlet, uint64_t *turn) {
    pthread_mutex_lock(&outlet->lock);
    bool behind = outlet->behind;
    *turn = outlet->turns;
    pthread_mutex_unlock(&outlet->lock);
    return behind;
}

bool outlet_has_caught_up(const struct outlet *outlet) {
    return backlog_at_own(outlet->backlog, &outlet->taken) && outlet->taken.version == outlet->given;
}

/* Behind all the time since? Then the page is this thread's to write. Else what is in it comes through the
 * queue, all of it or, when that was full again meanwhile, the beginning. */
static bool claim_page(struct outlet *outlet, const struct page *page, uint64_t turn) {
    pthread_mutex_lock(&outlet->lock);
    bool ours = outlet->behind && outlet->turns == turn;
    if (ours)
        outlet->taken = page->place;
    if (ours && !page->batch && outlet_has_caught_up(outlet))
        outlet->behind = false;
    pthread_mutex_unlock(&outlet->lock);
    return ours;
}

int outlet_take_page(struct outlet *outlet, uint64_t turn, struct pending *pending, bool *more,
                     sluice_error *error) {
    struct page page;
    int failed = backlog_read(outlet->backlog, &outlet->taken, &page, error);
    *more = !failed && page.batch;
    if (*more)
        crash_point("page");
    if (failed || !claim_page(outlet, &page, turn) || !page.batch) {
        if (page.batch)
            batch_unref(page.batch);
        return failed;
    }
    failed = outlet_write_at(outlet, page.batch, backlog_run(outlet->backlog, &page.place), &page.place,
                             pending, error);
    batch_unref(page.batch);
    crash_point("catch-up");
    return failed;
}

void outlet_step_back(struct outlet *outlet, struct pending *pending, bool *ended) {
    struct queue_item *item;
    enum queue_answer answer;
    *pending = (struct pending){0};
    refusals_clear(&outlet->refused);
    pthread_mutex_lock(&outlet->lock);
    outlet->behind = true;
    outlet->taken = outlet->kept;
    while ((answer = queue_pop(&outlet->queue, 0, &item)) == QUEUE_ITEM)
        outlet_parcel_free((struct parcel *)item);
    *ended = answer == QUEUE_CLOSED;
    pthread_mutex_unlock(&outlet->lock);
}
