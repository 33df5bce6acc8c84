#include "stage_parts.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "text.h"

enum { NAMED = 3 }; /* rows of a kind whose message is shown; the others are counted */

/* ---- on to what follows -------------------------------------------------------------------- */

static void fail_batch(struct stage *stage, struct batch *batch, const sluice_error *error) {
    run_stop(stage->run, STOP_FAILED, error->code < 0 ? -error->code : 70, "%s: %s", stage->component->place,
             error->text);
    tally_add(&stage->run->tally, TALLY_FAILED, batch->view.selected);
    batch_unref(batch);
}

void stage_pass(struct stage *stage, struct batch *batch) {
    sluice_error error = ERROR_INIT;
    if (stage->pass(stage->user, batch, &error))
        run_stop(stage->run, STOP_FAILED, error.code < 0 ? -error.code : 70, "%s", error.text);
}

/* First the ledger: see refund.h. */
void stage_on_full(void *user, struct batch *batch) {
    struct stage *stage = user;
    sluice_error error = ERROR_INIT;
    if (refunds_write(&stage->refunds, &error))
        fail_batch(stage, batch, &error);
    else
        stage_pass(stage, batch);
    stage_due_keep(stage);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static bool has_news(const struct verdict *verdict) {
    return !verdict->twice &&
           (verdict->kind == SLUICE_VERDICT_CHECKED || verdict->kind == SLUICE_VERDICT_REFUNDED);
}

static void say_unheard(const struct stage *stage, const sluice_row *row, const struct verdict *verdict,
                        enum unheard kind) {
    sluice_text id = batch_value(row->batch, row->row, "order_id");
    sluice_text why = verdict->twice ? TEXT("the reply contradicts itself") : verdict->text;
    if (stage->unheard[kind] < NAMED && !id.len)
        log_line(SLUICE_LOG_WARN, stage->component->place, "row %llu: %.*s",
                 (unsigned long long)row->batch->numbers[row->row], TEXT_ARG(why));
    else if (stage->unheard[kind] < NAMED)
        log_line(kind == UNHEARD_DOUBT ? SLUICE_LOG_ERROR : SLUICE_LOG_WARN, stage->component->place,
                 "order %.*s (row %llu): %.*s", TEXT_ARG(id),
                 (unsigned long long)row->batch->numbers[row->row], TEXT_ARG(why));
}

static void count_unheard(struct stage *stage, const sluice_row *row, const struct verdict *verdict) {
    enum unheard kind = !verdict->kind                                               ? UNHEARD_LEFT_OUT
                        : verdict->kind == SLUICE_VERDICT_NO_NEWS && !verdict->twice ? UNHEARD_NO_NEWS
                                                                                     : UNHEARD_DOUBT;
    if (kind != UNHEARD_LEFT_OUT)
        say_unheard(stage, row, verdict, kind);
    stage->unheard[kind]++;
}

static int reserve_values(struct stage *stage, uint32_t count, sluice_error *error) {
    if (count <= stage->value_room)
        return 0;
    sluice_text *values = realloc(stage->values, count * sizeof *values);
    if (!values)
        return fail_memory(error);
    stage->values = values;
    stage->value_room = count;
    return 0;
}

sluice_text stage_added_value(const struct stage *stage, const struct verdict *verdict, const char *name) {
    const struct sluice_self *self = &stage->instance.self;
    for (uint32_t a = 0; verdict->values && a < self->adds_count; a++)
        if (text_is(self->adds[a], name))
            return verdict->values[a];
    return (sluice_text){NULL, 0};
}

static int note_refund(struct stage *stage, const sluice_row *row, const struct verdict *verdict,
                       sluice_error *error) {
    if (verdict->kind != SLUICE_VERDICT_REFUNDED || !(stage->component->type->flags & SLUICE_REFUNDS))
        return 0;
    struct ledger_refund refund = {.order_id = batch_value(row->batch, row->row, "order_id"),
                                   .code = verdict->code,
                                   .reason = verdict->text,
                                   .evidence = stage_added_value(stage, verdict, "raw_response")};
    return refunds_add(&stage->refunds, &refund, error);
}

static int pack(struct stage *stage, const sluice_row *row, const struct verdict *verdict,
                sluice_error *error) {
    const sluice_batch *view = row->batch;
    const struct sluice_self *self = &stage->instance.self;
    bool news = has_news(verdict) && verdict->values;
    int failed = reserve_values(stage, view->column_count + self->adds_count, error);
    if (failed)
        return failed;
    sluice_text *added = stage->values + view->column_count;
    batch_row(view, row->row, stage->values);
    for (uint32_t a = 0; a < self->adds_count; a++)
        added[a] = news ? verdict->values[a] : (sluice_text){NULL, 0};
    if (!packer_rows(&stage->packer))
        stage->packed_since_us = clock_us();
    struct packer_record record = {.names = view->names,
                                   .values = stage->values,
                                   .count = view->column_count,
                                   .added_names = self->adds,
                                   .added_values = added,
                                   .added_count = self->adds_count,
                                   .number = view->numbers[row->row],
                                   .file = view->file};
    /* Into the list before the row into the batch, whose end writes both. */
    failed = news ? note_refund(stage, row, verdict, error) : 0;
    return failed ? failed : packer_add(&stage->packer, &record, error);
}

static void pass_row(struct stage *stage, const sluice_row *row, const struct verdict *verdict) {
    sluice_error error = ERROR_INIT;
    if (!pack(stage, row, verdict, &error))
        return;
    run_stop(stage->run, STOP_FAILED, error.code < 0 ? -error.code : 70, "%s: %s", stage->component->place,
             error.text);
    tally_add(&stage->run->tally, TALLY_FAILED, 1);
}

void stage_pass_rows(struct stage *stage, struct inquiry *inquiry, const bool *done) {
    for (uint32_t i = 0; i < inquiry->count; i++) {
        const struct verdict *verdict = call_verdict(&inquiry->call, i);
        if (done && !done[i])
            continue;
        if (!has_news(verdict))
            count_unheard(stage, &inquiry->rows[i], verdict);
        if (!stage->instance.self.endpoint.every_row)
            checked_add(
                &stage->run->checked, batch_value(inquiry->rows[i].batch, inquiry->rows[i].row, "status"),
                has_news(verdict) ? stage_added_value(stage, verdict, "status") : (sluice_text){NULL, 0});
        stage_due_note(stage, &inquiry->rows[i], verdict);
        pass_row(stage, &inquiry->rows[i], verdict);
    }
}

void stage_pass_unchanged(struct stage *stage, struct inquiry *inquiry) {
    static const struct verdict none;
    for (uint32_t i = 0; i < inquiry->count; i++)
        pass_row(stage, &inquiry->rows[i], &none);
}

void stage_fail_rows(struct stage *stage, struct inquiry *inquiry) {
    tally_add(&stage->run->tally, TALLY_FAILED, inquiry->count);
}

/* ---- at the end ----------------------------------------------------------------------------- */

void stage_report(const struct stage *stage) {
    static const char *const texts[UNHEARD_KINDS] = {
        [UNHEARD_LEFT_OUT] = "left out of the provider's replies",
        [UNHEARD_NO_NEWS] = "without news: the provider doesn't know them, or what it says of them",
        [UNHEARD_DOUBT] = "with an answer that can't be right, which changed nothing",
    };
    stage_due_report(stage);
    if (stage->made_up)
        log_line(
            SLUICE_LOG_INFO, stage->component->place,
            "%llu order%s not asked about: %s made up by an import, and the provider knows nothing of it",
            (unsigned long long)stage->made_up, stage->made_up == 1 ? " was" : "s were",
            stage->made_up == 1 ? "its id was" : "their ids were");
    for (int kind = 0; kind < UNHEARD_KINDS; kind++)
        if (stage->unheard[kind])
            log_line(SLUICE_LOG_WARN, stage->component->place, "%llu record%s %s; kept as they are",
                     (unsigned long long)stage->unheard[kind], stage->unheard[kind] == 1 ? "" : "s",
                     texts[kind]);
}
