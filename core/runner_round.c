/* The round of a run with --repeat: round.h says what that is. */
#include "runner_parts.h"

#include "clock.h"
#include "log.h"

/* Otherwise a user who asks for a repeat would read "duplicate" without knowing why. */
static void say(const struct runner *runner) {
    const struct round *round = &runner->round;
    char began[CLOCK_TEXT];
    if (round->goes_on)
        log_line(SLUICE_LOG_INFO, runner->pipeline->name,
                 "this goes on with the repeat that run %lld began %s UTC and that isn't finished: what was "
                 "ordered since isn't ordered again",
                 (long long)round->first, clock_format(round->began_ms, began));
    else if (round->live_count)
        log_line(SLUICE_LOG_INFO, runner->pipeline->name,
                 "run %lld is at work on this ledger: what it orders isn't ordered again",
                 (long long)round->live[0]);
}

int runner_join_round(struct runner *runner, sluice_error *error) {
    struct round *round = &runner->round;
    struct repeat *repeat = &runner->spend.repeat;
    if (!runner->settings->repeat || !runner->ledger)
        return 0;
    int failed = round_join(round, runner->ledger, runner->pipeline->name, runner->run.id, error);
    if (failed)
        return failed;
    repeat->from_run = round->first;
    repeat->live = round->live;
    repeat->live_count = round->live_count;
    say(runner);
    return 0;
}

int runner_begin_round(struct runner *runner, sluice_error *error) {
    return runner->settings->repeat
               ? round_begin(&runner->round, runner->ledger, runner->pipeline->name, error)
               : 0;
}

/* What wasn't tried, or not to the end, or wasn't read for --limit, is left for the next run. */
void runner_end_round(struct runner *runner) {
    struct run *run = &runner->run;
    sluice_error error = ERROR_INIT;
    if (!runner->settings->repeat || !runner->spends || atomic_load(&run->stopping) ||
        tally_get(&run->tally, TALLY_FAILED) || runner->reader.limited)
        return;
    if (round_end(runner->ledger, runner->pipeline->name, run->id, &error))
        run_trouble(run, -error.code, "%s", error.text);
}
