#include "runner_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "text.h"

/* ---- what the sinks say ------------------------------------------------------------------- */

static void on_kept(void *user, struct outlet *outlet, int64_t run, int64_t version) {
    struct runner *runner = user;
    if (version)
        spend_kept(&runner->spend, outlet->component->id, run, version);
}

/* A record that a sink refuses goes to on_reject. What was paid stays placed, in the ledger and in the sums;
 * anything else was counted as passed on when it was handed over. */
static void on_sink_reject(void *user, struct outlet *outlet, const struct batch *batch,
                           const struct reject *reject) {
    struct runner *runner = user;
    char name[REFUSED_NAME];
    if (refused_count(&outlet->refused_rows))
        log_line(SLUICE_LOG_ERROR, outlet->component->place, "%s isn't stored: %.*s",
                 refused_name(batch, reject->row, name), TEXT_ARG(reject->reason));
    if (runner->spends && outlet->instance.self.keeps.len &&
        batch_value(&batch->view, reject->row, "order_id").len)
        atomic_fetch_add(&outlet->refused_rows.orders, 1);
    rejects_add(&runner->run.rejects, batch, reject->row, outlet->component->place, reject->code,
                reject->reason);
    if (!runner->spends)
        tally_take_back(&runner->run.tally, batch->view.numbers[reject->row]);
    run_holds(&runner->run, 10);
}

static void on_died(void *user, struct outlet *outlet, const sluice_error *error) {
    struct runner *runner = user;
    (void)outlet;
    int code = error->code < 0 ? -error->code : 74;
    if (runner->spends)
        run_trouble(&runner->run, code, "%s; what it didn't get waits in the ledger", error->text);
    else
        run_stop(&runner->run, STOP_FAILED, code, "%s", error->text);
}

/* ---- opening and closing ------------------------------------------------------------------ */

sluice_text runner_path_of(const struct component *sink) {
    const sluice_component *type = sink->type;
    for (uint32_t i = 0; i < type->option_count; i++) {
        const sluice_option *option = &type->options[i];
        if (option->type == SLUICE_TYPE_TEXT && strcmp(option->name, "path") == 0)
            return *(const sluice_text *)((const char *)sink->config + option->offset);
    }
    return (sluice_text){NULL, 0};
}

/* What is rejected, or bought, would be read next, and be rejected again. */
static int check_path(const struct runner *runner, const struct component *sink, sluice_error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%.*s", TEXT_ARG(runner_path_of(sink)));
    if (*path && inputs_have(&runner->inputs, path))
        return fail(error, SLUICE_E_CONFIG, "%s: %s is what the source reads; write to another file",
                    sink->place, path);
    return 0;
}

static int check_paths(const struct runner *runner, sluice_error *error) {
    const struct components *lists[] = {&runner->pipeline->sinks, &runner->pipeline->rejects};
    int failed = 0;
    for (size_t at = 0; at < 2; at++)
        for (size_t i = 0; !failed && i < lists[at]->count; i++)
            failed = check_path(runner, &lists[at]->items[i], error);
    return failed;
}

/* Where nobody waits for an outcome. */
static void widen(struct runner *runner, struct outlet *outlet) {
    if (!(outlet->component->type->flags & SLUICE_BULK))
        return;
    outlet->queue.limit = BULK_BYTES;
    runner->reader.byte_limit = BULK_BYTES;
}

int runner_open_outlets(struct runner *runner, sluice_error *error) {
    const struct components *sinks = &runner->pipeline->sinks;
    struct outlet_events events = {
        .kept = on_kept, .rejected = on_sink_reject, .died = on_died, .user = runner};
    int failed = runner->spends ? check_paths(runner, error) : 0;
    if (failed)
        return failed;
    runner->run.outlets = calloc(sinks->count + 1, sizeof *runner->run.outlets);
    if (!runner->run.outlets)
        return fail_memory(error);
    for (size_t i = 0; i < sinks->count; i++) {
        struct outlet *outlet = &runner->run.outlets[i];
        failed = outlet_open(outlet, &sinks->items[i], &runner->inputs, runner->spends, &events, error);
        if (failed)
            return failed;
        if (runner->leg_count)
            outlet->queue.limit = LEG_QUEUE_BYTES;
        if (runner->spends)
            outlet->commit_rows = COMMIT_ORDERS;
        else if (!runner->leg_count)
            widen(runner, outlet);
        outlet->commit_once = runner->settings->commit_once && !runner->spends;
        runner->run.outlet_count++;
    }
    return 0;
}

int runner_probe_outlets(struct runner *runner, sluice_error *error) {
    int failed = runner_tell_fields(runner, error);
    for (size_t i = 0; !failed && i < runner->run.outlet_count; i++)
        failed = outlet_probe(&runner->run.outlets[i], error);
    return failed;
}

void runner_close_outlets(struct runner *runner, bool complete) {
    struct run *run = &runner->run;
    for (size_t i = 0; i < run->outlet_count; i++) {
        if (atomic_load(&run->no_more_waiting))
            run->outlets[i].grace_ms = 0;
        outlet_end(&run->outlets[i], complete);
    }
    for (size_t i = 0; i < run->outlet_count; i++)
        outlet_join(&run->outlets[i]);
}
