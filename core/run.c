#include "run.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "text.h"

/* Which of several exit codes is the run's: the first of this list that holds. */
static const int precedence[] = {74, 77, 69, 70, 78, 76, 65, 66, 73, 11, 12, 75, 10};

void run_init(struct run *run, const struct pipeline *pipeline) {
    memset(run, 0, sizeof *run);
    run->pipeline = pipeline;
    tally_init(&run->tally);
    checked_init(&run->checked);
    pthread_mutex_init(&run->lock, NULL);
}

void run_free(struct run *run) {
    tally_free(&run->tally);
    checked_free(&run->checked);
    json_free(&run->line);
    pthread_mutex_destroy(&run->lock);
}

/* A code that isn't one of ours is a bug, and never success. */
static size_t rank(int code) {
    for (size_t i = 0; i < sizeof precedence / sizeof *precedence; i++)
        if (precedence[i] == code)
            return i;
    return rank(-SLUICE_E_SOFTWARE);
}

int run_worse(int one, int other) {
    return !one || (other && rank(other) < rank(one)) ? other : one;
}

static void hold(struct run *run, int code) {
    run->codes |= (uint64_t)1 << rank(code);
}

void run_stop(struct run *run, enum stop_reason reason, int code, const char *format, ...) {
    va_list arguments;
    pthread_mutex_lock(&run->lock);
    bool news = !(run->said & 1u << reason);
    run->said |= 1u << reason;
    hold(run, code);
    pthread_mutex_unlock(&run->lock);
    if (news) {
        va_start(arguments, format);
        log_vline(reason == STOP_SIGNAL ? SLUICE_LOG_INFO : SLUICE_LOG_ERROR, run->pipeline->name, format,
                  arguments);
        va_end(arguments);
    }
    atomic_store(&run->stopping, true);
}

bool run_said(struct run *run, enum stop_reason reason) {
    pthread_mutex_lock(&run->lock);
    bool said = run->said & 1u << reason;
    pthread_mutex_unlock(&run->lock);
    return said;
}

void run_trouble(struct run *run, int code, const char *format, ...) {
    va_list arguments;
    run_holds(run, code);
    va_start(arguments, format);
    log_vline(SLUICE_LOG_ERROR, run->pipeline->name, format, arguments);
    va_end(arguments);
}

void run_holds(struct run *run, int code) {
    pthread_mutex_lock(&run->lock);
    hold(run, code);
    pthread_mutex_unlock(&run->lock);
}

int run_exit_code(struct run *run) {
    uint64_t failed = tally_get(&run->tally, TALLY_FAILED);
    if (failed && !run->codes) { /* else the reason is among them */
        run_holds(run, 69);
        run->only_spoilt = failed == atomic_load(&run->spoilt);
    }
    if (tally_get(&run->tally, TALLY_IN_DOUBT))
        run_holds(run, 11);
    if (tally_get(&run->tally, TALLY_REJECTED))
        run_holds(run, 10);
    for (size_t i = 0; i < sizeof precedence / sizeof *precedence; i++)
        if (run->codes >> i & 1)
            return precedence[i];
    return 0;
}

void run_reject(struct run *run, const struct batch *batch, uint32_t row, const char *step, const char *code,
                sluice_text reason) {
    struct order_line line = {
        .state = "rejected", .row = batch->view.numbers[row], .code = text_of(code), .reason = reason};
    tally_add(&run->tally, TALLY_REJECTED, 1);
    rejects_add(&run->rejects, batch, row, step, code, reason);
    run_say(run, &line);
}

static void field(struct json *json, const char *key, sluice_text value) {
    if (value.ptr) {
        json_key(json, key);
        json_text(json, value);
    }
}

void run_say(struct run *run, const struct order_line *line) {
    struct json *json = &run->line;
    if (run->watch)
        run->watch->heard(run->watch->user, line);
    if (!run->json)
        return;
    pthread_mutex_lock(&run->lock);
    json_reset(json);
    json_open(json, '{');
    field(json, "type", TEXT("record"));
    field(json, "state", text_of(line->state));
    json_key(json, "row");
    json_number(json, (int64_t)line->row);
    field(json, "identifier", line->identifier);
    field(json, "service", text_of(line->service));
    field(json, "order_id", line->order_id);
    if (line->generation > 1) {
        json_key(json, "generation");
        json_number(json, line->generation);
    }
    field(json, "code", line->code);
    field(json, "reason", line->reason);
    json_close(json, '}');
    if (!json->failed)
        fprintf(stdout, "%s\n", json->text);
    pthread_mutex_unlock(&run->lock);
}
