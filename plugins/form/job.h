/* job.h - a job as it stands: what its page, its events and its JSON say. */
#ifndef FORM_JOB_H
#define FORM_JOB_H

#include "ask.h"
#include "buffer.h"

enum { JOB_NAME = 128 };

struct job {
    char name[JOB_NAME + 1], spent[32], max_price[32]; /* "": none was agreed to */
    uint64_t id, rows, open, waiting, placed, duplicate, rejected, in_doubt, skipped, passed;
    int64_t submitted_ms;
    bool repeat, found;
};

/* 1: there is none of that name. */
int job_find(struct form *form, sluice_text name, struct job *out, sluice_error *error);
void job_take(struct job *job, const sluice_row *row);
/* Rows that have come to their end. */
uint64_t job_done(const struct job *job);
bool job_ended(const struct job *job);
/* An object; eta_s: -1: unknown. */
void job_json(struct buffer *json, const struct job *job, int64_t eta_s);

#endif
