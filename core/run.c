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
    run->trouble = (sluice_error)ERROR_INIT;
    tally_init(&run->tally);
    pthread_mutex_init(&run->lock, NULL);
}

void run_free(struct run *run) {
    tally_free(&run->tally);
    json_free(&run->line);
    pthread_mutex_destroy(&run->lock);
}

static void hold(struct run *run, int code) {
    for (size_t i = 0; i < sizeof precedence / sizeof *precedence; i++)
        if (precedence[i] == code)
            run->codes |= (uint64_t)1 << i;
}

static void note(struct run *run, int code, const char *format, va_list arguments) {
    if (!run->trouble.code)
        vfail(&run->trouble, -code, format, arguments);
    hold(run, code);
}

void run_stop(struct run *run, enum stop_reason reason, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&run->lock);
    bool first = !run->reason;
    if (first) {
        run->reason = reason;
        note(run, code, format, arguments);
    } else {
        hold(run, code);
    }
    pthread_mutex_unlock(&run->lock);
    va_end(arguments);
    if (first)
        log_line(reason == STOP_SIGNAL ? SLUICE_INFO : SLUICE_ERROR, run->pipeline->name, "%s", run->trouble.text);
    atomic_store(&run->stopping, true);
}

void run_trouble(struct run *run, int code, const char *format, ...) {
    char text[SLUICE_ERROR_TEXT];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    vsnprintf(text, sizeof text, format, again);
    va_end(again);
    pthread_mutex_lock(&run->lock);
    note(run, code, format, arguments);
    pthread_mutex_unlock(&run->lock);
    va_end(arguments);
    log_line(SLUICE_ERROR, run->pipeline->name, "%s", text);
}

void run_holds(struct run *run, int code) {
    pthread_mutex_lock(&run->lock);
    hold(run, code);
    pthread_mutex_unlock(&run->lock);
}

int run_exit_code(struct run *run) {
    if (tally_get(&run->tally, TALLY_IN_DOUBT))
        run_holds(run, 11);
    if (tally_get(&run->tally, TALLY_FAILED))
        run_holds(run, 69);
    if (tally_get(&run->tally, TALLY_REJECTED))
        run_holds(run, 10);
    for (size_t i = 0; i < sizeof precedence / sizeof *precedence; i++)
        if (run->codes >> i & 1)
            return precedence[i];
    return 0;
}

void run_reject(struct run *run, const struct batch *batch, uint32_t row, const char *step, const char *code,
                sluice_text reason) {
    struct order_line line = {.state = "rejected", .row = batch->view.numbers[row], .code = text_of(code), .reason = reason};
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
    field(json, "code", line->code);
    field(json, "reason", line->reason);
    json_close(json, '}');
    if (!json->failed)
        fprintf(stdout, "%s\n", json->text);
    pthread_mutex_unlock(&run->lock);
}
