#include "runner.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "account.h"
#include "chain.h"
#include "clock.h"
#include "confirm.h"
#include "estimate.h"
#include "log.h"
#include "progress.h"
#include "reader.h"
#include "run.h"
#include "spend.h"
#include "statedir.h"
#include "summary.h"
#include "text.h"
#include "where.h"

enum {
    SPENDING_ROWS = 1024,          /* a batch of a run that pays: outcomes aren't held up by large ones */
    CLOCK_OFF_MS = 5 * 60 * 1000,  /* off from the provider's by more: nothing is spent */
    COMMIT_ORDERS = 1000,          /* a sink of orders commits at least so often */
};

struct runner {
    const struct pipeline *pipeline;
    const struct runner_settings *settings;
    struct run run;
    struct inputs inputs;
    struct reader reader;
    struct chain chain;
    struct instance spender;
    struct ledger *ledger;
    struct spend spend;
    struct balance balance;
    struct estimate estimate;
    char currency[16];
    bool spends, spend_opened, rejects_opened, run_begun;
    pthread_t thread;
    int done_fd;
    struct progress progress;
};

/* ---- what the sinks say ------------------------------------------------------------------- */

static void on_kept(void *user, struct outlet *outlet, int64_t run, int64_t version) {
    struct runner *runner = user;
    if (version)
        spend_kept(&runner->spend, outlet->component->id, run, version);
}

/* An order that is paid but that a store refuses stays in the ledger; the record goes to on_reject, too. */
static void on_sink_reject(void *user, struct outlet *outlet, const struct batch *batch, const struct reject *reject) {
    struct runner *runner = user;
    log_line(SLUICE_ERROR, outlet->component->place, "row %llu isn't stored: %.*s",
             (unsigned long long)batch->view.numbers[reject->row], TEXT_ARG(reject->reason));
    rejects_add(&runner->run.rejects, batch, reject->row, outlet->component->place, reject->code, reject->reason);
    run_holds(&runner->run, 10);
}

static void on_died(void *user, struct outlet *outlet, const sluice_error *error) {
    struct runner *runner = user;
    (void)outlet;
    int code = error->code < 0 ? -error->code : 74;
    if (runner->spends)
        run_trouble(&runner->run, code, "%s; what it didn't get waits in the ledger", error->text);
    else
        run_stop(&runner->run, STOP_FAILED, code, "%s", error->text);
}

/* ---- opening ------------------------------------------------------------------------------ */

static int open_outlets(struct runner *runner, sluice_error *error) {
    const struct components *sinks = &runner->pipeline->sinks;
    struct outlet_events events = {.kept = on_kept, .rejected = on_sink_reject, .died = on_died, .user = runner};
    runner->run.outlets = calloc(sinks->count + 1, sizeof *runner->run.outlets);
    if (!runner->run.outlets)
        return fail_memory(error);
    for (size_t i = 0; i < sinks->count; i++) {
        struct outlet *outlet = &runner->run.outlets[i];
        int failed = outlet_open(outlet, &sinks->items[i], &runner->inputs, runner->spends, &events, error);
        if (failed)
            return failed;
        if (runner->spends)
            outlet->commit_rows = COMMIT_ORDERS;
        runner->run.outlet_count++;
        failed = outlet_probe(outlet, error);
        if (failed)
            return failed;
    }
    return 0;
}

static int open_rejects(struct runner *runner, sluice_error *error) {
    char path[4096];
    const char *dir = runner->settings->state_dir;
    snprintf(path, sizeof path, "%s/rejects", dir);
    int failed = runner->pipeline->rejects.count ? 0 : statedir_make(path, error);
    char stamp[CLOCK_TEXT];
    clock_format(clock_wall_ms(), stamp);
    stamp[10] = 'T';
    snprintf(path, sizeof path, "%.3000s/rejects/%.500s-%s-%d.csv", dir, runner->pipeline->name, stamp, (int)getpid());
    if (!failed)
        failed = rejects_open(&runner->run.rejects, &runner->pipeline->rejects, path, runner->settings->registry,
                              &runner->inputs, runner->spends, error);
    runner->rejects_opened = !failed;
    return failed;
}

static int open_spender(struct runner *runner, sluice_error *error) {
    const struct component *component = &runner->pipeline->actions.items[runner->pipeline->spender];
    int failed = instance_open(&runner->spender, component->type, component->config, component->place,
                               &runner->inputs, true, error);
    if (failed)
        return fail_within(error, "%s", component->place);
    failed = statedir_make(runner->settings->state_dir, error);
    if (!failed)
        failed = ledger_open(runner->settings->state_dir, 0, &runner->ledger, error);
    if (!failed)
        failed = spend_open(&runner->spend, &runner->run, component, &runner->spender, runner->ledger, error);
    runner->spend_opened = !failed;
    return failed;
}

static int open_parts(struct runner *runner, sluice_error *error) {
    const struct pipeline *pipeline = runner->pipeline;
    size_t local = runner->spends ? (size_t)pipeline->spender : pipeline->actions.count;
    runner->inputs.twice = runner->spends && pipeline->source.type->flags & SLUICE_FILE;
    runner->inputs.spool_dir = runner->settings->state_dir;
    if (runner->spends && local + 1 < pipeline->actions.count)
        return fail(error, SLUICE_E_CONFIG, "%s: a spending action is the last one; move '%s' before it",
                    pipeline->file, pipeline->actions.items[local + 1].name);
    for (size_t i = 0; i < local; i++)
        if (!pipeline->actions.items[i].type->action)
            return fail(error, SLUICE_E_CONFIG, "%s: %s can't be run by this version", pipeline->file,
                        pipeline->actions.items[i].place);
    int failed = chain_open(&runner->chain, pipeline->actions.items, local, &runner->inputs, runner->spends, error);
    if (!failed && runner->spends)
        failed = open_spender(runner, error);
    return failed;
}

/* ---- before anything is paid -------------------------------------------------------------- */

static int check_clock(const struct client *client, sluice_error *error) {
    int64_t off = client->date_offset_ms < 0 ? -client->date_offset_ms : client->date_offset_ms;
    if (client->has_date && off > CLOCK_OFF_MS)
        return fail(error, SLUICE_E_CONFIG,
                    "this machine's clock is off by %lld s from the provider's; set it right (NTP) before money is spent",
                    (long long)(off / 1000));
    return 0;
}

/* Catalogue and balance; both are free. A balance that can't be read is a warning. */
static int ask_provider(struct runner *runner, sluice_error *error) {
    struct spend *spend = &runner->spend;
    const struct spend_rules *rules = &runner->pipeline->spend;
    struct client client;
    sluice_error balance_error = ERROR_INIT;
    int failed = client_open(&client, &runner->spender, &spend->component->limits, NULL, error);
    if (!failed)
        failed = catalogue_fetch(&spend->catalogue, &client, error);
    if (!failed)
        failed = check_clock(&client, error);
    if (!failed && balance_fetch(&runner->balance, &client, &balance_error))
        log_line(SLUICE_WARN, spend->component->place, "the balance can't be read: %s", balance_error.text);
    client_close(&client);
    snprintf(runner->currency, sizeof runner->currency, "%s", rules->currency ? rules->currency : runner->balance.currency);
    spend->maker = (struct order_maker){
        .instance = &runner->spender,
        .catalogue = &spend->catalogue,
        .provider = runner->spender.self.endpoint.provider,
        .account = account_name(&runner->spender.self.arena, &runner->spender.self.endpoint),
        .max_price = rules->max_price,
        .fixed_price = rules->price,
    };
    return failed;
}

static void estimate_reject(void *user, const struct batch *batch, const struct reject *reject,
                            const struct component *component) {
    struct runner *runner = user;
    (void)batch, (void)reject, (void)component;
    runner->estimate.rejected++;
}

/* The rows that the spending action takes; the others are passed over. */
static struct batch *for_spender(const struct runner *runner, struct batch *batch, bool match, sluice_error *error) {
    const struct component *component = runner->spend.component;
    return where_select(batch, component->where, component->where_count, match, error);
}

static int estimate_one(void *user, struct batch *batch, sluice_error *error) {
    struct runner *runner = user;
    struct chain_counts counts = {0};
    runner->estimate.read += batch->view.selected;
    batch = chain_process(&runner->chain, batch, &counts, estimate_reject, runner, error);
    if (!batch)
        return error->code;
    runner->estimate.duplicate += counts.duplicates;
    struct batch *wanted = for_spender(runner, batch, true, error);
    batch_unref(batch);
    if (!wanted)
        return error->code;
    return estimate_batch(&runner->estimate, &runner->spend.maker, runner->ledger, wanted, error);
}

/* Read the whole input once: nothing is paid before the last row is known to be readable. */
static int count_input(struct runner *runner, sluice_error *error) {
    const struct pipeline *pipeline = runner->pipeline;
    struct reader reader;
    if (!runner->inputs.twice)
        return 0;
    int failed = reader_open(&reader, &pipeline->source, &runner->inputs, true, error);
    if (failed)
        return failed;
    reader.row_limit = SPENDING_ROWS;
    reader.limit = runner->settings->limit;
    failed = reader_run(&reader, estimate_one, runner, error);
    reader_close(&reader);
    /* Actions may remember rows (dedupe): they begin anew for the real run. */
    chain_close(&runner->chain);
    if (!failed)
        failed = chain_open(&runner->chain, pipeline->actions.items, (size_t)pipeline->spender, &runner->inputs, true, error);
    return failed;
}

static int ask(struct runner *runner, sluice_error *error) {
    struct confirm confirm = {
        .estimate = &runner->estimate,
        .balance = &runner->balance,
        .account = runner->spend.maker.account,
        .currency = runner->currency,
        .name = runner->pipeline->name,
        .yes = runner->settings->yes || !runner->pipeline->spend.confirm,
    };
    if (!runner->inputs.twice) {
        if (confirm.yes)
            return 0;
        return fail(error, SLUICE_E_USAGE,
                    "this pipeline spends, and what it will read can't be counted first; nothing was sent: add --yes, or "
                    "`confirm: false` under `spend:`");
    }
    return confirm_spending(&confirm, error);
}

static int begin_run(struct runner *runner, sluice_error *error) {
    const struct components *sinks = &runner->pipeline->sinks;
    const char *ids[64];
    struct recovered recovered = {0};
    size_t count = sinks->count < 64 ? sinks->count : 64;
    for (size_t i = 0; i < count; i++)
        ids[i] = sinks->items[i].id;
    struct run_info info = {.pipeline = runner->pipeline->name, .file = runner->pipeline->file, .sinks = ids, .sink_count = count};
    int failed = ledger_run_begin(runner->ledger, &info, &runner->run.id, error);
    if (failed)
        return failed;
    runner->run_begun = true;
    failed = ledger_recover(runner->ledger, runner->run.id, &recovered, error);
    if (!failed && recovered.in_doubt)
        log_line(SLUICE_WARN, runner->pipeline->name,
                 "an earlier run ended without a word; %llu of its orders are in doubt now and aren't sent again",
                 (unsigned long long)recovered.in_doubt);
    return failed;
}

/* ---- delivery of what earlier runs placed ------------------------------------------------- */

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
    struct packer_record record = {.names = delivery->record.names, .values = delivery->record.values,
                                   .count = delivery->record.count, .number = (uint64_t)delivery->order,
                                   .version = delivery->version};
    if (delivery->run != catch_up->run)
        packer_flush(&catch_up->packer);
    catch_up->run = delivery->run;
    catch_up->count++;
    return packer_add(&catch_up->packer, &record, &catch_up->error);
}

static int catch_up(struct runner *runner, struct outlet *outlet, sluice_error *error) {
    struct catch_up state = {.runner = runner, .outlet = outlet, .error = ERROR_INIT};
    state.packer = (struct packer){.row_limit = COMMIT_ORDERS, .full = on_caught_up, .user = &state};
    int failed = ledger_undelivered(runner->ledger, runner->pipeline->name, outlet->component->id, 0, UINT64_MAX,
                                    catch_up_one, &state, error);
    if (!failed && state.error.code)
        failed = fail(error, state.error.code, "%s", state.error.text);
    if (!failed)
        packer_flush(&state.packer);
    packer_free(&state.packer);
    if (state.count)
        log_line(SLUICE_INFO, outlet->component->place, "%llu orders of earlier runs are delivered now",
                 (unsigned long long)state.count);
    return failed;
}

/* ---- the source's thread ------------------------------------------------------------------ */

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
    struct batch *others = for_spender(runner, batch, false, error);
    struct batch *wanted = others ? for_spender(runner, batch, true, error) : NULL;
    batch_unref(batch);
    if (runner->spend.component->where_count && others)
        skip_rows(runner, others);
    batch_unref(others);
    if (!wanted)
        return error->code;
    return spend_give(&runner->spend, wanted, error);
}

static int pass_batch(struct runner *runner, struct batch *batch) {
    struct run *run = &runner->run;
    for (size_t i = 0; i < run->outlet_count; i++)
        outlet_give(&run->outlets[i], batch, 0, 0);
    tally_add(&run->tally, TALLY_PASSED, batch->view.selected);
    batch_unref(batch);
    return 0;
}

static int take_batch(void *user, struct batch *batch, sluice_error *error) {
    struct runner *runner = user;
    struct chain_counts counts = {0};
    atomic_fetch_add(&runner->run.tally.read, batch->view.selected);
    if (atomic_load(&runner->run.stopping)) { /* read on, to name what isn't attempted */
        skip_rows(runner, batch);
        batch_unref(batch);
        return 0;
    }
    batch = chain_process(&runner->chain, batch, &counts, on_reject, runner, error);
    if (!batch)
        return error->code;
    tally_add(&runner->run.tally, TALLY_DUPLICATE, counts.duplicates);
    tally_add(&runner->run.tally, TALLY_SKIPPED, counts.filtered);
    return runner->spends ? spend_batch(runner, batch, error) : pass_batch(runner, batch);
}

static void close_outlets(struct runner *runner, bool complete) {
    struct run *run = &runner->run;
    for (size_t i = 0; i < run->outlet_count; i++)
        outlet_end(&run->outlets[i], complete);
    for (size_t i = 0; i < run->outlet_count; i++)
        outlet_join(&run->outlets[i]);
}

static void *pipeline_thread(void *user) {
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
    }
    /* A sink that replaces a file must not do so with half of the records. Orders are kept as they are. */
    close_outlets(runner, runner->spends || !atomic_load(&run->stopping));
    if (write(runner->done_fd, &one, sizeof one) < 0)
        abort();
    return NULL;
}

/* ---- the main thread ---------------------------------------------------------------------- */

static void on_signal(struct runner *runner, int signals_fd) {
    struct signalfd_siginfo info;
    if (read(signals_fd, &info, sizeof info) != sizeof info)
        return;
    if (atomic_load(&runner->run.no_more_waiting)) /* the second one: at once */
        _exit(128 + (int)info.ssi_signo);
    atomic_store(&runner->run.no_more_waiting, true);
    run_stop(&runner->run, STOP_SIGNAL, 75, "stopping: calls in flight are waited for; a second signal ends at once");
    if (runner->spends)
        spend_wake(&runner->spend);
}

static void watch(struct runner *runner, int signals_fd) {
    struct pollfd fds[] = {{.fd = signals_fd, .events = POLLIN}, {.fd = runner->done_fd, .events = POLLIN}};
    while (!(fds[1].revents & POLLIN)) {
        poll(fds, 2, PROGRESS_TERMINAL_MS);
        if (fds[0].revents & POLLIN)
            on_signal(runner, signals_fd);
        progress_tick(&runner->progress);
    }
}

static int start_threads(struct runner *runner, sluice_error *error) {
    struct run *run = &runner->run;
    int failed = 0;
    for (size_t i = 0; !failed && i < run->outlet_count; i++)
        failed = outlet_start(&run->outlets[i], error);
    for (size_t i = 0; !failed && runner->spends && i < run->outlet_count; i++)
        failed = catch_up(runner, &run->outlets[i], error);
    if (!failed && runner->spends)
        failed = spend_start(&runner->spend, error);
    if (!failed && pthread_create(&runner->thread, NULL, pipeline_thread, runner))
        failed = fail(error, SLUICE_E_IO, "no thread can be started");
    return failed;
}

static int run_threads(struct runner *runner, sluice_error *error) {
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    int signals_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    runner->done_fd = eventfd(0, EFD_CLOEXEC);
    runner->reader.abandon = &runner->run.no_more_waiting;
    progress_begin(&runner->progress, runner->pipeline->name, &runner->run.tally, runner->estimate.read,
                   runner->spends, runner->settings->progress);
    int failed = signals_fd < 0 || runner->done_fd < 0 ? fail(error, SLUICE_E_IO, "no file descriptors are left") : 0;
    if (!failed)
        failed = start_threads(runner, error);
    if (!failed) {
        watch(runner, signals_fd);
        pthread_join(runner->thread, NULL);
    } else {
        if (runner->spends && runner->spend.started) {
            spend_input_ended(&runner->spend);
            spend_join(&runner->spend);
        }
        close_outlets(runner, false);
    }
    progress_end(&runner->progress);
    if (signals_fd >= 0)
        close(signals_fd);
    if (runner->done_fd >= 0)
        close(runner->done_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int prepare(struct runner *runner, sluice_error *error) {
    int failed = open_parts(runner, error);
    if (!failed && runner->spends)
        failed = begin_run(runner, error);
    if (!failed && runner->spends)
        failed = ask_provider(runner, error);
    if (!failed && runner->spends)
        failed = count_input(runner, error);
    if (!failed)
        failed = reader_open(&runner->reader, &runner->pipeline->source, &runner->inputs, runner->spends, error);
    if (!failed)
        failed = open_outlets(runner, error);
    if (!failed && runner->spends)
        failed = ask(runner, error);
    if (!failed)
        failed = open_rejects(runner, error);
    runner->reader.row_limit = runner->spends ? SPENDING_ROWS : BATCH_ROWS;
    runner->reader.limit = runner->settings->limit;
    return failed;
}

static void finish_ledger(struct runner *runner, int exit_code) {
    sluice_error error = ERROR_INIT;
    if (runner->spend_opened && spend_flush_cursors(&runner->spend, &error))
        run_trouble(&runner->run, 74, "%s", error.text);
    if (runner->run_begun && ledger_run_end(runner->ledger, runner->run.id, exit_code, &error))
        run_trouble(&runner->run, 74, "%s", error.text);
}

static void finish_rejects(struct runner *runner) {
    sluice_error error = ERROR_INIT;
    if (runner->rejects_opened && rejects_close(&runner->run.rejects, &error))
        run_trouble(&runner->run, error.code < 0 ? -error.code : 74, "%s", error.text);
}

static void close_parts(struct runner *runner) {
    for (size_t i = 0; i < runner->run.outlet_count; i++)
        outlet_close(&runner->run.outlets[i]);
    free(runner->run.outlets);
    reader_close(&runner->reader);
    chain_close(&runner->chain);
    if (runner->spend_opened)
        spend_close(&runner->spend);
    instance_close(&runner->spender);
    if (runner->ledger)
        ledger_close(runner->ledger);
    inputs_free(&runner->inputs);
    estimate_free(&runner->estimate);
    run_free(&runner->run);
}

static int conclude(struct runner *runner, int64_t started_us) {
    finish_rejects(runner);
    finish_ledger(runner, run_exit_code(&runner->run));
    struct summary summary = {
        .run = &runner->run,
        .elapsed_us = clock_us() - started_us,
        .exit_code = run_exit_code(&runner->run),
        .currency = runner->currency,
        .spends = runner->spends,
        .rejects_path = runner->run.rejects.count && !runner->pipeline->rejects.count ? runner->run.rejects.path : NULL,
    };
    if (!runner->settings->quiet)
        summary_print(&summary);
    if (runner->settings->json)
        summary_print_json(&summary);
    return summary.exit_code;
}

int runner_run(const struct pipeline *pipeline, const struct runner_settings *settings, sluice_error *error) {
    struct runner runner = {.pipeline = pipeline, .settings = settings, .spends = pipeline->spender >= 0, .done_fd = -1};
    run_init(&runner.run, pipeline);
    runner.run.json = settings->json;
    int result = prepare(&runner, error);
    if (!result) {
        int64_t started = clock_us();
        result = run_threads(&runner, error);
        if (!result)
            result = conclude(&runner, started);
    } else if (result > 0) {
        log_line(SLUICE_INFO, pipeline->name, "nothing was placed");
        result = 75;
    }
    if (result < 0 || result == 75)
        finish_rejects(&runner);
    if (runner.run_begun && result < 0)
        finish_ledger(&runner, -result);
    close_parts(&runner);
    return result;
}
