#include "runner_parts.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "crash_point.h"
#include "inbox_feed.h"
#include "log.h"
#include "run_report.h"
#include "statedir.h"
#include "summary.h"
#include "text.h"

enum { DECLINED = 75 }; /* somebody was asked, and said no */

const struct component *runner_source(const struct runner *runner) {
    return runner->settings->feed ? &runner->settings->feed->component : &runner->pipeline->source;
}

/* ---- opening ------------------------------------------------------------------------------ */

int runner_open_rejects(struct runner *runner, sluice_error *error) {
    static atomic_uint nth; /* a service may have several runs in one second */
    char path[4096];
    const char *dir = runner->settings->state_dir;
    snprintf(path, sizeof path, "%s/rejects", dir);
    int failed = runner->pipeline->rejects.count ? 0 : statedir_make(path, error);
    char stamp[CLOCK_TEXT];
    clock_format(clock_wall_ms(), stamp);
    stamp[10] = 'T';
    snprintf(path, sizeof path, "%.3000s/rejects/%.500s-%s-%d.%u.csv", dir, runner->pipeline->name, stamp,
             (int)getpid(), atomic_fetch_add(&nth, 1));
    if (!failed)
        failed = rejects_open(&runner->run.rejects, &runner->pipeline->rejects, path,
                              runner->settings->registry, &runner->inputs, runner->spends, error);
    runner->rejects_opened = !failed;
    return failed;
}

struct ledger_site runner_site(const struct runner *runner) {
    return (struct ledger_site){.state_dir = runner->settings->state_dir,
                                .uri = runner->pipeline->ledger.uri,
                                .lease_ms = runner->pipeline->ledger.lease_ms};
}

/* To plan, no ledger is as good as an empty one, and none is made. */
static int open_ledger(struct runner *runner, sluice_error *error) {
    const char *dir = runner->settings->state_dir;
    const struct ledger_site site = runner_site(runner);
    if (!runner->plans) {
        int failed = statedir_make(dir, error);
        return failed ? failed : ledger_open_at(&site, 0, &runner->ledger, error);
    }
    int failed = ledger_open_at(&site, LEDGER_READ_ONLY, &runner->ledger, error);
    return failed == SLUICE_E_NOINPUT ? 0 : failed;
}

static int open_spender(struct runner *runner, sluice_error *error) {
    const struct component *component = &runner->pipeline->actions.items[runner->pipeline->spender];
    int failed = instance_open(&runner->spender, component->type, component->config, component->place,
                               &runner->inputs, true, error);
    if (failed)
        return fail_within(error, "%s", component->place);
    failed = open_ledger(runner, error);
    if (!failed)
        failed = spend_open(&runner->spend, &runner->run, component, &runner->spender, runner->ledger, error);
    runner->spend_opened = !failed;
    return failed;
}

int runner_open_parts(struct runner *runner, sluice_error *error) {
    const struct pipeline *pipeline = runner->pipeline;
    size_t local;
    runner->inputs.twice = runner->spends && !runner->plans && pipeline->source.type->flags & SLUICE_REREADS;
    runner->inputs.spool_dir = runner->settings->state_dir;
    int failed = runner_open_legs(runner, &local, error);
    if (!failed)
        failed = chain_open(&runner->chain, pipeline->actions.items, local, &runner->inputs, runner->spends,
                            error);
    runner->chain.of_many = runner->settings->feed != NULL;
    if (!failed && runner->spends)
        failed = open_spender(runner, error);
    return failed;
}

/* ---- the main thread ---------------------------------------------------------------------- */

static void end_run(struct runner *runner) {
    struct stop *stop = runner->settings->stop;
    stop_heard(stop);
    if (!atomic_load(&stop->wanted))
        return;
    atomic_store(&runner->run.no_more_waiting, true);
    run_stop(&runner->run, STOP_SIGNAL, 75,
             "stopping: calls in flight are waited for; a second signal ends at once");
    if (runner->spends)
        spend_wake(&runner->spend);
    runner_wake_legs(runner);
}

static void interrupt(int number) {
    (void)number; /* it is there so that a call that waits returns */
}

/* The source may wait for a pipe that nobody writes to any more. A run that spends has all of its input. */
static void let_source_go(struct runner *runner) {
    struct sigaction action = {.sa_handler = interrupt};
    inputs_cut(&runner->inputs);
    sigaction(SIGURG, &action, NULL);
    pthread_kill(runner->thread, SIGURG);
}

static void watch(struct runner *runner) {
    struct pollfd fds[] = {{.fd = runner->settings->stop->fd, .events = POLLIN},
                           {.fd = runner->done_fd, .events = POLLIN}};
    bool let_go = runner->spends;
    while (!(fds[1].revents & POLLIN)) {
        poll(fds, 2, PROGRESS_TERMINAL_MS);
        if (fds[0].revents & POLLIN)
            end_run(runner);
        if (!let_go && atomic_load(&runner->run.stopping)) {
            let_source_go(runner);
            let_go = true;
        }
        progress_tick(&runner->progress);
    }
}

static int start_threads(struct runner *runner, sluice_error *error) {
    struct run *run = &runner->run;
    int failed = 0;
    if (runner->spends)
        failed = runner_remember_store(runner, error);
    if (!failed && runner->spends)
        failed = runner_begin_round(runner, error);
    if (!failed && runner->spends)
        failed = runner_catch_up(runner, error);
    for (size_t i = 0; !failed && i < run->outlet_count; i++)
        failed = outlet_start(&run->outlets[i], error);
    if (!failed && runner->spends)
        failed = spend_start(&runner->spend, error);
    if (!failed)
        failed = runner_start_legs(runner, error);
    if (!failed && pthread_create(&runner->thread, NULL, runner_feed, runner))
        failed = fail(error, SLUICE_E_IO, "no thread can be started");
    return failed;
}

static int run_threads(struct runner *runner, sluice_error *error) {
    runner->done_fd = eventfd(0, EFD_CLOEXEC);
    /* Where nothing is paid there is nothing to name that isn't attempted: the rest stays unread. */
    bool all = runner->spends && !runner->settings->feed;
    runner->reader.abandon = all ? &runner->run.no_more_waiting : &runner->run.stopping;
    progress_begin(&runner->progress, runner->pipeline->name, &runner->run.tally, runner->estimate.read,
                   runner->spends, runner->settings->progress);
    if (!runner->estimate.read && runner->settings->progress)
        runner->reader.total = &runner->progress.total;
    int failed = runner->done_fd < 0 ? fail(error, SLUICE_E_IO, "no file descriptors are left") : 0;
    if (!failed)
        failed = start_threads(runner, error);
    if (!failed) {
        watch(runner);
        pthread_join(runner->thread, NULL);
    } else {
        if (runner->spends) { /* of its two threads one may have been started */
            spend_input_ended(&runner->spend);
            spend_join(&runner->spend);
        }
        runner_end_legs(runner);
        runner_close_outlets(runner, false);
    }
    progress_end(&runner->progress);
    if (runner->done_fd >= 0)
        close(runner->done_fd);
    return failed;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int prepare(struct runner *runner, sluice_error *error) {
    int failed = runner_open_parts(runner, error);
    if (!failed && runner->spends)
        failed = runner_begin(runner, error);
    if (!failed && runner->spends)
        failed = runner_ask_provider(runner, error);
    if (!failed && runner->spends)
        failed = runner_settle(runner, error);
    if (!failed && runner->spends)
        failed = runner_count_input(runner, error);
    if (!failed && atomic_load(&runner->settings->stop->wanted))
        failed = fail(error, SLUICE_E_BUSY, "stopped before anything was sent");
    if (!failed)
        failed = reader_open(&runner->reader, runner_source(runner), &runner->inputs, runner->spends, error);
    if (!failed)
        failed = runner_open_outlets(runner, error);
    if (!failed)
        runner_say_stores(runner);
    if (!failed && runner->spends)
        failed = runner_check_store(runner, error);
    if (!failed)
        failed = runner_probe_outlets(runner, error);
    if (!failed && runner->spends)
        failed = runner_confirm(runner, error);
    if (!failed)
        failed = stop_arm(runner->settings->stop, error); /* no thread may be started before */
    if (!failed)
        failed = runner_open_rejects(runner, error);
    if (runner->spends || runner->leg_count) {
        runner->reader.row_limit = runner->leg_count ? LEG_ROWS : SPENDING_ROWS;
        runner->reader.byte_limit = SPENDING_BYTES;
    }
    runner->reader.limit = runner->settings->limit;
    runner->reader.name = text_of(runner->settings->source_name);
    return failed;
}

/* A sink forgets what it needs to know a row again that is delivered twice: so only when none will be. */
static void finish_sinks(struct runner *runner) {
    for (size_t i = 0; i < runner->run.outlet_count; i++)
        outlet_finish(&runner->run.outlets[i]);
}

/* True: it knows how far each sink has got. */
static bool finish_ledger(struct runner *runner, int exit_code) {
    sluice_error error = ERROR_INIT;
    bool flushed = false;
    crash_point("end");
    if (runner->run_begun && !runner->spend.moved && ledger_in_place(runner->ledger, &error))
        run_trouble(&runner->run, 74, "%s", error.text);
    if (runner->spend_opened && spend_flush_cursors(&runner->spend, &error))
        run_trouble(&runner->run, 74, "%s", error.text);
    else
        flushed = true;
    if (runner->run_begun && ledger_run_end(runner->ledger, runner->run.id, exit_code, &error))
        run_trouble(&runner->run, 74, "%s", error.text);
    crash_point("ended");
    return flushed;
}

static void count_waiting(struct runner *runner) {
    sluice_error error = ERROR_INIT;
    if (runner_count_waiting(runner, &error))
        run_trouble(&runner->run, -error.code, "%s", error.text);
}

static void finish_rejects(struct runner *runner) {
    sluice_error error = ERROR_INIT;
    if (runner->rejects_opened && rejects_close(&runner->run.rejects, &error))
        run_trouble(&runner->run, error.code < 0 ? -error.code : 74, "%s", error.text);
}

void runner_close_parts(struct runner *runner) {
    for (size_t i = 0; i < runner->run.outlet_count; i++) {
        outlet_close(&runner->run.outlets[i]);
        if (runner->backlogs)
            backlog_close(&runner->backlogs[i]);
    }
    free(runner->backlogs);
    runner_free_fields(runner);
    free(runner->run.outlets);
    reader_close(&runner->reader);
    chain_close(&runner->chain);
    runner_close_legs(runner);
    if (runner->spend_opened)
        spend_close(&runner->spend);
    instance_close(&runner->spender);
    if (runner->ledger)
        ledger_close(runner->ledger);
    inputs_free(&runner->inputs);
    estimate_free(&runner->estimate);
    foresight_free(&runner->foresight);
    round_free(&runner->round);
    run_free(&runner->run);
}

/* All was known before, or there was nothing: a service would say so every few minutes. */
static bool was_idle(const struct run *run, int exit_code) {
    const struct tally *tally = &run->tally;
    uint64_t old = tally_get(tally, TALLY_DUPLICATE) + tally_get(tally, TALLY_SKIPPED);
    return !exit_code && tally_done(tally) == old && !atomic_load(&((struct tally *)tally)->settled);
}

static struct summary summarize(struct runner *runner, int64_t started_us, int exit_code) {
    return (struct summary){
        .run = &runner->run,
        .elapsed_us = clock_us() - started_us,
        .exit_code = exit_code,
        .currency = runner->currency,
        .spends = runner->spends,
        .unstored = runner_unstored(&runner->run),
        .rejects_path = runner->run.rejects.kept_aside ? runner->run.rejects.path : NULL,
    };
}

/* Whoever reads the JSON waits for its last line, also when the run didn't come to its records. */
static void conclude_failed(struct runner *runner, int64_t started_us, int exit_code) {
    struct summary summary = summarize(runner, started_us, exit_code);
    if (runner->settings->json)
        summary_print_json(&summary);
}

static int conclude(struct runner *runner, int64_t started_us) {
    finish_rejects(runner);
    if (finish_ledger(runner, run_exit_code(&runner->run)) && runner->spends)
        finish_sinks(runner);
    runner_end_round(runner);
    if (runner->spends)
        count_waiting(runner);
    struct summary summary = summarize(runner, started_us, run_exit_code(&runner->run));
    if (!runner->settings->quiet && !(runner->settings->service && was_idle(&runner->run, summary.exit_code)))
        summary_print(&summary);
    runner_say_unstored(runner);
    if (runner->settings->json)
        summary_print_json(&summary);
    return summary.exit_code;
}

int runner_run(const struct pipeline *pipeline, const struct runner_settings *settings, sluice_error *error) {
    struct runner runner = {
        .pipeline = pipeline, .settings = settings, .spends = pipeline->spender >= 0, .done_fd = -1};
    run_init(&runner.run, pipeline);
    runner.run.json = settings->json;
    if (settings->feed)
        runner.run.watch = &settings->feed->watch;
    int result = prepare(&runner, error);
    int64_t started = clock_us();
    if (!result && settings->report)
        run_report_began(settings->report, &runner.run, runner.currency);
    if (!result)
        result = run_threads(&runner, error);
    if (!result && runner.spends)
        runner_compare_balance(&runner);
    if (!result) {
        result = conclude(&runner, started);
    } else {
        if (result > 0) {
            log_line(SLUICE_LOG_INFO, pipeline->name, "nothing was placed");
            result = DECLINED;
        }
        bool late = runner_is_late(&runner, result) && runner_deliver_late(&runner);
        finish_rejects(&runner);
        if (finish_ledger(&runner, result < 0 ? -result : result) && late)
            finish_sinks(&runner);
        if (late) {
            count_waiting(&runner);
            runner_say_late(&runner);
            runner_say_unstored(&runner);
        }
        if (result < 0)
            result = -run_worse(-result, run_exit_code(&runner.run));
        conclude_failed(&runner, started, result < 0 ? -result : result);
    }
    if (settings->feed)
        settings->feed->complete = result >= 0 && !atomic_load(&runner.run.stopping);
    if (settings->report)
        run_report_ended(settings->report);
    runner_close_parts(&runner);
    return result;
}
