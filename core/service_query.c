/* What a push source may ask: it gets rows of text, whatever they are made of.
 *
 * What is found is copied, a page at a time, and given when nothing of the inbox is held: a plugin may hand
 * each row to somebody at the end of a slow line, and runs and the service read the same inbox. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handout.h"
#include "arena.h"
#include "inbox.h"
#include "logged_out.h"
#include "service_parts.h"
#include "text.h"

enum { NUMBER = 24, PAGE_ROWS = 256, PAGE_JOBS = 16 };

static sluice_text number(char *out, int64_t value) {
    snprintf(out, NUMBER, "%lld", (long long)value);
    return text_of(out);
}

static uint64_t page_of(const struct handout *out, uint64_t most) {
    return out->left < most ? out->left : most;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

struct job_page {
    struct inbox_job_view jobs[PAGE_JOBS];
    char names[PAGE_JOBS][INBOX_NAME];
    size_t count;
};

static int keep_job(void *user, const struct inbox_job_view *job) {
    struct job_page *page = user;
    char *name = page->names[page->count];
    uint64_t length = job->name.len < INBOX_NAME ? job->name.len : INBOX_NAME;
    memcpy(name, job->name.ptr, length);
    page->jobs[page->count] = *job;
    page->jobs[page->count].name = (sluice_text){name, length};
    return ++page->count == PAGE_JOBS;
}

static void give_job(struct handout *out, const struct inbox_job_view *job) {
    enum { FIXED = 5 };
    sluice_text names[FIXED + INBOX_STATES + 2] = {TEXT("job"), TEXT("id"), TEXT("submitted_ms"),
                                                   TEXT("repeat"), TEXT("rows")};
    char texts[FIXED + INBOX_STATES][NUMBER], spent[MONEY_TEXT], max_price[MONEY_TEXT];
    sluice_text values[FIXED + INBOX_STATES + 2] = {
        job->name, number(texts[1], job->id), number(texts[2], job->submitted_ms),
        number(texts[3], job->repeat), number(texts[4], (int64_t)job->rows)};
    for (int i = 0; i < INBOX_STATES; i++) {
        names[FIXED + i] = text_of(inbox_state_name((enum inbox_state)i));
        values[FIXED + i] = number(texts[FIXED + i], (int64_t)job->states[i]);
    }
    names[FIXED + INBOX_STATES] = TEXT("max_price");
    if (job->max_price != MONEY_NONE)
        values[FIXED + INBOX_STATES] = text_of(money_format(job->max_price, max_price));
    names[FIXED + INBOX_STATES + 1] = TEXT("spent");
    values[FIXED + INBOX_STATES + 1] = text_of(money_format(job->spent, spent));
    handout_give(out, names, values, FIXED + INBOX_STATES + 2);
}

static int query_jobs(const struct job *job, const sluice_query *asked, struct handout *out,
                      sluice_error *error) {
    struct inbox *inbox = job->service->inbox;
    sluice_text pipeline = text_of(job->push_name), name = query_value(asked, "job");
    int64_t before = query_number(asked->after);
    struct job_page page;
    int result = 0;
    bool more = true;
    while (!result && more && handout_wants_more(out)) {
        uint64_t most = page_of(out, PAGE_JOBS);
        page.count = 0;
        result = name.len ? inbox_job(inbox, pipeline, name, keep_job, &page, error)
                          : inbox_jobs(inbox, pipeline, before, most, keep_job, &page, error);
        more = !name.len && page.count == most;
        for (size_t i = 0; i < page.count && handout_wants_more(out); i++)
            give_job(out, &page.jobs[i]);
        before = page.count ? page.jobs[page.count - 1].id : before;
    }
    return result < 0 ? result : 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

struct row_page {
    struct inbox_row_view rows[PAGE_ROWS];
    size_t count;
    sluice_arena arena; /* their texts */
    bool failed;        /* no memory */
};

static sluice_text keep(struct row_page *page, sluice_text text) {
    sluice_text copy = arena_copy(&page->arena, text);
    page->failed |= text.ptr && !copy.ptr;
    return copy;
}

static const sluice_text *keep_all(struct row_page *page, const sluice_text *texts, uint32_t count) {
    sluice_text *copies = arena_array(&page->arena, count ? count : 1, sizeof *copies);
    page->failed |= !copies;
    for (uint32_t i = 0; copies && i < count; i++)
        copies[i] = keep(page, texts[i]);
    return copies;
}

static int keep_row(void *user, const struct inbox_row_view *row) {
    struct row_page *page = user;
    struct inbox_row_view *kept = &page->rows[page->count];
    *kept = *row;
    kept->names = page->count ? page->rows[0].names : keep_all(page, row->names, row->count);
    kept->values = keep_all(page, row->values, row->count);
    kept->end.order_id = keep(page, row->end.order_id);
    kept->end.code = keep(page, row->end.code);
    kept->end.reason = keep(page, row->end.reason);
    page->count += !page->failed;
    return page->failed || page->count == PAGE_ROWS;
}

static int give_row(struct handout *out, const struct inbox_row_view *row, sluice_error *error) {
    static const sluice_text fixed[] = {TEXT("_row"),  TEXT("_state"),  TEXT("_order_id"),
                                        TEXT("_code"), TEXT("_reason"), TEXT("_price")};
    enum { FIXED = sizeof fixed / sizeof *fixed };
    uint32_t count = row->count + FIXED;
    char text[NUMBER], price[MONEY_TEXT];
    sluice_text *names = malloc(2 * count * sizeof *names), *values = names + count;
    if (!names)
        return fail_memory(error);
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
    values[row->count + 5] =
        row->end.price == MONEY_NONE ? (sluice_text){0} : text_of(money_format(row->end.price, price));
    handout_give(out, names, values, count);
    free(names);
    return 0;
}

static bool is_wanted(sluice_texts states, enum inbox_state state) {
    for (uint64_t i = 0; i < states.count; i++)
        if (text_is(states.items[i], inbox_state_name(state)))
            return true;
    return !states.count;
}

/* One page behind *after. *more: there may be another one. */
static int give_page(struct handout *out, sluice_texts states, struct inbox *inbox, int64_t job,
                     uint64_t *after, bool *more, sluice_error *error) {
    struct row_page page = {.count = 0};
    uint64_t most = states.count ? PAGE_ROWS : page_of(out, PAGE_ROWS);
    int result = inbox_rows(inbox, job, *after, most, keep_row, &page, error);
    if (!result && page.failed)
        result = fail_memory(error);
    for (size_t i = 0; !result && i < page.count && handout_wants_more(out); i++)
        if (is_wanted(states, page.rows[i].end.state))
            result = give_row(out, &page.rows[i], error);
    *more = page.count == most;
    *after = page.count ? page.rows[page.count - 1].row : *after;
    arena_free(&page.arena);
    return result;
}

static int query_rows(const struct job *job, const sluice_query *asked, struct handout *out,
                      sluice_error *error) {
    struct inbox *inbox = job->service->inbox;
    uint64_t after = (uint64_t)query_number(asked->after);
    int64_t id = 0;
    bool more = true;
    int result = inbox_job_id(inbox, text_of(job->push_name), query_value(asked, "job"), &id, error);
    while (!result && more && handout_wants_more(out))
        result = give_page(out, query_values(asked, "state"), inbox, id, &after, &more, error);
    return result < 0 ? result : 0;
}

static int give_logged_out(void *user, sluice_text key, int64_t at_ms) {
    static const sluice_text names[] = {TEXT("key"), TEXT("at_ms")};
    char text[NUMBER];
    const sluice_text values[] = {key, number(text, at_ms)};
    handout_give(user, names, values, 2);
    return !handout_wants_more(user);
}

int service_query(struct job *job, const sluice_query *asked, sluice_each_row *each, void *user,
                  sluice_error *error) {
    struct handout out = handout_to(asked, each, user);
    switch (asked->kind) {
    case SLUICE_QUERY_JOBS:
        return query_jobs(job, asked, &out, error);
    case SLUICE_QUERY_JOB_ROWS:
        return query_rows(job, asked, &out, error);
    case SLUICE_QUERY_LOGGED_OUT:
        return logged_out_each(job->service->settings->state_dir, text_of(job->push_name), give_logged_out,
                               &out, error);
    default:
        return job->service->settings->clerk->query(job->clerk, asked, each, user, error);
    }
}
