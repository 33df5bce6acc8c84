#include "outlet.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "where.h"
#include "where_warn.h"

enum {
    QUEUE_BYTES = 4 * 1024 * 1024, /* on their way to one sink at most */
    SPENDING_QUEUE_BYTES = 512 * 1024,
    COMMIT_ROWS = 1 << 20, /* what isn't paid for can be read again: few commits are fast */
    IDLE_MS = 100,         /* nothing came for so long: commit what is written */
};

int outlet_open(struct outlet *outlet, const struct component *component, struct inputs *inputs, bool spends,
                const struct outlet_events *events, sluice_error *error) {
    *outlet = (struct outlet){
        .component = component, .events = *events, .error = ERROR_INIT, .commit_rows = COMMIT_ROWS};
    int failed = instance_open(&outlet->instance, component->type, component->config, component->place,
                               inputs, spends, error);
    if (failed)
        return fail_within(error, "%s", component->place);
    queue_init(&outlet->queue, spends ? SPENDING_QUEUE_BYTES : QUEUE_BYTES);
    outlet->opened = true;
    return 0;
}

int outlet_probe(struct outlet *outlet, sluice_error *error) {
    const sluice_sink *sink = outlet->component->type->sink;
    int answer = sink->probe ? sink->probe(outlet->instance.handle, error) : 0;
    if (!answer)
        return 0;
    fail_callback(error, answer, "probe");
    return fail_within(error, "%s", outlet->component->place);
}

/* ---- the outlet's thread ------------------------------------------------------------------ */

/* What was written since the last commit, a run at a time. */
struct pending {
    int64_t run, version;
    uint32_t rows;
};

static void parcel_free(struct parcel *parcel) {
    batch_unref(parcel->batch);
    free(parcel);
}

/* Count the rows of a batch that would have been written. */
static void lose(struct outlet *outlet, const struct batch *batch) {
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
    atomic_fetch_add(&outlet->lost, pending->rows);
    for (struct queue_item *item = queue_break(&outlet->queue), *next; item; item = next) {
        next = item->next;
        lose(outlet, ((struct parcel *)item)->batch);
        parcel_free((struct parcel *)item);
    }
    outlet->events.died(outlet->events.user, outlet, &outlet->error);
}

static int commit(struct outlet *outlet, struct pending *pending, sluice_error *error) {
    if (!pending->rows && !pending->version)
        return 0;
    int answer = outlet->component->type->sink->commit(outlet->instance.handle, error);
    if (answer)
        return fail_callback(error, answer, "commit");
    atomic_fetch_add(&outlet->written, pending->rows);
    if (pending->version)
        outlet->events.kept(outlet->events.user, outlet, pending->run, pending->version);
    *pending = (struct pending){0};
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

static int write_rows(struct outlet *outlet, struct batch *wanted, struct pending *pending,
                      sluice_error *error) {
    struct changes changes;
    int failed = changes_begin(&changes, wanted, error);
    if (failed)
        return failed;
    int answer =
        outlet->component->type->sink->write(outlet->instance.handle, &wanted->view, &changes.view, error);
    if (answer)
        failed = fail_callback(error, answer, "write");
    else if (changes.failed)
        failed = fail_memory(error);
    for (size_t i = 0; !failed && i < changes.reject_count; i++)
        outlet->events.rejected(outlet->events.user, outlet, wanted, &changes.rejects[i]);
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

static int take(struct outlet *outlet, struct parcel *parcel, struct pending *pending, sluice_error *error) {
    int failed = 0;
    if (pending->version && pending->run != parcel->run)
        failed = commit(outlet, pending, error);
    if (!failed)
        failed = write_batch(outlet, parcel->batch, pending, error);
    if (!failed && parcel->version) {
        pending->run = parcel->run;
        pending->version = parcel->version;
    }
    if (failed)
        lose(outlet, parcel->batch);
    parcel_free(parcel);
    if (!failed && pending->rows >= outlet->commit_rows)
        failed = commit(outlet, pending, error);
    return failed;
}

static int call_finish(const struct outlet *outlet, sluice_error *error) {
    const sluice_sink *sink = outlet->component->type->sink;
    int answer = sink->finish ? sink->finish(outlet->instance.handle, error) : 0;
    return answer ? fail_callback(error, answer, "finish") : 0;
}

static int finish(struct outlet *outlet, struct pending *pending, sluice_error *error) {
    int failed = commit(outlet, pending, error);
    return !failed && outlet->complete ? call_finish(outlet, error) : failed;
}

static void *outlet_thread(void *user) {
    struct outlet *outlet = user;
    struct pending pending = {0};
    sluice_error error = ERROR_INIT;
    struct queue_item *item;
    int failed = 0;
    while (!failed) {
        bool open_work = pending.rows || pending.version;
        enum queue_answer answer = queue_pop(&outlet->queue, open_work ? IDLE_MS : -1, &item);
        if (answer == QUEUE_CLOSED)
            break;
        if (answer == QUEUE_TIMEOUT)
            failed = commit(outlet, &pending, &error);
        else
            failed = take(outlet, (struct parcel *)item, &pending, &error);
    }
    if (!failed)
        failed = finish(outlet, &pending, &error);
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

bool outlet_give(struct outlet *outlet, struct batch *batch, int64_t run, int64_t version) {
    if (atomic_load(&outlet->dead)) {
        lose(outlet, batch);
        return false;
    }
    struct parcel *parcel = malloc(sizeof *parcel);
    if (!parcel)
        abort(); /* a hole in what a sink gets would be hidden by the next cursor; the ledger delivers again
                  */
    *parcel = (struct parcel){.item = {.bytes = batch_bytes(batch) + sizeof *parcel},
                              .batch = batch_ref(batch),
                              .run = run,
                              .version = version};
    if (queue_push(&outlet->queue, &parcel->item))
        return true;
    lose(outlet, batch);
    parcel_free(parcel);
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
    if (!atomic_load(&outlet->dead) && call_finish(outlet, &error))
        die(outlet, &none, &error);
}

void outlet_close(struct outlet *outlet) {
    if (!outlet->opened)
        return;
    instance_close(&outlet->instance);
    queue_destroy(&outlet->queue);
    outlet->opened = false;
}
