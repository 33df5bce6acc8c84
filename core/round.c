#include "round.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { ROUND_NAME = 600, ROUND_VALUE = 64 };

static void name_of(const char *pipeline, char out[ROUND_NAME]) {
    snprintf(out, ROUND_NAME, "round of %.500s", pipeline);
}

/* "RUN MILLISECONDS"; 0 when there is no round under way. */
static int read_round(struct ledger *ledger, const char *pipeline, int64_t *first, int64_t *began_ms,
                      sluice_error *error) {
    char name[ROUND_NAME], value[ROUND_VALUE];
    name_of(pipeline, name);
    int failed = ledger_setting(ledger, name, value, sizeof value, error);
    *first = *began_ms = 0;
    if (!failed && *value && sscanf(value, "%" SCNd64 " %" SCNd64, first, began_ms) != 2)
        failed = fail(error, SLUICE_E_SOFTWARE, "the ledger's '%s' is '%s'", name, value);
    return failed;
}

static int write_round(struct ledger *ledger, const char *pipeline, const char *value, sluice_error *error) {
    char name[ROUND_NAME];
    name_of(pipeline, name);
    int failed = ledger_set(ledger, name, value, error);
    if (!failed)
        return ledger_commit(ledger, error);
    ledger_rollback(ledger);
    return failed;
}

struct living {
    struct round *round;
    size_t room;
    const char *pipeline; /* only runs of it count */
    bool of_pipeline;     /* there is one */
};

static int on_alive(void *user, int64_t run, const char *pipeline) {
    struct living *living = user;
    struct round *round = living->round;
    (void)pipeline;
    if (round->live_count == living->room) {
        size_t room = living->room ? living->room * 2 : 16;
        int64_t *more = realloc(round->live, room * sizeof *more);
        if (!more)
            return SLUICE_E_IO;
        round->live = more;
        living->room = room;
    }
    round->live[round->live_count++] = run;
    return 0;
}

int round_join(struct round *round, struct ledger *ledger, const char *pipeline, int64_t run,
               sluice_error *error) {
    struct living living = {.round = round};
    *round = (struct round){0};
    /* Runs first: one that begins after this look sees this one, or has a later number. */
    int failed = ledger_runs_alive(ledger, run, on_alive, &living, error);
    if (!failed)
        failed = read_round(ledger, pipeline, &round->first, &round->began_ms, error);
    round->goes_on = round->first != 0;
    if (!round->goes_on) {
        round->first = run ? run : INT64_MAX;
        round->began_ms = clock_wall_ms();
    }
    return failed;
}

int round_begin(const struct round *round, struct ledger *ledger, const char *pipeline, sluice_error *error) {
    char value[ROUND_VALUE];
    int64_t first, began_ms;
    int failed = ledger_begin(ledger, error);
    if (failed)
        return failed;
    failed = read_round(ledger, pipeline, &first, &began_ms, error);
    if (failed || first) { /* it goes on, or another run was faster */
        ledger_rollback(ledger);
        return failed;
    }
    snprintf(value, sizeof value, "%" PRId64 " %" PRId64, round->first, round->began_ms);
    return write_round(ledger, pipeline, value, error);
}

static int on_other(void *user, int64_t run, const char *pipeline) {
    struct living *living = user;
    (void)run;
    living->of_pipeline |= strcmp(pipeline, living->pipeline) == 0;
    return 0;
}

int round_end(struct ledger *ledger, const char *pipeline, int64_t run, sluice_error *error) {
    struct living living = {.pipeline = pipeline};
    int failed = ledger_runs_alive(ledger, run, on_other, &living, error);
    if (failed || living.of_pipeline)
        return failed;
    failed = ledger_begin(ledger, error);
    return failed ? failed : write_round(ledger, pipeline, "", error);
}

void round_free(struct round *round) {
    free(round->live);
    *round = (struct round){0};
}
