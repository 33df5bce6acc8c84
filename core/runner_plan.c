#include "runner_parts.h"

#include "dry_run.h"
#include "ledger_settle.h"
#include "log.h"
#include "plan.h"

static void print(const struct runner *runner) {
    const struct pause *pause = &runner->spend.pause;
    char why[PAUSE_TEXT];
    struct plan plan = {
        .estimate = &runner->estimate,
        .balance = &runner->balance,
        .account = runner->spend.maker.account,
        .currency = runner->currency,
        .name = runner->pipeline->name,
        .paused = pause->since_ms ? pause_text(pause, why) : NULL,
        .doubts = spend_doubts(&runner->spend),
    };
    if (runner->settings->json)
        plan_print_json(&plan);
    else
        plan_print(&plan);
}

static int count_orphan(void *user, const struct doubt *doubt) {
    uint64_t *count = user;
    (void)doubt;
    ++*count;
    return 0;
}

/* That stay: a run would settle the others before it orders. */
static int count_doubts(const struct runner *runner, uint64_t *doubts, sluice_error *error) {
    const struct order_maker *maker = &runner->spend.maker;
    int64_t account;
    uint64_t orphans = 0;
    int failed = ledger_account(runner->ledger, maker->provider, maker->account, false, &account, error);
    if (!failed && account)
        failed = ledger_count_doubts(runner->ledger, account, doubts, error);
    if (!failed && account)
        failed = ledger_orphans(runner->ledger, account, count_orphan, &orphans, error);
    *doubts += orphans;
    *doubts -= *doubts < runner->foreseen_settled ? *doubts : runner->foreseen_settled;
    return failed;
}

/* What keeps a run from ordering anything new: the cost is what it would spend now. */
static int look_for_bars(struct runner *runner, sluice_error *error) {
    struct spend *spend = &runner->spend;
    if (!runner->ledger)
        return 0;
    int failed = ledger_paused(runner->ledger, &spend->pause, error);
    if (!failed)
        failed = count_doubts(runner, &spend->doubts, error);
    if (spend->pause.since_ms)
        runner->estimate.barred = PLAN_PAUSED;
    else if (runner_doubts_forbid(runner))
        runner->estimate.barred = spend_doubts_rule;
    return failed;
}

/* Where the run would keep its orders. Opened, a sink has made and written nothing yet. */
static int check_stores(struct runner *runner, sluice_error *error) {
    int failed = runner_open_outlets(runner, error);
    return failed || !runner->ledger ? failed : runner_check_store(runner, error);
}

int runner_plan(const struct pipeline *pipeline, const struct runner_settings *settings,
                sluice_error *error) {
    struct runner runner = {.pipeline = pipeline, .settings = settings, .plans = true, .done_fd = -1};
    dry_run_begin();
    runner.spends = pipeline->spender >= 0;
    if (!runner.spends)
        return fail(error, SLUICE_E_USAGE,
                    "%s: no action of this pipeline spends, so there is nothing to plan", pipeline->file);
    run_init(&runner.run, pipeline);
    int failed = runner_open_parts(&runner, error);
    if (!failed)
        failed = runner_ask_provider(&runner, error);
    if (!failed)
        failed = runner_foresee(&runner, error);
    if (!failed)
        failed = look_for_bars(&runner, error);
    if (!failed)
        failed = runner_estimate(&runner, error);
    if (!failed)
        print(&runner);
    if (!failed)
        failed = check_stores(&runner, error);
    runner_close_parts(&runner);
    return failed;
}
