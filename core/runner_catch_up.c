#include "runner_parts.h"

#include "log.h"

struct catch_up {
    struct runner *runner;
    struct outlet *outlet;
    struct packer packer;
    int64_t run;
    uint64_t count;
    sluice_error error;
};

static void on_caught_up(void *user, struct batch *batch) {
    struct catch_up *catch_up = user;
    outlet_give(catch_up->outlet, batch, catch_up->run, catch_up->packer.version);
    batch_unref(batch);
}

static int catch_up_one(void *user, const struct delivery *delivery) {
    struct catch_up *catch_up = user;
    struct packer_record record = {.names = delivery->record.names,
                                   .values = delivery->record.values,
                                   .count = delivery->record.count,
                                   .number = delivery->row,
                                   .version = delivery->version};
    if (delivery->run != catch_up->run)
        packer_flush(&catch_up->packer);
    catch_up->run = delivery->run;
    catch_up->count++;
    return packer_add(&catch_up->packer, &record, &catch_up->error);
}

int runner_catch_up(struct runner *runner, struct outlet *outlet, sluice_error *error) {
    struct catch_up state = {.runner = runner, .outlet = outlet, .error = ERROR_INIT};
    state.packer = (struct packer){.row_limit = COMMIT_ORDERS, .full = on_caught_up, .user = &state};
    int failed = ledger_undelivered(runner->ledger, runner->run.id, outlet->component->id, 0, 0, catch_up_one,
                                    &state, error);
    if (!failed && state.error.code)
        failed = fail(error, state.error.code, "%s", state.error.text);
    if (!failed)
        packer_flush(&state.packer);
    packer_free(&state.packer);
    if (state.count)
        log_line(SLUICE_LOG_INFO, outlet->component->place, "%llu orders of earlier runs are delivered now",
                 (unsigned long long)state.count);
    return failed;
}
