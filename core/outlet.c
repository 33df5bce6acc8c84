#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "crash_point.h"
#include "log.h"
#include "outlet_parts.h"
#include "where.h"
#include "where_warn.h"

enum {
    QUEUE_BYTES = 1024 * 1024, /* on their way to one sink at most: memory is as flat as this is small */
    SPENDING_QUEUE_BYTES = 512 * 1024,
    COMMIT_ROWS = 1 << 20, /* what isn't paid for can be read again: few commits are fast */
    IDLE_MS = 100,         /* nothing came for so long: commit what is written */
    PAID_IDLE_MS = 20,     /* … what is paid for; a slow run doesn't keep its store locked */
    HELD_MS = 300,         /* and at the latest so long after its first row */
    GRACE_MS = 30000,      /* a sink that fails is tried again for so long after the run */
    PAUSE_MOST_MS = 5000,
};

int outlet_open(struct outlet *outlet, const struct component *component, struct inputs *inputs, bool spends,
                const struct outlet_events *events, sluice_error *error) {
    *outlet = (struct outlet){.component = component,
                              .events = *events,
                              .error = ERROR_INIT,
                              .commit_rows = COMMIT_ROWS,
                              .grace_ms = GRACE_MS};
    if (!component->type->sink)
        return fail(error, SLUICE_E_CONFIG,
                    "%s: this version has no sinks that write through the core's network; the plugin is of a "
                    "newer one",
                    component->place);
    outlet->instance = (struct instance){
        .type = component->type,
        .self = {
            .place = component->place, .inputs = inputs, .spends = spends, .rejects = events->of_rejects}};
    int failed = instance_begin(&outlet->instance, component->config, error);
    if (!failed && outlet->instance.self.has_endpoint)
        failed = remote_sink_open(&outlet->remote, &outlet->instance, &component->limits, error);
    if (failed) {
        remote_sink_close(&outlet->remote);
        instance_close(&outlet->instance);
        return fail_within(error, "%s", component->place);
    }
    queue_init(&outlet->queue, spends ? SPENDING_QUEUE_BYTES : QUEUE_BYTES);
    pthread_mutex_init(&outlet->lock, NULL);
    outlet->opened = true;
    return 0;
}

void outlet_attach(struct outlet *outlet, struct backlog *backlog, int64_t given) {
    outlet->backlog = backlog;
    outlet->given = given;
    outlet->behind = given || !backlog_at_own(backlog, &outlet->taken);
}

int outlet_columns(struct outlet *outlet, const sluice_text *names, uint32_t count, sluice_error *error) {
    int failed = outlet_sink_columns(outlet, names, count, error);
    return failed ? fail_within(error, "%s", outlet->component->place) : 0;
}

int outlet_probe(struct outlet *outlet, sluice_error *error) {
    int failed = outlet_sink_probe(outlet, error);
    return failed ? fail_within(error, "%s", outlet->component->place) : 0;
}

/* ---- the outlet's thread ------------------------------------------------------------------ */

void outlet_parcel_free(struct parcel *parcel) {
    batch_unref(parcel->batch);
    free(parcel);
}

/* Count the rows of a batch that would have been written. What the ledger keeps isn't lost. */
static void lose(struct outlet *outlet, const struct batch *batch) {
    if (outlet->backlog)
        return;
    const struct component *component = outlet->component;
    const sluice_batch *view = &batch->view;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < view->selected; i++) {
        uint32_t row = sluice_selected(view, i);
        bool stored = !(component->type->flags & SLUICE_ORDERS) || batch_value(view, row, "order_id").len;
        lost += stored && where_matches(view, row, component->where, component->where_count);
    }
    atomic_fetch_add(&outlet->lost, lost);
}

/* What was written since the last commit isn't kept either. */
static void die(struct outlet *outlet, const struct pending *pending, const sluice_error *error) {
    outlet->error = *error;
    fail_within(&outlet->error, "%s", outlet->component->place);
    atomic_store(&outlet->dead, true);
    if (!outlet->backlog)
        atomic_fetch_add(&outlet->lost, pending->rows);
    for (struct queue_item *item = queue_break(&outlet->queue), *next; item; item = next) {
        next = item->next;
        lose(outlet, ((struct parcel *)item)->batch);
        outlet_parcel_free((struct parcel *)item);
    }
    outlet->events.died(outlet->events.user, outlet, &outlet->error);
}

static void tell_refused(void *user, const struct batch *batch, const struct reject *reject) {
    struct outlet *outlet = user;
    outlet->events.rejected(outlet->events.user, outlet, batch, reject);
}

static int commit(struct outlet *outlet, struct pending *pending, sluice_error *error) {
    if (!pending->rows && !pending->version && !outlet->refused.count)
        return 0;
    crash_point("written");
    int failed = outlet_sink_commit(outlet, error);
    if (failed)
        return failed;
    crash_point("kept");
    atomic_fetch_add(&outlet->written, pending->rows);
    refusals_tell(&outlet->refused, tell_refused, outlet);
    if (pending->version) {
        outlet->events.kept(outlet->events.user, outlet, pending->run, pending->version);
        outlet->kept = pending->place;
    }
    crash_point("cursor-told");
    *pending = (struct pending){0};
    if (atomic_exchange(&outlet->failing, false))
        log_line(SLUICE_LOG_INFO, outlet->component->place, "it can be written again");
    return 0;
}

/* The rows that belong here: those `where` lets through and, for a store of orders, those with an id. */
static struct batch *relevant(struct outlet *outlet, struct batch *batch, sluice_error *error) {
    const struct component *component = outlet->component;
    where_warn(component, &batch->view, &outlet->checked_where);
    struct batch *wanted = where_select(batch, component->where, component->where_count, true, error);
    if (!wanted || !(component->type->flags & SLUICE_ORDERS))
        return wanted;
    struct batch *orders = where_has(wanted, "order_id", error);
    if (orders && orders->view.selected < wanted->view.selected && !outlet->warned_no_order) {
        outlet->warned_no_order = true;
        log_line(SLUICE_LOG_WARN, component->place, "records without an order_id aren't stored here");
    }
    batch_unref(wanted);
    return orders;
}

/* What can be read again may have to be, and is refused again then: so it is told with the commit. */
static void refuse(struct outlet *outlet, struct batch *batch, const struct reject *reject) {
    if (outlet->backlog)
        refusals_add(&outlet->refused, batch, reject);
    else
        tell_refused(outlet, batch, reject);
}

static int write_rows(struct outlet *outlet, struct batch *wanted, struct pending *pending,
                      sluice_error *error) {
    struct changes changes;
    int failed = changes_begin(&changes, wanted, error);
    if (failed)
        return failed;
    failed = outlet_sink_write(outlet, &wanted->view, &changes.view, error);
    if (!failed && changes.failed)
        failed = fail_memory(error);
    for (size_t i = 0; !failed && i < changes.reject_count; i++)
        refuse(outlet, wanted, &changes.rejects[i]);
    if (!failed)
        pending->rows += wanted->view.selected - (uint32_t)(changes.reject_count + changes.filtered);
    changes_free(&changes);
    return failed;
}

static int write_batch(struct outlet *outlet, struct batch *batch, struct pending *pending,
                       sluice_error *error) {
    struct batch *wanted = relevant(outlet, batch, error);
    if (!wanted)
        return error->code;
    int failed = wanted->view.selected ? write_rows(outlet, wanted, pending, error) : 0;
    batch_unref(wanted);
    return failed;
}

static bool is_due(const struct outlet *outlet, struct pending *pending) {
    int64_t now_us = clock_us();
    pending->since_us = pending->since_us ? pending->since_us : now_us;
    if (outlet->commit_once)
        return false;
    return pending->rows >= outlet->commit_rows ||
           (outlet->backlog && now_us - pending->since_us >= (int64_t)HELD_MS * 1000);
}

int outlet_write_at(struct outlet *outlet, struct batch *batch, int64_t run,
                    const struct backlog_place *place, struct pending *pending, sluice_error *error) {
    int failed = 0;
    if (pending->version && pending->run != run)
        failed = commit(outlet, pending, error);
    if (!failed)
        failed = write_batch(outlet, batch, pending, error);
    if (!failed && place->version) {
        pending->run = run;
        pending->version = place->version;
        pending->place = *place;
    }
    if (failed)
        lose(outlet, batch);
    if (!failed && is_due(outlet, pending))
        failed = commit(outlet, pending, error);
    return failed;
}

static int take(struct outlet *outlet, struct parcel *parcel, struct pending *pending, sluice_error *error) {
    struct backlog_place place = {.version = parcel->version};
    if (outlet->backlog && parcel->version) {
        pthread_mutex_lock(&outlet->lock);
        place.at = outlet->taken.at;
        outlet->taken = place;
        pthread_mutex_unlock(&outlet->lock);
    }
    int failed = outlet_write_at(outlet, parcel->batch, parcel->run, &place, pending, error);
    outlet_parcel_free(parcel);
    return failed;
}

/* ---- what becomes of a failure -------------------------------------------------------------- */

struct patience {
    unsigned failures; /* one after the other */
    int64_t until_us;  /* 0: the run goes on */
};

static void wait_a_little(struct outlet *outlet, const struct patience *patience) {
    struct queue_item *item;
    int64_t ms = (int64_t)100 << (patience->failures < 7 ? patience->failures - 1 : 6);
    ms = ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS;
    if (!patience->until_us) { /* nothing is put into the queue of a sink that is behind */
        queue_pop(&outlet->queue, ms, &item);
        return;
    }
    int64_t left = (patience->until_us - clock_us()) / 1000;
    ms = ms < left ? ms : left;
    if (ms > 0)
        nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* True: it is tried again. */
static bool bear(struct outlet *outlet, struct patience *patience, struct pending *pending,
                 sluice_error *error) {
    bool ended;
    if (!outlet->backlog || (error->code != SLUICE_E_UNAVAILABLE && error->code != SLUICE_E_BUSY))
        return false;
    outlet_step_back(outlet, pending, &ended);
    if (ended && !patience->until_us)
        patience->until_us = clock_us() + outlet->grace_ms * 1000;
    if (patience->until_us && clock_us() >= patience->until_us)
        return false;
    if (!atomic_exchange(&outlet->failing, true))
        log_line(SLUICE_LOG_WARN, outlet->component->place,
                 "%s; it is tried again while the run goes on, and nobody waits for it", error->text);
    patience->failures++;
    wait_a_little(outlet, patience);
    *error = (sluice_error)ERROR_INIT;
    return true;
}

static int finish(struct outlet *outlet, struct pending *pending, sluice_error *error) {
    int failed = commit(outlet, pending, error);
    return !failed && outlet->complete ? outlet_sink_finish(outlet, error) : failed;
}

/* Is there something to commit when nothing comes for a while? */
static bool is_pending(const struct outlet *outlet, const struct pending *pending) {
    return !outlet->commit_once && (pending->rows || pending->version);
}

/* One thing of what there is to do. *over: nothing is left, and nothing will come. */
static int work(struct outlet *outlet, struct pending *pending, bool *dry, bool *over, sluice_error *error) {
    struct queue_item *item;
    uint64_t turn;
    bool behind = outlet_is_behind(outlet, &turn), more = false;
    int64_t idle_ms = outlet->backlog ? PAID_IDLE_MS : IDLE_MS;
    int64_t wait_ms = behind ? *dry ? IDLE_MS : 0 : is_pending(outlet, pending) ? idle_ms : -1;
    enum queue_answer answer = queue_pop(&outlet->queue, wait_ms, &item);
    *dry = false;
    if (answer == QUEUE_ITEM)
        return take(outlet, (struct parcel *)item, pending, error);
    int failed = behind ? outlet_take_page(outlet, turn, pending, &more, error) : 0;
    if (failed || more)
        return failed;
    *dry = true;
    *over = answer == QUEUE_CLOSED;
    return *over ? finish(outlet, pending, error) : commit(outlet, pending, error);
}

static void *outlet_thread(void *user) {
    struct outlet *outlet = user;
    struct pending pending = {0};
    struct patience patience = {0};
    sluice_error error = ERROR_INIT;
    bool dry = false, over = false;
    int failed = 0;
    while (!over && !failed) {
        failed = work(outlet, &pending, &dry, &over, &error);
        if (failed && bear(outlet, &patience, &pending, &error))
            failed = over = dry = false;
        else if (!failed && !atomic_load(&outlet->failing))
            patience.failures = 0;
    }
    if (failed)
        die(outlet, &pending, &error);
    return NULL;
}

int outlet_start(struct outlet *outlet, sluice_error *error) {
    if (pthread_create(&outlet->thread, NULL, outlet_thread, outlet))
        return fail(error, SLUICE_E_IO, "%s: no thread can be started", outlet->component->place);
    outlet->started = true;
    return 0;
}

static struct parcel *wrap(struct batch *batch, int64_t run, int64_t version) {
    struct parcel *parcel = malloc(sizeof *parcel);
    if (!parcel)
        abort(); /* a hole in what a sink gets would be hidden by the next cursor; the ledger delivers again
                  */
    *parcel = (struct parcel){.item = {.bytes = batch_bytes(batch) + sizeof *parcel},
                              .batch = batch_ref(batch),
                              .run = run,
                              .version = version};
    return parcel;
}

/* Into the queue, or, when it is full or the sink is behind already, left to the ledger. Version 0: it isn't
 * known what lies between. */
static bool offer(struct outlet *outlet, struct parcel *parcel) {
    int64_t version = parcel->version;
    pthread_mutex_lock(&outlet->lock);
    if (outlet->behind && version && outlet_has_caught_up(outlet)) {
        outlet->behind = false;
        outlet->turns++;
    }
    outlet->behind = outlet->behind || queue_full(&outlet->queue);
    outlet->given = version ? version : outlet->given;
    bool left = outlet->behind, taken = !left && queue_push_now(&outlet->queue, &parcel->item);
    pthread_mutex_unlock(&outlet->lock);
    if (!taken)
        outlet_parcel_free(parcel);
    return left || taken;
}

bool outlet_give(struct outlet *outlet, struct batch *batch, int64_t run, int64_t version) {
    if (atomic_load(&outlet->dead)) {
        lose(outlet, batch);
        return false;
    }
    struct parcel *parcel = wrap(batch, run, version);
    if (outlet->backlog)
        return offer(outlet, parcel);
    if (queue_push(&outlet->queue, &parcel->item))
        return true;
    lose(outlet, batch);
    outlet_parcel_free(parcel);
    return false;
}

void outlet_end(struct outlet *outlet, bool complete) {
    outlet->complete = complete;
    queue_close(&outlet->queue);
}

void outlet_join(struct outlet *outlet) {
    if (outlet->started)
        pthread_join(outlet->thread, NULL);
    outlet->started = false;
}

void outlet_finish(struct outlet *outlet) {
    const struct pending none = {0};
    sluice_error error = ERROR_INIT;
    if (!atomic_load(&outlet->dead) && outlet_sink_finish(outlet, &error))
        die(outlet, &none, &error);
}

void outlet_close(struct outlet *outlet) {
    if (!outlet->opened)
        return;
    remote_sink_close(&outlet->remote);
    instance_close(&outlet->instance);
    refusals_clear(&outlet->refused);
    pthread_mutex_destroy(&outlet->lock);
    queue_destroy(&outlet->queue);
    outlet->opened = false;
}
