#include "ledger_settle.h"
#include "log.h"
#include "runner_parts.h"
#include "text.h"

int runner_no_list(const struct runner *runner, const sluice_error *why, sluice_error *error) {
    return fail(error, why->code,
                "%s: this ledger is new, and the provider's list of recent orders can't be had: what was "
                "ordered before would be paid again (%s); nothing was sent",
                runner->spend.component->place, why->text);
}

void runner_warn_no_list(const struct runner *runner, const sluice_error *why) {
    log_line(SLUICE_LOG_WARN, runner->spend.component->place,
             "the provider's list of recent orders can't be had, so nothing in doubt is settled: %s",
             why->text);
}

/* A ledger that doesn't know the account may be a new one in the place of one that was lost: what the store
 * and the provider have must be known before anything is paid. The one may be known and the other not: a run
 * may have ended between them. Later, what came into the store since:
 * imports, or the orders of another ledger. */
int runner_settle(struct runner *runner, sluice_error *error) {
    struct spend *spend = &runner->spend;
    int64_t account = 0;
    bool listed = false;
    sluice_error why = ERROR_INIT;
    int failed =
        ledger_account(runner->ledger, spend->maker.provider, spend->maker.account, false, &account, error);
    if (!failed)
        failed = ledger_listed(runner->ledger, spend->maker.provider, spend->maker.account, &listed, error);
    if (!failed)
        failed = runner_seed(runner, account, error);
    if (failed || !spend_settle(spend, true, &why))
        return failed;
    if (!listed)
        return runner_no_list(runner, &why, error);
    runner_warn_no_list(runner, &why);
    return 0;
}

/* What was put in doubt by this run is settled within it where that can be done. A run that stopped because
 * too much stayed in doubt has just asked. */
void runner_settle_end(struct runner *runner) {
    struct run *run = &runner->run;
    sluice_error error = ERROR_INIT;
    if (!tally_get(&run->tally, TALLY_IN_DOUBT) || atomic_load(&run->no_more_waiting) ||
        runner->spend.moved || run_said(run, STOP_IN_DOUBT))
        return;
    if (spend_settle(&runner->spend, false, &error))
        log_line(SLUICE_LOG_WARN, runner->spend.component->place, "orders in doubt can't be settled now: %s",
                 error.text);
}
