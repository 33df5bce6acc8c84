#include "runner_parts.h"

#include <stdlib.h>
#include <unistd.h>

#include "where.h"

static void on_reject(void *user, const struct batch *batch, const struct reject *reject,
                      const struct component *component) {
    struct runner *runner = user;
    run_reject(&runner->run, batch, reject->row, component->place, reject->code, reject->reason);
}

static void skip_rows(struct runner *runner, const struct batch *batch) {
    for (uint32_t i = 0; i < batch->view.selected; i++)
        tally_skip(&runner->run.tally, batch->view.numbers[sluice_selected(&batch->view, i)]);
}

static int spend_batch(struct runner *runner, struct batch *batch, sluice_error *error) {
    struct batch *others = runner_for_spender(runner, batch, false, error);
    struct batch *wanted = others ? runner_for_spender(runner, batch, true, error) : NULL;
    batch_unref(batch);
    if (runner->spend.component->where_count && others)
        skip_rows(runner, others);
    batch_unref(others);
    if (!wanted)
        return error->code;
    return spend_give(&runner->spend, wanted, error);
}

void runner_pass(struct runner *runner, struct batch *batch) {
    struct run *run = &runner->run;
    tally_add(&run->tally, TALLY_PASSED, batch->view.selected); /* before a sink can take one back */
    for (size_t i = 0; i < run->outlet_count; i++)
        outlet_give(&run->outlets[i], batch, 0, 0);
    batch_unref(batch);
}

struct batch *runner_process(struct runner *runner, struct chain *chain, struct batch *batch,
                             sluice_error *error) {
    struct chain_counts counts = {0};
    batch = chain_process(chain, batch, &counts, on_reject, runner, error);
    if (!batch)
        return NULL;
    tally_add(&runner->run.tally, TALLY_DUPLICATE, counts.duplicates);
    tally_add(&runner->run.tally, TALLY_SKIPPED, counts.filtered);
    return batch;
}

/* Rows that the source itself couldn't use. */
static void reject_refused(struct runner *runner, const struct batch *batch) {
    atomic_fetch_add(&runner->run.tally.read, batch->refused_count);
    for (size_t i = 0; i < batch->refused_count; i++)
        on_reject(runner, batch, &batch->refused[i], runner->reader.component);
}

static int take_batch(void *user, struct batch *batch, sluice_error *error) {
    struct runner *runner = user;
    atomic_fetch_add(&runner->run.tally.read, batch->view.selected);
    reject_refused(runner, batch);
    if (atomic_load(&runner->run.stopping)) { /* read on, to name what isn't attempted */
        skip_rows(runner, batch);
        batch_unref(batch);
        return 0;
    }
    batch = runner_process(runner, &runner->chain, batch, error);
    if (!batch)
        return error->code;
    if (runner->spends)
        return spend_batch(runner, batch, error);
    runner_carry(runner, 0, batch);
    return 0;
}

/* A failure in the middle of a batch leaves rows of it without an end of their own: they weren't attempted.
 */
static void skip_unfinished(struct run *run) {
    uint64_t read = atomic_load(&run->tally.read), done = tally_done(&run->tally);
    if (read > done)
        tally_skip_unnamed(&run->tally, read - done);
}

void *runner_feed(void *user) {
    struct runner *runner = user;
    struct run *run = &runner->run;
    sluice_error error = ERROR_INIT;
    uint64_t one = 1;
    int failed = reader_run(&runner->reader, take_batch, runner, &error);
    if (failed)
        run_stop(run, STOP_FAILED, error.code < 0 ? -error.code : 70, "%s", error.text);
    if (runner->spends) {
        spend_input_ended(&runner->spend);
        spend_join(&runner->spend);
        runner_settle_end(runner);
    }
    runner_end_legs(runner);
    /* A sink that replaces a file must not do so with half of the records. One of a run that spends is
     * finished once the ledger knows what it has got. */
    runner_close_outlets(runner, !runner->spends && !atomic_load(&run->stopping));
    if (failed || runner->leg_count)
        skip_unfinished(run);
    if (write(runner->done_fd, &one, sizeof one) < 0)
        abort();
    return NULL;
}
