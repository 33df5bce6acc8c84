#include "runner_parts.h"

#include <stdlib.h>

#include "log.h"

int runner_catch_up(struct runner *runner, sluice_error *error) {
    struct run *run = &runner->run;
    const struct ledger_site site = runner_site(runner);
    int64_t found = 0;
    int failed = ledger_last_waiting(runner->ledger, run->id, &found, error);
    if (failed)
        return failed;
    runner->backlogs = calloc(run->outlet_count + 1, sizeof *runner->backlogs);
    if (!runner->backlogs)
        return fail_memory(error);
    for (size_t i = 0; !failed && i < run->outlet_count; i++) {
        struct outlet *outlet = &run->outlets[i];
        const char *sink = outlet->component->id;
        uint64_t orders = 0;
        failed = ledger_waiting(runner->ledger, run->id, sink, &orders, error);
        if (!failed)
            failed = backlog_open(&runner->backlogs[i], runner->ledger, &site, run->id, sink, error);
        if (!failed)
            outlet_attach(outlet, &runner->backlogs[i], found);
        orders -= runner->spend.seeded < orders ? runner->spend.seeded : orders; /* told of already */
        if (!failed && orders)
            log_line(SLUICE_LOG_INFO, outlet->component->place,
                     "%llu order%s of earlier runs %s delivered now", (unsigned long long)orders,
                     orders == 1 ? "" : "s", orders == 1 ? "is" : "are");
    }
    return failed;
}

int runner_count_waiting(struct runner *runner, sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; !failed && i < runner->run.outlet_count; i++) {
        struct outlet *outlet = &runner->run.outlets[i];
        uint64_t orders = 0;
        failed = ledger_waiting(runner->ledger, runner->run.id, outlet->component->id, &orders, error);
        atomic_store(&outlet->lost, orders);
    }
    return failed;
}
