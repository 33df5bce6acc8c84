#include <strings.h>

#include "check_due.h"
#include "clock.h"
#include "date.h"
#include "log.h"
#include "stage_parts.h"
#include "text.h"

/* `order_date` is the provider's time, of a zone that nobody told us. */
static const int64_t any_zone_ms = 14 * 3600 * (int64_t)1000;

static void give_up(struct stage *stage, const sluice_error *error) {
    log_line(SLUICE_LOG_WARN, stage->component->place, "%s; every order is asked about, each time",
             error->text);
    check_times_close(stage->times);
    stage->times = NULL;
}

void stage_due_open(struct stage *stage, const char *state_dir) {
    sluice_error error = ERROR_INIT;
    if (check_times_open(state_dir, stage->instance.self.endpoint.provider, stage->account, &stage->times,
                         &error))
        give_up(stage, &error);
}

/* Since when there is the order, as far as anybody knows. */
static int64_t age_of(const sluice_batch *view, uint32_t row, int64_t first_ms, int64_t now_ms) {
    sluice_text date = batch_value(view, row, "order_date");
    char text[32];
    int64_t ordered_ms;
    int64_t age = now_ms - first_ms;
    if (!date.len || date.len >= sizeof text)
        return age;
    memcpy(text, date.ptr, date.len);
    text[date.len] = 0;
    if (date_parse(text, &ordered_ms) && now_ms - ordered_ms - any_zone_ms > age)
        age = now_ms - ordered_ms - any_zone_ms;
    return age;
}

static bool is_due(struct stage *stage, const sluice_batch *view, uint32_t row, int64_t now_ms) {
    sluice_text id = batch_value(view, row, "order_id");
    int64_t first_ms, last_ms;
    if (!check_times_find(stage->times, id, &first_ms, &last_ms))
        return true;
    return check_due(age_of(view, row, first_ms, now_ms), now_ms - last_ms, (uint32_t)text_hash(id));
}

struct batch *stage_pick_due(struct stage *stage, struct batch *batch) {
    if (!stage->times || stage->ask_all || !batch->view.selected)
        return batch;
    uint32_t *rows, count = 0;
    struct batch *out = stage_selection(batch, &rows);
    int64_t now_ms = clock_wall_ms();
    if (!out) /* asked about once too often, then */
        return batch;
    for (uint32_t i = 0; i < batch->view.selected; i++) {
        uint32_t row = sluice_selected(&batch->view, i);
        if (is_due(stage, &batch->view, row, now_ms))
            rows[count++] = row;
    }
    tally_add(&stage->run->tally, TALLY_SKIPPED, batch->view.selected - count);
    stage->not_due += batch->view.selected - count;
    out->view = batch->view;
    out->view.selection = rows;
    out->view.selected = count;
    out->parent = batch;
    return out;
}

/* With a new status the order is finished, or at least moving: it isn't left alone, also because nobody knows
 * yet whether the news will be stored. */
void stage_due_note(struct stage *stage, const sluice_row *row, const struct verdict *verdict) {
    sluice_text before = batch_value(row->batch, row->row, "status");
    sluice_text now = stage_added_value(stage, verdict, "status");
    sluice_error error = ERROR_INIT;
    bool same = !now.ptr || (now.len == before.len && strncasecmp(now.ptr, before.ptr, now.len) == 0);
    if (stage->times && same &&
        check_times_note(stage->times, batch_value(row->batch, row->row, "order_id"), clock_wall_ms(),
                         &error))
        give_up(stage, &error);
}

void stage_due_keep(struct stage *stage) {
    sluice_error error = ERROR_INIT;
    if (stage->times && check_times_keep(stage->times, &error))
        give_up(stage, &error);
}

void stage_due_report(const struct stage *stage) {
    if (stage->not_due)
        log_line(SLUICE_LOG_INFO, stage->component->place,
                 "%llu order%s asked about not long ago; the older one is, the more seldom it is asked about "
                 "(`sluice run --now` asks about all)",
                 (unsigned long long)stage->not_due, stage->not_due == 1 ? " was" : "s were");
}
