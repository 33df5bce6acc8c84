/* Pipelines whose records people send: the source stays open as long as the pipeline is loaded, what it takes
 * in is kept in the inbox, and a run is begun whenever something waits there. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "inbox_feed.h"
#include "log.h"
#include "logged_out.h"
#include "money.h"
#include "service_look.h"
#include "service_parts.h"
#include "text.h"

enum {
    PAUSE_MOST_US = 300000000, /* after a run that couldn't do all: people wait */
    NUDGE_US = 5000000,        /* and after something new was sent */
};

bool job_is_push(const struct pipeline *pipeline) {
    return pipeline->source.type->flags & SLUICE_PUSH;
}

/* ---- what the source asks of us -------------------------------------------------------------- */

static void wake(const struct service *service) {
    uint64_t one = 1;
    if (write(service->wake_fd, &one, sizeof one) < 0)
        return; /* the counter is full: it wakes all the same */
}

static void nudge(struct job *job) {
    if (!atomic_exchange(&job->nudged, true)) /* else it is awake, and hasn't looked yet */
        wake(job->service);
}

/* A plugin that was built earlier knows fewer members. */
static int read_job(const struct job *job, const sluice_job *given, struct inbox_job *out,
                    sluice_error *error) {
    sluice_job sent = {0};
    memcpy(&sent, given, given->size < sizeof sent ? given->size : sizeof sent);
    *out = (struct inbox_job){.pipeline = text_of(job->push_name),
                              .name = sent.name,
                              .repeat = sent.flags & SLUICE_JOB_REPEAT,
                              .rows = sent.rows,
                              .max_price = MONEY_NONE};
    if (!sent.max_price.ptr)
        return 0;
    return money_parse_strict(sent.max_price, &out->max_price) && out->max_price >= 0
               ? 0
               : fail(error, SLUICE_E_DATA, "max_price is what one order may cost: \"0.08\"");
}

static int submit(void *user, const sluice_job *sent, sluice_error *error) {
    struct job *job = user;
    struct inbox_job taken;
    struct service *service = job->service;
    pthread_mutex_lock(&service->lock);
    bool draining = service->draining;
    pthread_mutex_unlock(&service->lock);
    if (draining)
        return fail(error, SLUICE_E_BUSY, "the service is stopping and takes nothing in");
    int result = read_job(job, sent, &taken, error);
    if (!result)
        result = inbox_submit(service->inbox, &taken, error);
    if (!result) {
        nudge(job);
        ticker_tick(job->ticker, taken.name);
    }
    return result;
}

static int query(void *user, const sluice_query *asked, sluice_each_row *row, void *row_user,
                 sluice_error *error) {
    struct job *job = user;
    return service_query(job, asked, row, row_user, error);
}

static int log_out(const struct job *job, const sluice_act *asked, sluice_acted *out, sluice_error *error) {
    out->answer = SLUICE_ACTED_DONE;
    out->act = 0; /* it isn't among ACTS */
    snprintf(out->text, sizeof out->text, "logged out");
    return logged_out_add(job->service->settings->state_dir, text_of(job->push_name), asked->key, error);
}

static int act(void *user, const sluice_act *asked, sluice_acted *out, sluice_error *error) {
    struct job *job = user;
    if (asked->kind == SLUICE_ACT_LOG_OUT)
        return log_out(job, asked, out, error);
    int failed = job->service->settings->clerk->act(job->clerk, asked, out, error);
    if (!failed && asked->kind == SLUICE_ACT_RESUME)
        nudge(job); /* what waited because of the pause needn't wait any longer */
    return failed;
}

static int wait_change(void *user, sluice_text name, uint64_t *version, uint32_t wait_ms,
                       sluice_error *error) {
    struct job *job = user;
    return ticker_wait(job->ticker, name, version, wait_ms, error);
}

/* ---- what became of records ------------------------------------------------------------------ */

void service_told(void *user, sluice_text pipeline, sluice_text name, uint64_t row,
                  const struct inbox_end *end) {
    struct service *service = user;
    sluice_outcome outcome = {.size = sizeof outcome,
                              .row = (uint32_t)(row - 1),
                              .job = name,
                              .state = text_of(inbox_state_name(end->state)),
                              .order_id = end->order_id,
                              .code = end->code,
                              .reason = end->reason};
    for (size_t i = 0; i < service->job_count; i++) {
        struct job *job = &service->jobs[i];
        pthread_mutex_lock(&job->push_lock);
        if (job->pushing && text_is(pipeline, job->push_name)) {
            push_tell(&job->push, &outcome);
            ticker_tick(job->ticker, name);
        }
        pthread_mutex_unlock(&job->push_lock);
    }
}

/* ---- taking over a pipeline ------------------------------------------------------------------ */

static void forget_push(struct job *job) {
    if (job->clerk)
        job->service->settings->clerk->close(job->clerk);
    free(job->push_name);
    ticker_free(job->ticker);
    job->clerk = NULL;
    job->push_name = NULL;
    job->doubts = 0;
    job->ticker = NULL;
}

static void close_push(struct job *job) {
    pthread_mutex_lock(&job->push_lock);
    bool was = job->pushing;
    job->pushing = false; /* nobody tells it any more */
    pthread_mutex_unlock(&job->push_lock);
    if (was) {
        ticker_stop(job->ticker); /* the plugin's threads wait for these, and stop waits for them */
        job->service->settings->clerk->stop(job->clerk);
        push_close(&job->push);
    }
    forget_push(job);
}

static int open_clerk(struct job *job, const struct pipeline *pipeline, sluice_error *error) {
    const struct service_settings *settings = job->service->settings;
    const struct clerk_post post = {.user = settings->user,
                                    .pipeline = pipeline,
                                    .state_dir = settings->state_dir,
                                    .ticker = job->ticker,
                                    .job = job,
                                    .look = service_look};
    return settings->clerk->open(&post, &job->clerk, error);
}

static int open_push(struct job *job, const struct pipeline *pipeline, sluice_error *error) {
    struct service *service = job->service;
    int failed = 0;
    if (!service->inbox)
        failed = inbox_open(service->settings->state_dir, service_told, service, &service->inbox, error);
    if (failed)
        return failed;
    job->push_name = strdup(pipeline->name);
    job->ticker = ticker_new();
    job->port = (struct push_port){
        .submit = submit, .query = query, .act = act, .wait_change = wait_change, .user = job};
    if (!job->push_name || !job->ticker)
        failed = fail_memory(error);
    if (!failed)
        failed = open_clerk(job, pipeline, error);
    if (!failed)
        failed = push_open(&job->push, pipeline, &job->port, error);
    if (failed) {
        forget_push(job);
        return failed;
    }
    pthread_mutex_lock(&job->push_lock);
    job->pushing = true;
    pthread_mutex_unlock(&job->push_lock);
    return 0;
}

/* Two can't listen at one address: the old one makes room, and comes back when the new one can't start. */
int job_take_push(struct job *job, const struct pipeline *pipeline, sluice_error *error) {
    bool had = job->pushing;
    sluice_error again = ERROR_INIT;
    close_push(job);
    int failed = job_is_push(pipeline) ? open_push(job, pipeline, error) : 0;
    if (failed && had && open_push(job, job->pipeline, &again))
        log_line(SLUICE_LOG_ERROR, job->pipeline->name, "it takes nothing in any more: %s", again.text);
    atomic_store(&job->nudged, true); /* other caps may let what waits go on */
    return failed;
}

void job_close_push(struct job *job) {
    close_push(job);
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* A run has left rows without an end: the next one waits, and not as long when something new comes. */
void job_push_ended(struct job *job, bool complete) {
    struct timer_now now = service_now();
    job->push_ended_us = now.us;
    job->push_held_us = 0;
    job_doubts_asked(job);
    ticker_tick(job->ticker, (sluice_text){0});
    if (complete)
        return;
    int64_t pause_us =
        job->timer.held_us > now.us ? job->timer.held_us - now.us : timer_failed(&job->timer, &now);
    if (pause_us > PAUSE_MOST_US)
        pause_us = PAUSE_MOST_US;
    job->push_held_us = now.us + pause_us;
    log_line(SLUICE_LOG_WARN, job->pipeline->name,
             "what was sent isn't all ordered yet; the next try is in %" PRId64 " s", pause_us / 1000000);
}

int64_t job_push_wait_us(struct job *job) {
    sluice_error error = ERROR_INIT;
    bool open = false, nudged = atomic_exchange(&job->nudged, false);
    int64_t now_us = clock_us(), ask_us = job_doubts_wait_us(job);
    if (inbox_has_open(job->service->inbox, text_of(job->push_name), &open, &error)) {
        log_line(SLUICE_LOG_ERROR, job->pipeline->name, "%s", error.text);
        return PAUSE_MOST_US;
    }
    if (!open)
        return ask_us;
    int64_t held_us = job->push_held_us;
    if (nudged && held_us > job->push_ended_us + NUDGE_US)
        held_us = job->push_held_us = job->push_ended_us + NUDGE_US;
    return held_us > now_us ? held_us - now_us : 0;
}
