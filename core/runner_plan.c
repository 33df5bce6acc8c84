#include "runner_parts.h"

#include "dry_run.h"
#include "log.h"
#include "plan.h"

static void print(const struct runner *runner, const struct pause *pause) {
    char why[PAUSE_TEXT];
    struct plan plan = {
        .estimate = &runner->estimate,
        .balance = &runner->balance,
        .account = runner->spend.maker.account,
        .currency = runner->currency,
        .name = runner->pipeline->name,
        .paused = pause->since_ms ? pause_text(pause, why) : NULL,
    };
    if (runner->settings->json)
        plan_print_json(&plan);
    else
        plan_print(&plan);
}

int runner_plan(const struct pipeline *pipeline, const struct runner_settings *settings,
                sluice_error *error) {
    struct runner runner = {.pipeline = pipeline, .settings = settings, .plans = true, .done_fd = -1};
    dry_run_begin();
    runner.spends = pipeline->spender >= 0;
    if (!runner.spends)
        return fail(error, SLUICE_E_USAGE,
                    "%s: no action of this pipeline spends, so there is nothing to plan", pipeline->file);
    struct pause pause = {0};
    run_init(&runner.run, pipeline);
    int failed = runner_open_parts(&runner, error);
    if (!failed)
        failed = runner_ask_provider(&runner, error);
    if (!failed)
        failed = runner_foresee(&runner, error);
    if (!failed)
        failed = runner_estimate(&runner, error);
    if (!failed && runner.ledger)
        failed = ledger_paused(runner.ledger, &pause, error);
    if (!failed)
        print(&runner, &pause);
    runner_close_parts(&runner);
    return failed;
}
