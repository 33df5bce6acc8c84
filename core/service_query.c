/* What a push source may ask: it gets rows of text, whatever they are made of. */
#include <stdio.h>
#include <stdlib.h>

#include "inbox.h"
#include "service_parts.h"
#include "text.h"

enum { NUMBER = 24 };

struct asker {
    sluice_each_row *each;
    void *user;
    uint64_t count, limit;
};

/* A batch of one row that lives during the call. */
static int give(const struct asker *answer, const sluice_text *names, const sluice_text *values,
                uint32_t count) {
    enum { COLUMNS = 4096 };
    const sluice_text *cells[COLUMNS];
    static const uint64_t one = 1;
    if (count > COLUMNS)
        count = COLUMNS;
    for (uint32_t i = 0; i < count; i++)
        cells[i] = &values[i];
    sluice_batch batch = {.size = sizeof batch,
                          .column_count = count,
                          .row_count = 1,
                          .selected = 1,
                          .names = names,
                          .cells = cells,
                          .numbers = &one};
    return answer->each(answer->user, &(sluice_row){.batch = &batch});
}

static sluice_text number(char *out, int64_t value) {
    snprintf(out, NUMBER, "%lld", (long long)value);
    return text_of(out);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static int give_job(void *user, const struct inbox_job_view *job) {
    enum { FIXED = 5 };
    sluice_text names[FIXED + INBOX_STATES] = {TEXT("job"), TEXT("id"), TEXT("submitted_ms"), TEXT("repeat"),
                                               TEXT("rows")};
    char texts[FIXED + INBOX_STATES][NUMBER];
    sluice_text values[FIXED + INBOX_STATES] = {
        job->name, number(texts[1], job->id), number(texts[2], job->submitted_ms),
        number(texts[3], job->repeat), number(texts[4], (int64_t)job->rows)};
    for (int i = 0; i < INBOX_STATES; i++) {
        names[FIXED + i] = text_of(inbox_state_name((enum inbox_state)i));
        values[FIXED + i] = number(texts[FIXED + i], (int64_t)job->states[i]);
    }
    return give(user, names, values, FIXED + INBOX_STATES);
}

static int give_row(void *user, const struct inbox_row_view *row) {
    static const sluice_text fixed[] = {TEXT("_row"), TEXT("_state"), TEXT("_order_id"), TEXT("_code"),
                                        TEXT("_reason")};
    enum { FIXED = sizeof fixed / sizeof *fixed };
    uint32_t count = row->count + FIXED;
    char text[NUMBER];
    sluice_text *names = malloc(2 * count * sizeof *names), *values = names + count;
    if (!names)
        return 1;
    for (uint32_t i = 0; i < row->count; i++) {
        names[i] = row->names[i];
        values[i] = row->values[i];
    }
    for (uint32_t i = 0; i < FIXED; i++)
        names[row->count + i] = fixed[i];
    values[row->count] = number(text, (int64_t)row->row);
    values[row->count + 1] = text_of(inbox_state_name(row->end.state));
    values[row->count + 2] = row->end.order_id;
    values[row->count + 3] = row->end.code;
    values[row->count + 4] = row->end.reason;
    int result = give(user, names, values, count);
    free(names);
    return result;
}

static sluice_text condition(const sluice_query *asked, const char *name) {
    for (uint32_t i = 0; i < asked->where.count; i++)
        if (text_is(asked->where.items[i].key, name) && asked->where.items[i].values.count)
            return asked->where.items[i].values.items[0];
    return (sluice_text){0};
}

static int64_t position(sluice_text after) {
    char text[NUMBER];
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(after));
    return strtoll(text, NULL, 10);
}

static int query_jobs(const struct job *job, const sluice_query *asked, struct asker *answer,
                      sluice_error *error) {
    struct inbox *inbox = job->service->inbox;
    sluice_text pipeline = text_of(job->push_name), name = condition(asked, "job");
    if (name.len) {
        int result = inbox_job(inbox, pipeline, name, give_job, answer, error);
        return result < 0 ? result : 0;
    }
    return inbox_jobs(inbox, pipeline, position(asked->after), answer->limit, give_job, answer, error);
}

static int query_rows(const struct job *job, const sluice_query *asked, struct asker *answer,
                      sluice_error *error) {
    struct inbox *inbox = job->service->inbox;
    int64_t id = 0;
    int result = inbox_job_id(inbox, text_of(job->push_name), condition(asked, "job"), &id, error);
    if (result)
        return result < 0 ? result : 0;
    result = inbox_rows(inbox, id, (uint64_t)position(asked->after), answer->limit, give_row, answer, error);
    return result < 0 ? result : 0;
}

int service_query(struct job *job, const sluice_query *asked, sluice_each_row *each, void *user,
                  sluice_error *error) {
    struct asker answer = {.each = each, .user = user, .limit = asked->limit ? asked->limit : UINT32_MAX};
    switch (asked->kind) {
    case SLUICE_QUERY_JOBS:
        return query_jobs(job, asked, &answer, error);
    case SLUICE_QUERY_JOB_ROWS:
        return query_rows(job, asked, &answer, error);
    default:
        return fail(error, SLUICE_E_PLUGIN, "this version has no answer to a query of kind %u", asked->kind);
    }
}
