#include "runner_parts.h"

#include <stdlib.h>

/* Rows that a stage lets go of: through the local actions behind it, then to the next stage or the sinks. */
static int on_pass(void *user, struct batch *batch, sluice_error *error) {
    struct leg *leg = user;
    struct runner *runner = leg->runner;
    batch = runner_process(runner, &leg->chain, batch, error);
    if (!batch)
        return error->code;
    runner_carry(runner, (size_t)(leg - runner->legs) + 1, batch);
    return 0;
}

void runner_carry(struct runner *runner, size_t leg, struct batch *batch) {
    if (leg < runner->leg_count)
        stage_give(&runner->legs[leg].stage, batch);
    else
        runner_pass(runner, batch);
}

static size_t count_local(const struct components *actions, size_t from) {
    size_t at = from;
    while (at < actions->count && actions->items[at].type->action)
        at++;
    return at - from;
}

static int open_leg(struct runner *runner, struct leg *leg, size_t at, sluice_error *error) {
    const struct components *actions = &runner->pipeline->actions;
    const struct ledger_site site = runner_site(runner);
    leg->runner = runner;
    int failed = stage_open(&leg->stage, &runner->run, &actions->items[at], &runner->inputs, &site, error);
    if (!failed)
        failed = chain_open(&leg->chain, actions->items + at + 1, count_local(actions, at + 1),
                            &runner->inputs, false, error);
    leg->chain.of_many = runner->settings->feed != NULL;
    leg->stage.ask_all = runner->settings->now;
    leg->stage.pass = on_pass;
    leg->stage.user = leg;
    return failed;
}

int runner_open_legs(struct runner *runner, size_t *first, sluice_error *error) {
    const struct pipeline *pipeline = runner->pipeline;
    const struct components *actions = &pipeline->actions;
    int failed = 0;
    *first = count_local(actions, 0);
    size_t at = *first, end = runner->spends ? (size_t)pipeline->spender : actions->count;
    if (at < end && runner->spends)
        return fail(
            error, SLUICE_E_CONFIG,
            "%s: %s asks a service; in a pipeline that spends this version can't do that. Put it into a "
            "pipeline of its own",
            pipeline->file, actions->items[at].place);
    runner->legs = calloc(actions->count + 1, sizeof *runner->legs);
    if (!runner->legs)
        return fail_memory(error);
    while (at < end && !failed) {
        failed = open_leg(runner, &runner->legs[runner->leg_count++], at, error);
        at += 1 + count_local(actions, at + 1);
    }
    return failed;
}

int runner_start_legs(struct runner *runner, sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; i < runner->leg_count && !failed; i++)
        failed = stage_start(&runner->legs[i].stage, error);
    return failed;
}

void runner_wake_legs(struct runner *runner) {
    for (size_t i = 0; i < runner->leg_count; i++)
        stage_wake(&runner->legs[i].stage);
}

void runner_end_legs(struct runner *runner) {
    for (size_t i = 0; i < runner->leg_count; i++)
        stage_end(&runner->legs[i].stage);
}

void runner_close_legs(struct runner *runner) {
    for (size_t i = 0; i < runner->leg_count; i++) {
        stage_close(&runner->legs[i].stage);
        chain_close(&runner->legs[i].chain);
    }
    free(runner->legs);
}
