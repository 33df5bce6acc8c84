#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "inbox_feed.h"
#include "log.h"
#include "runner.h"
#include "service_parts.h"
#include "text.h"

struct timer_now service_now(void) {
    struct timer_now now = {.us = clock_us(), .wall_ms = clock_wall_ms()};
    if (getrandom(&now.random, sizeof now.random, GRND_NONBLOCK) != sizeof now.random)
        now.random = (uint32_t)now.us; /* only spreads the firings */
    return now;
}

/* ---- the pipeline -------------------------------------------------------------------------- */

static bool same_trigger(const struct trigger *a, const struct trigger *b) {
    return a->every_ms == b->every_ms && a->jitter_ms == b->jitter_ms && !a->cron == !b->cron &&
           (!a->cron || strcmp(a->cron, b->cron) == 0) && strcmp(a->timezone, b->timezone) == 0;
}

static int32_t offset_at(const void *zone, int64_t utc_s) {
    return zone_offset(zone, utc_s);
}

static int set_timer(struct job *job, const struct trigger *trigger, sluice_error *error) {
    struct timer timer = {.every_us = trigger->every_ms * 1000,
                          .jitter_us = trigger->jitter_ms * 1000,
                          .by_cron = trigger->cron != NULL};
    struct timer_now now = service_now();
    struct zone *zone = NULL;
    int failed = 0;
    if (trigger->cron)
        failed = cron_parse(text_of(trigger->cron), &timer.cron, error);
    if (!failed && trigger->cron)
        failed = zone_open(trigger->timezone, &zone, error);
    if (failed)
        return failed;
    zone_close(job->zone);
    job->zone = zone;
    timer.zone = (struct cron_zone){.offset = zone ? offset_at : NULL, .zone = zone};
    job->timer = timer;
    timer_start(&job->timer, &now);
    return 0;
}

int job_take(struct job *job, struct pipeline *pipeline, sluice_error *error) {
    struct pipeline *old = job->pipeline;
    bool goes_on = old && same_trigger(&old->trigger, &pipeline->trigger);
    int failed = job_take_push(job, pipeline, error);
    if (!failed && !goes_on)
        failed = set_timer(job, &pipeline->trigger, error);
    if (failed)
        return failed;
    job->stores_said = false;
    timer_succeeded(&job->timer); /* what was wrong may be right now */
    if (goes_on && job->failures && !job->timer.every_us && !job->timer.by_cron) {
        struct timer_now now = service_now();
        timer_start(&job->timer, &now);
    }
    pthread_mutex_lock(&job->service->lock);
    job->pipeline = pipeline;
    pthread_mutex_unlock(&job->service->lock);
    pipeline_free(old);
    return 0;
}

static void take_next(struct job *job) {
    struct pipeline *next = job->next;
    sluice_error error = ERROR_INIT;
    job->next = NULL;
    if (!next)
        return;
    if (job_take(job, next, &error) == 0) {
        log_line(SLUICE_LOG_INFO, job->pipeline->name, "runs as %s says now", job->file);
        return;
    }
    log_line(SLUICE_LOG_ERROR, job->pipeline->name, "goes on as it was: %s", error.text);
    pipeline_free(next);
}

/* ---- a run --------------------------------------------------------------------------------- */

/* What became of the rows is on disk before the next run looks for open ones. */
static void end_feed(struct job *job, struct inbox_feed *feed) {
    sluice_error error = ERROR_INIT;
    job->complete = inbox_feed_end(feed, job->pipeline->spender >= 0, &error) == 0;
    if (error.code)
        log_line(SLUICE_LOG_ERROR, job->pipeline->name, "%s", error.text);
    inbox_feed_close(feed);
}

static void *run_thread(void *user) {
    struct job *job = user;
    const struct service_settings *service = job->service->settings;
    sluice_error error = ERROR_INIT;
    struct runner_settings settings = {.state_dir = service->state_dir,
                                       .registry = service->registry,
                                       .yes = service->yes,
                                       .quiet = service->quiet,
                                       .service = true,
                                       .stores_said = &job->stores_said,
                                       .stop = &job->stop,
                                       .report = &job->report,
                                       .reasons = &job->reasons};
    struct inbox_feed feed;
    uint64_t one = 1;
    bool pushing = job->push_name != NULL;
    if (pushing) {
        inbox_feed_open(&feed, job->service->inbox, job->pipeline);
        settings.feed = &feed;
    }
    int code = runner_run(job->pipeline, &settings, &error);
    if (pushing)
        end_feed(job, &feed);
    if (code < 0) {
        bool asked = atomic_load(&job->stop.wanted);
        log_line(asked ? SLUICE_LOG_INFO : SLUICE_LOG_ERROR, job->pipeline->name, "%s", error.text);
        code = -code;
    }
    job->code = code;
    pthread_mutex_lock(&job->service->lock);
    snprintf(job->trouble, sizeof job->trouble, "%s", error.code ? error.text : "");
    pthread_mutex_unlock(&job->service->lock);
    atomic_store(&job->over, true);
    if (write(job->service->wake_fd, &one, sizeof one) < 0)
        return NULL; /* the counter is full: it wakes all the same */
    return NULL;
}

static uint64_t count_brought(const struct run_snapshot *snapshot) {
    return snapshot->sums.kinds[TALLY_PLACED] + snapshot->sums.kinds[TALLY_PASSED];
}

static int start(struct job *job, sluice_error *error) {
    struct run_snapshot before;
    int failed = stop_on_wish(&job->stop, error);
    if (failed)
        return failed;
    run_report_read(&job->report, &before);
    atomic_store(&job->over, false);
    job->began_us = clock_us();
    job->brought_before = count_brought(&before);
    pthread_mutex_lock(&job->service->lock);
    job->running = true;
    job->last_began_ms = clock_wall_ms();
    pthread_mutex_unlock(&job->service->lock);
    if (pthread_create(&job->thread, NULL, run_thread, job) == 0)
        return 0;
    stop_close(&job->stop);
    return fail(error, SLUICE_E_IO, "no thread can be started");
}

/* One order that the provider always fails on would put off the results of all others, for longer each time,
 * and of those that aren't there yet. */
static bool is_of_records(struct job *job) {
    struct run_snapshot now;
    run_report_read(&job->report, &now);
    return now.only_spoilt || count_brought(&now) > job->brought_before;
}

/* Records that were rejected or are in doubt, or a guard that stopped a run, are no failure of the run. Nor
 * is a provider that couldn't be had for some of them. */
static bool is_failure(struct job *job, int code) {
    if (code == -SLUICE_E_UNAVAILABLE && is_of_records(job))
        return false;
    return code != 0 && code != 10 && code != 11 && code != 12;
}

static void say_failure(const struct job *job, int code, int64_t pause_us) {
    int64_t seconds = (pause_us + 999999) / 1000000;
    log_line(SLUICE_LOG_WARN, job->pipeline->name,
             "failed with exit code %d, %u time%s in a row; the next try is in %" PRId64 " %s", code,
             job->timer.failures, job->timer.failures == 1 ? "" : "s",
             seconds >= 120 ? seconds / 60 : seconds, seconds >= 120 ? "min" : "s");
}

/* What the end of a run means for the next one. */
static void note_end(struct job *job, int code, bool asked) {
    struct timer_now now = service_now();
    if (asked)
        return; /* it was told to stop */
    if (is_failure(job, code)) {
        say_failure(job, code, timer_failed(&job->timer, &now));
    } else {
        if (job->timer.failures)
            log_line(SLUICE_LOG_INFO, job->pipeline->name, "has recovered after %u failure%s",
                     job->timer.failures, job->timer.failures == 1 ? "" : "s");
        timer_succeeded(&job->timer);
    }
}

static void close_run(struct job *job, int code) {
    bool asked = atomic_load(&job->stop.wanted);
    stop_close(&job->stop);
    note_end(job, code, asked);
    pthread_mutex_lock(&job->service->lock);
    job->running = false;
    job->ran = true;
    job->last_exit = code;
    job->exits[code >= 0 && code < JOB_EXITS ? code : JOB_EXITS - 1]++;
    job->last_ended_ms = clock_wall_ms();
    job->last_us = clock_us() - job->began_us;
    job->failures = job->timer.failures;
    pthread_mutex_unlock(&job->service->lock);
}

void job_stop(struct job *job) {
    if (job->running)
        stop_wish(&job->stop);
}

/* ---- its turn ------------------------------------------------------------------------------ */

static void fire(struct job *job, const struct timer_now *now) {
    sluice_error error = ERROR_INIT;
    timer_fired(&job->timer, now);
    if (!job->running) {
        if (start(job, &error) == 0)
            return;
        log_line(SLUICE_LOG_ERROR, job->pipeline->name, "%s", error.text);
        close_run(job, -error.code);
        return;
    }
    pthread_mutex_lock(&job->service->lock);
    uint64_t skipped = ++job->skipped;
    pthread_mutex_unlock(&job->service->lock);
    log_line(SLUICE_LOG_DEBUG, job->pipeline->name,
             "it is time, but the last run isn't over: skipped, for the %" PRIu64 ". time", skipped);
}

static void tell_next(struct job *job, const struct timer_now *now, int64_t wait) {
    pthread_mutex_lock(&job->service->lock);
    job->next_ms = wait == INT64_MAX ? 0 : now->wall_ms + wait / 1000;
    pthread_mutex_unlock(&job->service->lock);
}

/* What people send is its own trigger. */
static int64_t wait_us(struct job *job, const struct timer_now *now) {
    if (!job->push_name)
        return timer_wait_us(&job->timer, now);
    return job->running ? INT64_MAX : job_push_wait_us(job);
}

int64_t job_turn(struct job *job) {
    if (job->running && atomic_load(&job->over)) {
        pthread_join(job->thread, NULL);
        close_run(job, job->code);
        if (job->push_name)
            job_push_ended(job, job->complete);
    }
    if (job->service->draining)
        return INT64_MAX;
    if (!job->running)
        take_next(job);
    struct timer_now now = service_now();
    int64_t wait = wait_us(job, &now);
    if (wait == 0) {
        fire(job, &now);
        wait = job->push_name ? INT64_MAX : timer_wait_us(&job->timer, &now);
    }
    tell_next(job, &now, wait);
    return job->doubts && wait > DOUBTS_LOOK_US ? DOUBTS_LOOK_US : wait;
}

void job_free(struct job *job) {
    job_close_push(job);
    pthread_mutex_destroy(&job->push_lock);
    pipeline_free(job->pipeline);
    pipeline_free(job->next);
    zone_close(job->zone);
    run_report_free(&job->report);
}
