/* A job: how far it is, and what became of each row. */
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "ask.h"
#include "job.h"
#include "page.h"
#include "pages.h"
#include "plain.h"
#include "reply.h"
#include "rows_file.h"

enum { PAGE_ROWS = 200, REFRESH_S = 5 };

/* ---- counts ---------------------------------------------------------------------------------- */

static void add_count(struct buffer *page, const char *state, const char *label, uint64_t count,
                      bool always) {
    if (!count && !always)
        return;
    html_add(page, "<div><dt>%s</dt><dd data-count=\"%s\">", label, state);
    html_count(page, count);
    buffer_string(page, "</dd></div>");
}

static void add_counts(struct buffer *page, const struct job *job) {
    buffer_string(page, "<dl class=\"figures\">");
    add_count(page, "placed", "Ordered", job->placed, true);
    add_count(page, "open", "Waiting", job->open, true);
    add_count(page, "waiting", "Tried again soon", job->waiting, false);
    add_count(page, "duplicate", "Ordered before", job->duplicate, false);
    add_count(page, "rejected", "Refused", job->rejected, false);
    add_count(page, "in_doubt", "In doubt", job->in_doubt, false);
    add_count(page, "skipped", "Left out", job->skipped, false);
    add_count(page, "passed", "Passed on", job->passed, false);
    html_add(page, "<div><dt>Spent</dt><dd data-count=\"spent\">%s</dd></div></dl>\n",
             job->spent[0] ? job->spent : "–");
}

static void add_progress(struct buffer *page, const struct job *job) {
    unsigned long long done = job_done(job), rows = job->rows;
    html_add(page,
             "<section id=\"progress\" aria-labelledby=\"progress-label\"><p id=\"progress-label\"><span "
             "data-said>%s</span></p><progress max=\"%llu\" value=\"%llu\" "
             "aria-labelledby=\"progress-label\"></progress>\n",
             job_ended(job) ? "All of it is done." : "Being ordered. You may close this page: it goes on.",
             rows, done);
    add_counts(page, job);
    if (job->waiting)
        page_note(page, "warn",
                  "Some rows couldn't be sent yet. They are tried again by themselves; the reason is "
                  "beside each, and under Status.");
    if (job->skipped)
        page_note(page, "info",
                  "What was left out wasn't ordered and costs nothing; the reason is beside each row. Where "
                  "the job has spent what one may, or a price rose after it was agreed to, send those rows "
                  "as another "
                  "job.");
    if (job->in_doubt)
        buffer_string(page,
                      "<p class=\"note warn\">What is in doubt may have been charged, and isn't sent again. "
                      "It is settled under <a href=\"/ledger\">Ledger</a>.</p>\n");
    buffer_string(page, "</section>\n");
}

/* ---- rows ------------------------------------------------------------------------------------ */

struct table {
    struct buffer rows;
    uint64_t count;
    char last[24];
};

static int32_t add_row(void *user, const sluice_row *row) {
    struct table *table = user;
    struct buffer *out = &table->rows;
    sluice_text order = ask_cell(row, "_order_id"), number = ask_cell(row, "_row");
    snprintf(table->last, sizeof table->last, "%.*s", TEXT_ARG(text_cut(number, 23)));
    table->count++;
    buffer_string(out, "<tr>");
    page_cell(out, "No.", number);
    page_cell(out, "IMEI", ask_cell(row, "imei"));
    buffer_string(out, "<td data-label=\"State\">");
    page_state(out, ask_cell(row, "_state"));
    buffer_string(out, "</td><td data-label=\"Order\">");
    if (order.len) {
        buffer_string(out, "<a href=\"/order/");
        html_word(out, order);
        html_add(out, "\">%.*s</a>", TEXT_ARG(order));
    } else {
        buffer_string(out, "–");
    }
    buffer_string(out, "</td>");
    page_cell(out, "Price", ask_cell(row, "_price"));
    page_cell(out, "Why", plain_reason(ask_cell(row, "_reason")));
    buffer_string(out, "</tr>\n");
    return 0;
}

static const char *const filters[][2] = {{"", "All"},
                                         {"placed", "Ordered"},
                                         {"duplicate", "Ordered before"},
                                         {"rejected", "Refused"},
                                         {"in_doubt", "In doubt"},
                                         {"skipped", "Left out"},
                                         {"waiting", "Tried again soon"}};

static bool known_state(sluice_text state) {
    for (size_t i = 1; i < sizeof filters / sizeof *filters; i++)
        if (text_is(state, filters[i][0]))
            return true;
    return false;
}

static void add_filters(struct buffer *page, const struct job *job, sluice_text state) {
    buffer_string(page, "<nav class=\"tabs\" aria-label=\"Rows\"><ul>");
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        html_add(page, "<li><a href=\"/jobs/%s%s%s\"", job->name, *filters[i][0] ? "?state=" : "",
                 filters[i][0]);
        if (text_is(state, filters[i][0]))
            buffer_string(page, " aria-current=\"true\"");
        html_add(page, ">%s</a></li>", filters[i][1]);
    }
    buffer_string(page, "</ul></nav>\n");
}

static void add_next(struct buffer *page, const struct job *job, sluice_text state, const char *last) {
    html_add(page,
             "<p class=\"pager\"><a class=\"button\" rel=\"next\" href=\"/jobs/%s?after=%s%s%.*s\">Next "
             "rows</a></p>\n",
             job->name, last, state.len ? "&state=" : "", TEXT_ARG(state));
}

static int add_rows(struct buffer *page, struct request *request, const struct job *job,
                    sluice_error *error) {
    struct table table = {.count = 0};
    struct ask ask;
    sluice_text state = request_parameter(request, "state");
    if (!known_state(state))
        state = TEXT("");
    ask_begin(&ask, SLUICE_QUERY_JOB_ROWS);
    ask_where(&ask, "job", text_of(job->name));
    ask_where(&ask, "state", state);
    ask.query.after = request_parameter(request, "after");
    ask.query.limit = PAGE_ROWS;
    int failed = ask_run(&ask, request->form, add_row, &table, error);
    buffer_string(page, "<section id=\"rows\" aria-label=\"Rows\">\n");
    add_filters(page, job, state);
    if (failed)
        html_add(page, "<p class=\"note bad\">%s</p>\n", error->text);
    else if (!table.count)
        buffer_string(page, "<p class=\"hint\">No rows here.</p>\n");
    else {
        buffer_string(page,
                      "<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>No.</th><th>IMEI</th>"
                      "<th>State</th><th>Order</th><th>Price</th><th>Why</th></tr></thead><tbody>\n");
        buffer_text(page, buffer_view(&table.rows));
        buffer_string(page, "</tbody></table></div>\n");
    }
    if (table.count == PAGE_ROWS)
        add_next(page, job, state, table.last);
    buffer_string(page, "</section>\n");
    buffer_free(&table.rows);
    return failed;
}

/* ---- the page -------------------------------------------------------------------------------- */

static enum MHD_Result reply_missing(struct request *request) {
    return reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "There is no job of that name.");
}

/* A page of a job that goes on looks again by itself: with the script when news come, else every few seconds.
 */
static void add_watch(struct buffer *page, const struct job *job) {
    if (!job_ended(job))
        html_add(page,
                 "<div data-events=\"/jobs/%s/events\" hidden></div>"
                 "<noscript><p class=\"note info\">This page shows what is known now. "
                 "<a href=\"/jobs/%s\">Look again</a></p></noscript>\n",
                 job->name, job->name);
}

enum MHD_Result page_job_show(struct request *request) {
    struct buffer page = {0};
    struct job job;
    sluice_error error = {.size = sizeof error};
    int answer = job_find(request->form, request->part, &job, &error);
    if (answer)
        return answer < 0 ? reply_failure(request, &error) : reply_missing(request);
    page_begin(&page, request, job_ended(&job) ? "Job, done" : "Job, under way", "/jobs");
    buffer_string(&page, "<h1>Job of ");
    page_when(&page, job.submitted_ms);
    buffer_string(&page, "</h1>\n<p class=\"lead\">");
    page_plural(&page, job.rows, "row", "rows");
    if (job.max_price[0])
        html_add(&page, ", at most %s each", job.max_price);
    html_add(&page, "%s. Its name is <code>%s</code>; the address of this page stays good.</p>\n",
             job.repeat ? ", ordered again on purpose" : "", job.name);
    add_progress(&page, &job);
    add_watch(&page, &job);
    add_rows(&page, request, &job, &error);
    html_add(&page, "<p><a href=\"/jobs/%s/rows.csv\" download>Download all rows as CSV</a></p>\n", job.name);
    page_end(&page, request);
    return reply_page(request, MHD_HTTP_OK, &page);
}

enum MHD_Result page_job_csv(struct request *request) {
    struct job job;
    sluice_error error = {.size = sizeof error};
    int answer = job_find(request->form, request->part, &job, &error);
    if (answer)
        return answer < 0 ? reply_failure(request, &error) : reply_missing(request);
    return rows_file_reply(request, job.name);
}
