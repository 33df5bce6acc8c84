#include "run_report.h"

#include <stdio.h>
#include <string.h>

void run_report_init(struct run_report *report) {
    *report = (struct run_report){0};
    pthread_mutex_init(&report->lock, NULL);
}

void run_report_free(struct run_report *report) {
    pthread_mutex_destroy(&report->lock);
}

static void add(struct run_sums *sums, struct tally *tally) {
    sums->read += atomic_load(&tally->read);
    sums->settled += atomic_load(&tally->settled);
    sums->spent += atomic_load(&tally->spent);
    for (int kind = 0; kind < TALLY_KINDS; kind++) {
        sums->kinds[kind] += tally_ever(tally, (enum tally_kind)kind);
        sums->left[kind] += tally_get(tally, (enum tally_kind)kind);
    }
}

static void look_at_sink(struct sink_report *sink, struct outlet *outlet) {
    snprintf(sink->name, sizeof sink->name, "%s", outlet->component->id);
    sink->dead = atomic_load(&outlet->dead);
    sink->written = atomic_load(&outlet->written);
    sink->lost = atomic_load(&outlet->lost);
    if (sink->dead)
        snprintf(sink->text, sizeof sink->text, "%s", outlet->error.text);
    pthread_mutex_lock(&outlet->queue.lock);
    sink->queued_bytes = outlet->queue.bytes;
    pthread_mutex_unlock(&outlet->queue.lock);
}

static void look_at_sinks(struct run_report *report) {
    struct run *run = report->live;
    report->sink_count = run->outlet_count < REPORT_SINKS ? run->outlet_count : REPORT_SINKS;
    memset(report->sinks, 0, sizeof report->sinks);
    for (size_t i = 0; i < report->sink_count; i++)
        look_at_sink(&report->sinks[i], &run->outlets[i]);
}

void run_report_began(struct run_report *report, struct run *run, const char *currency) {
    pthread_mutex_lock(&report->lock);
    report->live = run;
    report->only_spoilt = false;
    snprintf(report->currency, sizeof report->currency, "%s", currency);
    pthread_mutex_unlock(&report->lock);
}

void run_report_ended(struct run_report *report) {
    pthread_mutex_lock(&report->lock);
    if (report->live) {
        add(&report->ended, &report->live->tally);
        look_at_sinks(report);
        report->only_spoilt = report->live->only_spoilt;
        report->live = NULL;
    }
    pthread_mutex_unlock(&report->lock);
}

void run_report_read(struct run_report *report, struct run_snapshot *out) {
    pthread_mutex_lock(&report->lock);
    out->sums = report->ended;
    if (report->live) {
        add(&out->sums, &report->live->tally);
        look_at_sinks(report);
    }
    memcpy(out->sinks, report->sinks, sizeof out->sinks);
    out->sink_count = report->sink_count;
    out->only_spoilt = report->only_spoilt;
    memcpy(out->currency, report->currency, sizeof out->currency);
    pthread_mutex_unlock(&report->lock);
}
