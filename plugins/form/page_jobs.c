/* All jobs, newest first. */
#include <stdio.h>

#include <sluice/text.h>

#include "ask.h"
#include "job.h"
#include "page.h"
#include "pages.h"
#include "reply.h"

enum { PAGE_JOBS = 50 };

struct table {
    struct buffer rows;
    uint64_t count, last;
};

static void add_number(struct buffer *out, const char *label, uint64_t number) {
    html_add(out, "<td data-label=\"%s\" class=\"number\">", label);
    html_count(out, number);
    buffer_string(out, "</td>");
}

static int32_t add_job(void *user, const sluice_row *row) {
    struct table *table = user;
    struct buffer *out = &table->rows;
    struct job job;
    job_take(&job, row);
    table->last = job.id;
    table->count++;
    buffer_string(out, "<tr><td data-label=\"Job\"><a href=\"/jobs/");
    html_word(out, text_of(job.name));
    buffer_string(out, "\">");
    page_when(out, job.submitted_ms);
    buffer_string(out, "</a></td><td data-label=\"State\">");
    html_add(out, "<span class=\"state %s\">%s</span></td>",
             job_ended(&job) ? (job.in_doubt ? "warn" : "good") : "info",
             job_ended(&job) ? (job.in_doubt ? "In doubt" : "Done") : "Under way");
    add_number(out, "Rows", job.rows);
    add_number(out, "Ordered", job.placed);
    add_number(out, "Ordered before", job.duplicate);
    add_number(out, "Refused", job.rejected);
    add_number(out, "Left out", job.skipped);
    page_cell(out, "Spent", text_of(job.spent));
    buffer_string(out, "</tr>\n");
    return 0;
}

enum MHD_Result page_jobs_show(struct request *request) {
    struct buffer page = {0};
    struct table table = {.count = 0};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_JOBS);
    ask.query.after = request_parameter(request, "after");
    ask.query.limit = PAGE_JOBS;
    if (ask_run(&ask, request->form, add_job, &table, &error)) {
        buffer_free(&table.rows);
        return reply_failure(request, &error);
    }
    page_begin(&page, request, "Jobs", "/jobs");
    buffer_string(&page, "<h1>Jobs</h1>\n");
    if (table.count) {
        buffer_string(
            &page, "<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>Sent</th><th>State</th><th "
                   "class=\"number\">Rows</th><th class=\"number\">Ordered</th><th class=\"number\">Ordered "
                   "before</th><th class=\"number\">Refused</th><th class=\"number\">Left "
                   "out</th><th>Spent</th></tr></thead><tbody>\n");
        buffer_text(&page, buffer_view(&table.rows));
        buffer_string(&page, "</tbody></table></div>\n");
    } else {
        buffer_string(
            &page, "<p class=\"hint\">Nothing was sent yet. Begin with a <a href=\"/\">new order</a>.</p>\n");
    }
    if (table.count == PAGE_JOBS)
        html_add(&page,
                 "<p class=\"pager\"><a class=\"button\" rel=\"next\" href=\"/jobs?after=%zu\">Older "
                 "ones</a></p>\n",
                 table.last);
    buffer_free(&table.rows);
    page_end(&page, request);
    return reply_page(request, MHD_HTTP_OK, &page);
}
