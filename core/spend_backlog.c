#include "spend_parts.h"

/* A sink that can't be written now; NULL: all are well. */
static const struct outlet *ailing(const struct run *run) {
    for (size_t i = 0; i < run->outlet_count; i++)
        if (atomic_load(&run->outlets[i].dead) || atomic_load(&run->outlets[i].failing))
            return &run->outlets[i];
    return NULL;
}

/* At most so many more can come to wait as are placed: until then nobody needs to count. */
static int count_again(struct spend *spend, uint64_t in_flight, sluice_error *error) {
    uint64_t waiting;
    int failed = ledger_waiting(spend->ledger, spend->run->id, NULL, &waiting, error);
    if (failed)
        return failed;
    waiting += in_flight;
    spend->room = waiting < BACKLOG_MOST ? BACKLOG_MOST - waiting : 0;
    return 0;
}

int spend_limit_backlog(struct spend *spend, uint64_t in_flight, uint64_t *rows, sluice_error *error) {
    const struct outlet *sink;
    int failed = spend->room < *rows ? count_again(spend, in_flight, error) : 0;
    if (failed)
        return failed;
    if (spend->room < *rows) /* in whole calls, or what is left */
        *rows = spend->room >= spend_list(spend) ? spend->room / spend_list(spend) * spend_list(spend) : 0;
    spend->held = !*rows;
    spend->room -= *rows;
    if (spend->held && !in_flight && (sink = ailing(spend->run)))
        run_stop(spend->run, STOP_BACKLOG, 12,
                 "%d paid orders wait for a sink, and %s can't be written: no more are placed; repair it and "
                 "run this again",
                 BACKLOG_MOST, sink->component->place);
    return 0;
}
