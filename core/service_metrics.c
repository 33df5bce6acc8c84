#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "metric.h"
#include "service_parts.h"
#include "traffic.h"

enum { EXIT_TEXT = 8 };
enum { ANSWER_MS = 3000 }; /* a pooler lets its clients wait when the database is gone; who watches doesn't */

/* The text format wants all values of one metric together: each of these goes over all pipelines. */
typedef void (*put_job)(struct metrics *metrics, struct job *job, const struct label *label);

static void each_job(struct metrics *metrics, struct service *service, put_job put) {
    for (size_t i = 0; i < service->job_count; i++) {
        const struct label label[] = {{"pipeline", service->jobs[i].pipeline->name}, {0}};
        put(metrics, &service->jobs[i], label);
    }
}

/* ---- runs ---------------------------------------------------------------------------------- */

static void put_runs(struct metrics *metrics, struct job *job, const struct label *label) {
    for (int code = 0; code < JOB_EXITS; code++) {
        char text[EXIT_TEXT];
        snprintf(text, sizeof text, "%d", code);
        const struct label labels[] = {*label, {"exit", text}, {0}};
        if (job->exits[code])
            metric_number(metrics, "", labels, job->exits[code]);
    }
}

static void put_running(struct metrics *metrics, struct job *job, const struct label *label) {
    metric_number(metrics, "", label, job->running);
}

static void put_failures(struct metrics *metrics, struct job *job, const struct label *label) {
    metric_number(metrics, "", label, job->failures);
}

static void put_skipped(struct metrics *metrics, struct job *job, const struct label *label) {
    metric_number(metrics, "", label, job->skipped);
}

static void put_last_exit(struct metrics *metrics, struct job *job, const struct label *label) {
    if (job->ran)
        metric_number(metrics, "", label, (uint64_t)job->last_exit);
}

static void put_last_end(struct metrics *metrics, struct job *job, const struct label *label) {
    if (job->ran)
        metric_seconds(metrics, "", label, job->last_ended_ms, 1000);
}

static void put_last_time(struct metrics *metrics, struct job *job, const struct label *label) {
    if (job->ran)
        metric_seconds(metrics, "", label, job->last_us, 1000000);
}

static void put_runs_of_all(struct metrics *metrics, struct service *service) {
    metric_begin(metrics, "sluice_pipeline_runs_total", "counter", "Runs that have ended, by exit code.");
    each_job(metrics, service, put_runs);
    metric_begin(metrics, "sluice_pipeline_running", "gauge", "1 while a run is under way.");
    each_job(metrics, service, put_running);
    metric_begin(metrics, "sluice_pipeline_failures", "gauge", "Runs that failed, in a row.");
    each_job(metrics, service, put_failures);
    metric_begin(metrics, "sluice_pipeline_skipped_firings_total", "counter",
                 "Firings that were skipped because the last run wasn't over.");
    each_job(metrics, service, put_skipped);
    metric_begin(metrics, "sluice_pipeline_last_exit_code", "gauge", "The exit code of the last run.");
    each_job(metrics, service, put_last_exit);
    metric_begin(metrics, "sluice_pipeline_last_end_timestamp_seconds", "gauge", "When the last run ended.");
    each_job(metrics, service, put_last_end);
    metric_begin(metrics, "sluice_pipeline_last_run_seconds", "gauge", "How long the last run took.");
    each_job(metrics, service, put_last_time);
}

/* ---- records ------------------------------------------------------------------------------- */

static void put_read(struct metrics *metrics, struct job *job, const struct label *label) {
    struct run_snapshot snapshot;
    run_report_read(&job->report, &snapshot);
    metric_number(metrics, "", label, snapshot.sums.read);
}

static void put_records(struct metrics *metrics, struct job *job, const struct label *label) {
    struct run_snapshot snapshot;
    run_report_read(&job->report, &snapshot);
    for (int kind = 0; kind < TALLY_KINDS; kind++) {
        const struct label labels[] = {*label, {"outcome", tally_name((enum tally_kind)kind)}, {0}};
        metric_number(metrics, "", labels, snapshot.sums.kinds[kind]);
    }
}

static void put_spent(struct metrics *metrics, struct job *job, const struct label *label) {
    struct run_snapshot snapshot;
    char amount[MONEY_TEXT];
    run_report_read(&job->report, &snapshot);
    const struct label labels[] = {*label, {"currency", snapshot.currency}, {0}};
    if (job->pipeline->spender >= 0)
        metric_text(metrics, "", labels, money_format(snapshot.sums.spent, amount));
}

static void put_queues(struct metrics *metrics, struct job *job, const struct label *label) {
    struct run_snapshot snapshot;
    run_report_read(&job->report, &snapshot);
    for (size_t i = 0; i < snapshot.sink_count; i++) {
        const struct label labels[] = {*label, {"sink", snapshot.sinks[i].name}, {0}};
        metric_number(metrics, "", labels, snapshot.sinks[i].queued_bytes);
    }
}

static void put_records_of_all(struct metrics *metrics, struct service *service) {
    metric_begin(metrics, "sluice_records_read_total", "counter", "Records that the source gave.");
    each_job(metrics, service, put_read);
    metric_begin(metrics, "sluice_records_total", "counter",
                 "What became of the records; one that is settled, or refused by a sink, counts under both.");
    each_job(metrics, service, put_records);
    metric_begin(metrics, "sluice_spent_total", "counter", "Money spent since the service began.");
    each_job(metrics, service, put_spent);
    metric_begin(metrics, "sluice_sink_queue_bytes", "gauge", "What waits to be written by a sink.");
    each_job(metrics, service, put_queues);
}

/* ---- the ledger ---------------------------------------------------------------------------- */

struct ledger_site service_site(struct service *service, char uri[SERVICE_URI]) {
    struct ledger_site site = {.state_dir = service->settings->state_dir, .answer_ms = ANSWER_MS};
    pthread_mutex_lock(&service->lock);
    for (size_t i = 0; !site.uri && i < service->job_count; i++) {
        const char *named = service->jobs[i].pipeline->ledger.uri;
        if (named && (size_t)snprintf(uri, SERVICE_URI, "%s", named) < SERVICE_URI)
            site.uri = uri;
    }
    pthread_mutex_unlock(&service->lock);
    return site;
}

static void put_ledger(struct metrics *metrics, struct service *service) {
    char uri[SERVICE_URI];
    struct ledger *ledger = NULL;
    struct ledger_counts counts = {0};
    const struct ledger_site site = service_site(service, uri);
    int failed = ledger_open_at(&site, LEDGER_READ_ONLY, &ledger, NULL);
    bool empty = failed == SLUICE_E_NOINPUT;
    if (!failed)
        failed = ledger_count(ledger, 0, &counts, NULL);
    ledger_close(ledger);
    metric_begin(metrics, "sluice_ledger_up", "gauge",
                 "1 when the ledger can be read, or there is none yet.");
    metric_number(metrics, "", NULL, empty || !failed);
    if (failed && !empty)
        return;
    metric_begin(metrics, "sluice_orders", "gauge", "Orders in the ledger, by state.");
    for (int state = ORDER_NONE + 1; state < ORDER_STATE_COUNT; state++) {
        const struct label labels[] = {{"state", order_state_name((enum order_state)state)}, {0}};
        metric_number(metrics, "", labels, counts.by_state[state]);
    }
    metric_begin(metrics, "sluice_orders_undelivered", "gauge",
                 "Placed orders that some sink hasn't got yet.");
    metric_number(metrics, "", NULL, counts.undelivered);
}

/* ---- the providers ------------------------------------------------------------------------- */

static void put_up(void *user, const struct traffic_report *report) {
    const struct label labels[] = {{"provider", report->provider}, {"account", report->account}, {0}};
    if (report->seen_ms)
        metric_number(user, "", labels, report->reached);
}

static void put_in_flight(void *user, const struct traffic_report *report) {
    const struct label labels[] = {{"provider", report->provider}, {"account", report->account}, {0}};
    metric_number(user, "", labels, report->in_flight);
}

static void put_calls(void *user, const struct traffic_report *report) {
    static const char *const names[TRAFFIC_OUTCOMES] = {"replied", "not_sent",  "broken",
                                                        "timeout", "too_large", "stopped"};
    for (int i = 0; i < TRAFFIC_OUTCOMES; i++) {
        const struct label labels[] = {
            {"provider", report->provider}, {"account", report->account}, {"outcome", names[i]}, {0}};
        metric_number(user, "", labels, report->outcomes[i]);
    }
}

static void put_latency(void *user, const struct traffic_report *report) {
    char bound[24];
    const struct label labels[] = {
        {"provider", report->provider}, {"account", report->account}, {"le", bound}, {0}};
    const struct label plain[] = {labels[0], labels[1], {0}};
    for (size_t i = 0; i < TRAFFIC_BUCKETS; i++) {
        snprintf(bound, sizeof bound, "%g", (double)traffic_bounds_ms[i] / 1000);
        metric_number(user, "_bucket", labels, report->buckets[i]);
    }
    strcpy(bound, "+Inf");
    metric_number(user, "_bucket", labels, report->calls);
    metric_seconds(user, "_sum", plain, report->sum_us, 1000000);
    metric_number(user, "_count", plain, report->calls);
}

static void put_providers(struct metrics *metrics) {
    metric_begin(metrics, "sluice_provider_up", "gauge", "1 when the last call to the account was answered.");
    traffic_each(put_up, metrics);
    metric_begin(metrics, "sluice_calls_in_flight", "gauge", "Calls to the account under way.");
    traffic_each(put_in_flight, metrics);
    metric_begin(metrics, "sluice_calls_total", "counter", "Calls to the account, by how they ended.");
    traffic_each(put_calls, metrics);
    metric_begin(metrics, "sluice_call_duration_seconds", "histogram", "How long calls to the account took.");
    traffic_each(put_latency, metrics);
}

/* ---- the page ------------------------------------------------------------------------------ */

char *service_metrics(void *user, unsigned *status) {
    struct service *service = user;
    struct metrics metrics = {0};
    const struct label version[] = {{"version", SLUICE_VERSION}, {0}};
    (void)status;
    metric_begin(&metrics, "sluice_build_info", "gauge", "The version that runs.");
    metric_number(&metrics, "", version, 1);
    metric_begin(&metrics, "sluice_start_timestamp_seconds", "gauge", "When the service began.");
    metric_seconds(&metrics, "", NULL, service->began_ms, 1000);
    pthread_mutex_lock(&service->lock);
    put_runs_of_all(&metrics, service);
    put_records_of_all(&metrics, service);
    pthread_mutex_unlock(&service->lock);
    put_ledger(&metrics, service);
    put_providers(&metrics);
    if (!metrics.failed)
        return metrics.text;
    free(metrics.text);
    return NULL;
}
