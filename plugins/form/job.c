#include "job.h"

#include <stdio.h>

#include <sluice/text.h>

#include "json.h"

void job_take(struct job *job, const sluice_row *row) {
    *job = (struct job){.found = true,
                        .id = ask_number(row, "id"),
                        .rows = ask_number(row, "rows"),
                        .open = ask_number(row, "open"),
                        .waiting = ask_number(row, "waiting"),
                        .placed = ask_number(row, "placed"),
                        .duplicate = ask_number(row, "duplicate"),
                        .rejected = ask_number(row, "rejected"),
                        .in_doubt = ask_number(row, "in_doubt"),
                        .skipped = ask_number(row, "skipped"),
                        .passed = ask_number(row, "passed"),
                        .submitted_ms = (int64_t)ask_number(row, "submitted_ms"),
                        .repeat = ask_number(row, "repeat") != 0};
    snprintf(job->name, sizeof job->name, "%.*s", TEXT_ARG(text_cut(ask_cell(row, "job"), JOB_NAME)));
    snprintf(job->spent, sizeof job->spent, "%.*s", TEXT_ARG(text_cut(ask_cell(row, "spent"), 31)));
    snprintf(job->max_price, sizeof job->max_price, "%.*s",
             TEXT_ARG(text_cut(ask_cell(row, "max_price"), 31)));
}

static int32_t on_job(void *user, const sluice_row *row) {
    job_take(user, row);
    return 1;
}

int job_find(struct form *form, sluice_text name, struct job *out, sluice_error *error) {
    struct ask ask;
    *out = (struct job){0};
    ask_begin(&ask, SLUICE_QUERY_JOBS);
    ask_where(&ask, "job", name);
    int failed = name.len && name.len <= JOB_NAME ? ask_run(&ask, form, on_job, out, error) : 0;
    return failed ? failed : !out->found;
}

uint64_t job_done(const struct job *job) {
    uint64_t left = job->open + job->waiting;
    return left > job->rows ? 0 : job->rows - left;
}

bool job_ended(const struct job *job) {
    return job->open + job->waiting == 0;
}

void job_json(struct buffer *json, const struct job *job, int64_t eta_s) {
    json_add(json, "{\"job\":%s,\"submitted_ms\":%lld,\"repeat\":", job->name, (long long)job->submitted_ms);
    buffer_string(json, job->repeat ? "true" : "false");
    json_add(json, ",\"rows\":%zu,\"open\":%zu,\"waiting\":%zu,\"placed\":%zu,\"duplicate\":%zu", job->rows,
             job->open, job->waiting, job->placed, job->duplicate);
    json_add(json, ",\"rejected\":%zu,\"in_doubt\":%zu,\"skipped\":%zu,\"passed\":%zu,\"spent\":%s",
             job->rejected, job->in_doubt, job->skipped, job->passed, job->spent[0] ? job->spent : NULL);
    json_add(json, ",\"max_price\":%s", job->max_price[0] ? job->max_price : NULL);
    if (eta_s >= 0)
        json_add(json, ",\"eta_s\":%lld", (long long)eta_s);
    buffer_string(json, job_ended(job) ? ",\"done\":true}" : ",\"done\":false}");
}
