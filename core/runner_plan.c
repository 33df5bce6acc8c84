#include "runner_parts.h"

#include "dry_run.h"
#include "ledger_settle.h"
#include "log.h"
#include "plan.h"

static void print(const struct runner *runner, const struct pause *pause, uint64_t doubts) {
    char why[PAUSE_TEXT];
    struct plan plan = {
        .estimate = &runner->estimate,
        .balance = &runner->balance,
        .account = runner->spend.maker.account,
        .currency = runner->currency,
        .name = runner->pipeline->name,
        .paused = pause->since_ms ? pause_text(pause, why) : NULL,
        .doubts = doubts,
        .max_in_doubt = (uint64_t)runner->pipeline->spend.max_in_doubt,
    };
    if (runner->settings->json)
        plan_print_json(&plan);
    else
        plan_print(&plan);
}

/* That stay: a run would settle the others before it orders. */
static int count_doubts(const struct runner *runner, uint64_t *doubts, sluice_error *error) {
    const struct order_maker *maker = &runner->spend.maker;
    int64_t account;
    int failed = ledger_account(runner->ledger, maker->provider, maker->account, false, &account, error);
    if (!failed && account)
        failed = ledger_count_doubts(runner->ledger, account, doubts, error);
    *doubts -= *doubts < runner->foreseen_settled ? *doubts : runner->foreseen_settled;
    return failed;
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
    uint64_t doubts = 0;
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
    if (!failed && runner.ledger)
        failed = count_doubts(&runner, &doubts, error);
    if (!failed)
        print(&runner, &pause, doubts);
    runner_close_parts(&runner);
    return failed;
}
