/* A copy is a run of a pipeline that no file holds: FROM's source, TO's sink. So it has a progress line, can
 * be stopped, and what TO refuses is kept like any rejected record. To do it again changes nothing that is
 * there, and goes on where it was stopped. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd_store.h"
#include "log.h"
#include "nameless.h"
#include "progress.h"
#include "reader.h"
#include "run_report.h"
#include "runner.h"
#include "store.h"
#include "text.h"

enum {
    PASSES = 4, /* over a FROM that others write to meanwhile */
    PAUSE_MOST_MS = 12800
};

struct copy {
    struct program *program;
    struct store from, to;
    const char *from_shown;
    struct nameless nameless;
    uint64_t refused; /* by TO */
    struct digest digest;
    bool stopped;
};

/* What is read would be written over while it is read. */
static int check_different(const struct copy *copy, const char *name) {
    char shown[200];
    if (store_same(&copy->from.part.component, &copy->to.part.component))
        return fail(&copy->program->error, SLUICE_E_USAGE, "FROM and TO are the same store, %s",
                    store_shown(name, shown, sizeof shown));
    return 0;
}

static int bind(struct copy *copy, const char *from, const char *to) {
    static const sluice_text yes = {"true", 4};
    struct lone_option history = {"history", {&yes, 1}};
    int result = store_bind_named(&copy->from, copy->program, SLUICE_SOURCE, from, NULL, 0);
    if (!result)
        result = store_bind_named(&copy->to, copy->program, SLUICE_SINK, to, &history, 1);
    return result ? result : check_different(copy, from);
}

static int see(void *user, struct batch *batch, sluice_error *error) {
    (void)user, (void)error;
    batch_unref(batch);
    return 0;
}

/* A FROM that isn't there must not leave an empty TO. */
static int prove_from(struct copy *copy) {
    struct reader reader = {0};
    sluice_error *error = &copy->program->error;
    int failed = reader_open(&reader, &copy->from.part.component, &copy->from.part.inputs, false, error);
    reader.row_limit = 1;
    reader.limit = 1;
    if (!failed)
        failed = reader_run(&reader, see, NULL, error);
    reader_close(&reader);
    return failed;
}

static int run_once(struct copy *copy, bool at_once) {
    struct program *program = copy->program;
    struct component actions[] = {{.type = &nameless_action,
                                   .name = "nameless",
                                   .place = "store copy",
                                   .id = "nameless",
                                   .config = &copy->nameless},
                                  {.type = &digest_action,
                                   .name = "digest",
                                   .place = "store copy",
                                   .id = "digest",
                                   .config = &copy->digest}};
    struct pipeline pipeline = {
        .file = "store copy",
        .name = "store-copy",
        .source = copy->from.part.component,
        .actions = {actions, 2},
        .sinks = {&copy->to.part.component, 1},
        .spend = {.max_price = MONEY_NONE,
                  .max_run = MONEY_NONE,
                  .max_day = MONEY_NONE,
                  .reserve = MONEY_NONE,
                  .price = MONEY_NONE,
                  .timezone = "UTC"},
        .spender = -1,
    };
    struct stop stop;
    bool named = true; /* by whoever started the copy */
    struct runner_settings settings = {.stop = &stop,
                                       .stores_said = &named,
                                       .source_name = copy->from_shown,
                                       .state_dir = program_state_dir(program),
                                       .registry = program_registry(program),
                                       .commit_once = at_once,
                                       .quiet = program->quiet,
                                       .progress = program->progress};
    struct run_report report;
    struct run_snapshot sums;
    if (!settings.state_dir)
        return program->error.code;
    run_report_init(&report);
    settings.report = &report;
    copy->nameless = (struct nameless){0};
    copy->digest = (struct digest){0};
    stop_on_signals(&stop);
    int result = runner_run(&pipeline, &settings, &program->error);
    copy->stopped = atomic_load(&stop.wanted);
    stop_close(&stop);
    run_report_read(&report, &sums);
    run_report_free(&report);
    copy->refused = sums.sums.kinds[TALLY_REJECTED];
    sigset_t signals = stop_signals(); /* the run has waited for them; from here on they end the program */
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    return result;
}

static bool passes(const struct copy *copy, int ended) {
    int code = copy->program->error.code;
    return ended < 0 && (code == SLUICE_E_UNAVAILABLE || code == SLUICE_E_BUSY);
}

/* What is in TO by then isn't written again. */
static int run_again(struct copy *copy) {
    int ended = run_once(copy, false);
    for (long ms = 200; passes(copy, ended) && !copy->stopped && ms <= PAUSE_MOST_MS; ms *= 2) {
        nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
        copy->program->error = (sluice_error)ERROR_INIT;
        ended = run_once(copy, false);
    }
    return ended;
}

/* An empty TO may be able to take all orders at once. If that fails on the way, nothing of it is kept; then
 * they go a batch at a time, which can bear a row that is refused, and a connection that breaks off. */
static int run(struct copy *copy) {
    bool at_once = store_fill_at_once(&copy->to, true);
    int ended = run_once(copy, at_once);
    if (!at_once || ended <= 0 || ended == 10 || copy->stopped)
        return ended;
    log_line(SLUICE_LOG_WARN, NULL, "the copy begins again, a batch at a time; what is there stays");
    store_fill_at_once(&copy->to, false);
    return run_again(copy);
}

/* Whether they were bought is for a person to find out; until then they are taken for bought. */
static void say_nameless(const struct nameless *nameless, const char *from, const char *to) {
    char number[32];
    if (nameless->count)
        log_line(
            SLUICE_LOG_WARN, NULL,
            "%s orders of %s have no order id, the first is for %s: %s keeps them under ids that begin with "
            "import-, unless it has them already, and they count as ordered, so that they aren't paid again",
            progress_count(nameless->count, number), from, nameless->first, to);
}

/* ---- what came of it ---------------------------------------------------------------------- */

/* What TO refused can't be in it. */
static bool lacks(const struct copy *copy, const struct verified *v) {
    return v->missing > copy->refused || v->emptied;
}

/* What comes or changes in FROM after it was read looks as if TO had lost it: then it is copied once more,
 * until the two are the same, or TO lacks what it lacked before. */
static int copy_whole(struct copy *copy, const char *from, const char *to, struct verified *v, bool *moves) {
    char before[sizeof v->first], shown[200];
    int ended, failed;
    *v = (struct verified){0};
    for (unsigned pass = 1;; pass++) {
        memcpy(before, v->first, sizeof before);
        ended = run(copy);
        if (ended != 0 && ended != 10) /* records that TO refuses (10) are told of; the others are compared */
            return ended;
        failed = store_same_digest(copy->program, to, &copy->digest, v)
                     ? 0
                     : store_verify(copy->program, from, to, v);
        if (failed || !lacks(copy, v))
            return failed ? failed : ended;
        *moves = pass > 1 && strcmp(before, v->first) != 0;
        if (pass == PASSES || (pass > 1 && !*moves))
            return ended;
        log_line(SLUICE_LOG_INFO, NULL, "once more, since %s may have changed while it was copied",
                 store_shown(from, shown, sizeof shown));
    }
}

static int judge(const struct copy *copy, const struct verified *v, bool moves, const char *from,
                 const char *to) {
    sluice_error *error = &copy->program->error;
    char number[32];
    if (lacks(copy, v) && moves)
        return fail(error, SLUICE_E_BUSY,
                    "%s is being written to: of its %" PRIu64 " orders %" PRIu64
                    " came or changed while they were copied; all others are in %s; run the copy again when "
                    "nothing writes to it",
                    from, v->orders, v->missing + v->emptied, to);
    if (lacks(copy, v))
        return fail(error, SLUICE_E_IO,
                    "%s lacks %" PRIu64 " of %" PRIu64 " orders of %s, and values of %" PRIu64
                    " more, also after a second try: %s; a trigger or a rule of its table may drop them",
                    to, v->missing, v->orders, from, v->emptied, v->first);
    if (v->missing)
        log_line(SLUICE_LOG_WARN, NULL,
                 "%s orders of %s aren't in %s, which refused them: %s; why, is in the rejects file",
                 progress_count(v->missing, number), from, to, v->first);
    if (v->without)
        log_line(SLUICE_LOG_WARN, NULL, "%s orders of %s have no IMEI; they aren't in %s",
                 progress_count(v->without, number), from, to);
    if (v->differ)
        log_line(SLUICE_LOG_WARN, NULL, "of %s orders %s knew more or other values, and has kept them",
                 progress_count(v->differ, number), to);
    printf("verified: %s%s orders are in %s, checksum %016" PRIx64 "%s\n", v->missing ? "the other " : "all ",
           progress_count(v->orders - v->missing, number), to, v->to_sum,
           v->from_sum == v->to_sum ? " on both sides" : "");
    return 0;
}

int store_copy(struct program *program, const char *from, const char *to) {
    struct copy copy = {.program = program};
    struct verified verified;
    bool moves = false;
    char from_shown[200], to_shown[200];
    copy.from_shown = store_shown(from, from_shown, sizeof from_shown);
    int result = bind(&copy, from, to);
    if (!result)
        result = prove_from(&copy);
    if (!result)
        result = copy_whole(&copy, from, to, &verified, &moves);
    from = copy.from_shown;
    to = store_shown(to, to_shown, sizeof to_shown);
    say_nameless(&copy.nameless, from, to);
    if (result == 0 || result == 10) {
        int failed = judge(&copy, &verified, moves, from, to);
        result = failed ? failed : result;
    }
    store_free(&copy.from);
    store_free(&copy.to);
    return result;
}
