#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "ledger.h"
#include "secret.h"
#include "service_parts.h"
#include "text.h"
#include "traffic.h"

static void put_time(struct json *json, const char *key, int64_t ms) {
    char text[CLOCK_TEXT + 1];
    json_key(json, key);
    if (!ms) {
        json_raw(json, "null");
        return;
    }
    clock_format(ms, text);
    text[10] = 'T';
    strcat(text, "Z");
    json_string(json, text);
}

static void put(struct json *json, const char *key, const char *value) {
    json_key(json, key);
    json_string(json, value);
}

/* Another's words, with nothing in them that is secret. */
static void put_words(struct json *json, const char *key, const char *words) {
    char text[512];
    snprintf(text, sizeof text, "%s", words);
    json_key(json, key);
    json_text(json, (sluice_text){text, secret_redact(text, strlen(text))});
}

/* ---- the ledger ---------------------------------------------------------------------------- */

/* A state directory in which nothing was ordered yet is as it should be. */
static bool put_ledger(struct json *json, struct service *service) {
    char uri[SERVICE_URI];
    struct ledger *ledger = NULL;
    struct ledger_counts counts = {0};
    sluice_error error = ERROR_INIT;
    const struct ledger_site site = service_site(service, uri);
    int failed = ledger_open_at(&site, LEDGER_READ_ONLY, &ledger, &error);
    bool empty = failed == SLUICE_E_NOINPUT;
    if (!failed)
        failed = ledger_count(ledger, 0, &counts, &error);
    ledger_close(ledger);
    json_key(json, "ledger");
    json_open(json, '{');
    put(json, "status", empty ? "empty" : failed ? "failing" : "ok");
    if (failed && !empty)
        put_words(json, "error", error.text);
    json_key(json, "in_doubt");
    json_number(json, (int64_t)counts.by_state[ORDER_IN_DOUBT]);
    json_key(json, "undelivered");
    json_number(json, (int64_t)counts.undelivered);
    json_close(json, '}');
    return empty || !failed;
}

/* ---- the pipelines ------------------------------------------------------------------------- */

static bool put_sinks(struct json *json, struct job *job) {
    struct run_snapshot snapshot;
    bool good = true;
    run_report_read(&job->report, &snapshot);
    json_key(json, "stores");
    json_open(json, '[');
    for (size_t i = 0; i < snapshot.sink_count; i++) {
        const struct sink_report *sink = &snapshot.sinks[i];
        json_open(json, '{');
        put(json, "sink", sink->name);
        put(json, "status", sink->dead ? "failing" : "ok");
        if (sink->dead)
            put_words(json, "error", sink->text);
        json_close(json, '}');
        good = good && !sink->dead;
    }
    json_close(json, ']');
    return good;
}

static void put_last(struct json *json, const struct job *job) {
    json_key(json, "last_run");
    if (!job->ran) {
        json_raw(json, "null");
        return;
    }
    json_open(json, '{');
    json_key(json, "exit");
    json_number(json, job->last_exit);
    put_time(json, "ended", job->last_ended_ms);
    json_key(json, "elapsed_ms");
    json_number(json, job->last_us / 1000);
    if (*job->trouble)
        put_words(json, "error", job->trouble);
    json_close(json, '}');
}

static bool put_pipeline(struct json *json, struct job *job) {
    bool good = !job->failures;
    json_open(json, '{');
    put(json, "name", job->pipeline->name);
    put(json, "status", job->failures ? "failing" : job->running ? "running" : "waiting");
    put_last(json, job);
    json_key(json, "failures_in_a_row");
    json_number(json, job->failures);
    json_key(json, "skipped_firings");
    json_number(json, (int64_t)job->skipped);
    put_time(json, "next_run", job->next_ms);
    good = put_sinks(json, job) && good;
    json_close(json, '}');
    return good;
}

/* ---- the providers ------------------------------------------------------------------------- */

static void put_provider(void *user, const struct traffic_report *report) {
    struct json *json = user;
    json_open(json, '{');
    put(json, "provider", report->provider);
    put(json, "account", report->account);
    put(json, "status", !report->seen_ms ? "unknown" : report->reached ? "ok" : "unreachable");
    put_time(json, "seen", report->seen_ms);
    if (report->seen_ms && !report->reached)
        put_words(json, "error", report->text);
    json_close(json, '}');
}

/* ---- the page ------------------------------------------------------------------------------ */

/* A provider that can't be reached shows where a pipeline fails because of it; by itself it is no reason to
 * do anything about the service. */
char *service_health(void *user, unsigned *status) {
    struct service *service = user;
    struct json json = {0};
    json_open(&json, '{');
    put(&json, "version", SLUICE_VERSION);
    put_time(&json, "started", service->began_ms);
    bool good = put_ledger(&json, service);
    pthread_mutex_lock(&service->lock);
    good = good && !service->draining;
    json_key(&json, "pipelines");
    json_open(&json, '[');
    for (size_t i = 0; i < service->job_count; i++)
        good = put_pipeline(&json, &service->jobs[i]) && good;
    json_close(&json, ']');
    bool draining = service->draining;
    pthread_mutex_unlock(&service->lock);
    json_key(&json, "providers");
    json_open(&json, '[');
    traffic_each(put_provider, &json);
    json_close(&json, ']');
    put(&json, "status", draining ? "stopping" : good ? "ok" : "failing");
    json_close(&json, '}');
    *status = good ? 200 : 503;
    if (!json.failed)
        return json.text;
    json_free(&json);
    return NULL;
}
