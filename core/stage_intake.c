#include "stage_parts.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "order_id.h"
#include "text.h"
#include "where.h"
#include "where_warn.h"

enum { PICK_BYTES = 1024 }; /* of the arena of a selection, which holds nothing else */

/* ---- whose rows they are ------------------------------------------------------------------ */

struct owner {
    int32_t order_id, provider, account; /* columns */
    sluice_text own_provider, own_account;
    bool anybody; /* it isn't about orders */
};

static bool is_own(const sluice_batch *view, int32_t column, uint32_t row, sluice_text own) {
    sluice_text value = column < 0 ? (sluice_text){NULL, 0} : view->cells[column][row];
    return !value.len || text_equal(value, own);
}

/* An order id means something to its own account only; what an older system stored names none. */
static bool is_own_order(const sluice_batch *view, uint32_t row, const struct owner *owner) {
    return owner->order_id >= 0 && view->cells[owner->order_id][row].len &&
           is_own(view, owner->provider, row, owner->own_provider) &&
           is_own(view, owner->account, row, owner->own_account);
}

static bool is_asked(const sluice_batch *view, uint32_t row, const struct owner *owner) {
    if (owner->anybody)
        return true;
    return is_own_order(view, row, owner) && !order_id_is_made_up(view->cells[owner->order_id][row]);
}

static uint64_t count_made_up(const sluice_batch *view, const struct owner *owner) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < view->selected; i++) {
        uint32_t row = sluice_selected(view, i);
        count += is_own_order(view, row, owner) && !is_asked(view, row, owner);
    }
    return count;
}

static struct owner owner_of(const struct stage *stage, const sluice_batch *view) {
    return (struct owner){.order_id = sluice_find_column(view, "order_id", 8),
                          .provider = sluice_find_column(view, "provider", 8),
                          .account = sluice_find_column(view, "account", 7),
                          .own_provider = stage->instance.self.endpoint.provider,
                          .own_account = stage->account,
                          .anybody = stage->instance.self.endpoint.every_row};
}

struct batch *stage_selection(const struct batch *in, uint32_t **rows) {
    struct batch *out = batch_new();
    if (out)
        out->arena.step = PICK_BYTES;
    *rows = out ? arena_array(&out->arena, in->view.selected, sizeof **rows) : NULL;
    if (*rows)
        return out;
    batch_unref(out);
    return NULL;
}

/* The rows of `in` that are (`asked`) or aren't to be asked about, as a batch of its own. NULL: no memory. */
static struct batch *pick(struct batch *in, const struct owner *owner, bool asked) {
    uint32_t *rows, count = 0;
    struct batch *out = stage_selection(in, &rows);
    if (!out)
        return NULL;
    for (uint32_t i = 0; i < in->view.selected; i++) {
        uint32_t row = sluice_selected(&in->view, i);
        if (is_asked(&in->view, row, owner) == asked)
            rows[count++] = row;
    }
    out->view = in->view;
    out->view.selection = rows;
    out->view.selected = count;
    out->parent = batch_ref(in);
    return out;
}

static void pass_or_drop(struct stage *stage, struct batch *batch) {
    if (batch->view.selected)
        stage_pass(stage, batch);
    else
        batch_unref(batch);
}

static void say_no_order(struct stage *stage, const struct owner *owner) {
    if (owner->anybody)
        return;
    if (owner->order_id < 0 && !stage->said_no_order)
        log_line(SLUICE_LOG_WARN, stage->component->place,
                 "the records have no field 'order_id', so there is nothing to ask about; they pass by");
    stage->said_no_order |= owner->order_id < 0;
}

/* Out of memory: the rows are neither asked about nor passed on. */
static void lose(struct stage *stage, struct batch *batch) {
    run_stop(stage->run, STOP_FAILED, 74, "%s: out of memory", stage->component->place);
    for (uint32_t i = 0; i < batch->view.selected; i++)
        tally_skip(&stage->run->tally, batch->view.numbers[sluice_selected(&batch->view, i)]);
}

/* What isn't to be asked about goes on; the rest is returned, as a batch of its own. NULL: nothing is left.
 */
static struct batch *sift(struct stage *stage, struct batch *in) {
    const struct component *component = stage->component;
    sluice_error error = ERROR_INIT;
    struct owner owner = owner_of(stage, &in->view);
    where_warn(component, &in->view, &stage->checked_where);
    say_no_order(stage, &owner);
    struct batch *matching = where_select(in, component->where, component->where_count, true, &error);
    struct batch *passing = NULL, *asked = NULL, *foreign = NULL;
    if (component->where_count)
        passing = where_select(in, component->where, component->where_count, false, &error);
    if (matching) {
        stage->made_up += count_made_up(&matching->view, &owner);
        asked = pick(matching, &owner, true);
        foreign = pick(matching, &owner, false);
    }
    if (!asked || !foreign || (component->where_count && !passing)) {
        lose(stage, in);
        batch_unref(passing);
        batch_unref(foreign);
        batch_unref(asked);
        asked = NULL;
    } else {
        if (passing)
            pass_or_drop(stage, passing);
        pass_or_drop(stage, foreign);
    }
    batch_unref(matching);
    return asked;
}

/* ---- rows that wait ----------------------------------------------------------------------- */

static void keep(struct stage *stage, struct inflow *inflow) {
    struct batch *asked = sift(stage, inflow->batch);
    batch_unref(inflow->batch);
    asked = asked ? stage_pick_due(stage, asked) : NULL;
    inflow->batch = asked;
    if (!asked || !asked->view.selected) {
        batch_unref(asked);
        free(inflow);
        return;
    }
    inflow->next = NULL;
    *stage->inflow_last = inflow;
    stage->inflow_last = &inflow->next;
    if (!stage->waiting)
        stage->waiting_since_us = clock_us();
    stage->waiting += asked->view.selected;
}

void stage_take(struct stage *stage) {
    struct queue_item *item;
    while (!stage->input_ended && stage->waiting < stage->list) {
        enum queue_answer answer = queue_pop(&stage->queue, 0, &item);
        if (answer == QUEUE_TIMEOUT)
            return;
        if (answer == QUEUE_CLOSED)
            stage->input_ended = true;
        else
            keep(stage, (struct inflow *)item);
    }
}

static void drop_first(struct stage *stage) {
    struct inflow *inflow = stage->inflow;
    stage->inflow = inflow->next;
    if (!stage->inflow)
        stage->inflow_last = &stage->inflow;
    batch_unref(inflow->batch);
    free(inflow);
}

struct inquiry *stage_cut(struct stage *stage) {
    struct inquiry *inquiry = stage->inflow ? stage_inquiry(stage, stage->list) : NULL;
    while (inquiry && stage->inflow && inquiry->count < stage->list) {
        struct inflow *inflow = stage->inflow;
        inquiry_add(inquiry, inflow->batch, sluice_selected(&inflow->batch->view, inflow->at++));
        stage->waiting--;
        if (inflow->at == inflow->batch->view.selected)
            drop_first(stage);
    }
    stage->waiting_since_us = clock_us();
    if (stage->inflow && !inquiry)
        run_stop(stage->run, STOP_FAILED, 74, "%s: out of memory", stage->component->place);
    return inquiry;
}

static void skip_rows(struct stage *stage, const struct batch *batch, uint32_t from) {
    for (uint32_t i = from; i < batch->view.selected; i++)
        tally_skip(&stage->run->tally, batch->view.numbers[sluice_selected(&batch->view, i)]);
}

void stage_drop_inflow(struct stage *stage) {
    struct queue_item *item;
    enum queue_answer answer = QUEUE_TIMEOUT;
    for (; stage->inflow; drop_first(stage))
        skip_rows(stage, stage->inflow->batch, stage->inflow->at);
    stage->waiting = 0;
    while (!stage->input_ended && (answer = queue_pop(&stage->queue, 0, &item)) == QUEUE_ITEM) {
        struct inflow *inflow = (struct inflow *)item;
        skip_rows(stage, inflow->batch, 0);
        batch_unref(inflow->batch);
        free(inflow);
    }
    stage->input_ended = stage->input_ended || answer == QUEUE_CLOSED;
}
