/* What is left for a run that can't ask the provider: nothing is ordered, but what earlier runs have paid for
 * needs no provider to reach its sinks. */
#include "log.h"
#include "runner_parts.h"

enum { LATE_GRACE_MS = 5000 }; /* a sink that fails is tried again for so long */

bool runner_is_late(const struct runner *runner, int result) {
    bool asked = result == SLUICE_E_UNAVAILABLE || result == SLUICE_E_AUTH;
    return asked && runner->run_begun && !runner->plans && !runner->run.outlets &&
           !atomic_load(&runner->settings->stop->wanted);
}

static int open_sinks(struct runner *runner, sluice_error *error) {
    int failed = runner_open_outlets(runner, error);
    if (!failed)
        runner_say_stores(runner);
    if (!failed)
        failed = runner_check_store(runner, error);
    if (!failed)
        failed = runner_probe_outlets(runner, error);
    if (!failed)
        failed = stop_arm(runner->settings->stop, error); /* no thread may be started before */
    if (!failed)
        failed = runner_open_rejects(runner, error);
    return failed ? failed : runner_catch_up(runner, error);
}

static int deliver(struct runner *runner, sluice_error *error) {
    struct run *run = &runner->run;
    int failed = open_sinks(runner, error);
    for (size_t i = 0; !failed && i < run->outlet_count; i++) {
        run->outlets[i].grace_ms = LATE_GRACE_MS;
        failed = outlet_start(&run->outlets[i], error);
    }
    runner_close_outlets(runner, false);
    return failed;
}

bool runner_deliver_late(struct runner *runner) {
    sluice_error error = ERROR_INIT;
    uint64_t orders = 0;
    int failed = ledger_waiting(runner->ledger, runner->run.id, NULL, &orders, &error);
    if (!failed && !orders)
        return false;
    if (!failed)
        failed = deliver(runner, &error);
    if (failed)
        run_trouble(&runner->run, -error.code, "what earlier runs placed can't be delivered now: %s",
                    error.text);
    return !failed;
}

void runner_say_late(const struct runner *runner) {
    for (size_t i = 0; i < runner->run.outlet_count; i++) {
        struct outlet *outlet = &runner->run.outlets[i];
        uint64_t left = atomic_load(&outlet->lost);
        if (left)
            log_line(SLUICE_LOG_WARN, outlet->component->place,
                     "%llu orders not delivered; they wait in the ledger, and the next run of this pipeline "
                     "delivers them",
                     (unsigned long long)left);
    }
}
