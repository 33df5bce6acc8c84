/* What would be ordered, and what it would cost: looked at before the button. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "ask.h"
#include "foresight.h"
#include "job.h"
#include "page.h"
#include "pages.h"
#include "plain.h"
#include "reply.h"

enum { SHOWN = 200, SERVICES = 8, SERVICE = 64 };

/* What is shown row by row; made while the core tells of each. */
struct tables {
    const struct sheet *sheet;
    struct buffer bad, known, fresh;
    uint64_t bad_count, known_count, fresh_count;
    char services[SERVICES][SERVICE]; /* that would be ordered; those behind are not named */
    unsigned service_count;
};

static sluice_text sent(const struct sheet *sheet, uint32_t row) {
    int column = sheet_column(sheet, "imei");
    return sheet->cells[column < 0 ? 0 : column][row];
}

static void add_bad(struct tables *tables, uint32_t row, sluice_text state, sluice_text reason) {
    const struct sheet *sheet = tables->sheet;
    struct buffer *out = &tables->bad;
    if (tables->bad_count++ >= SHOWN)
        return;
    html_add(out, "<tr><td data-label=\"Row\">%llu</td>", (unsigned long long)sheet->numbers[row]);
    page_cell(out, "As sent", sent(sheet, row));
    buffer_string(out, "<td data-label=\"Why\">");
    page_state(out, state);
    html_add(out, " <span>%.*s</span></td></tr>\n", TEXT_ARG(reason));
}

static void add_known(struct tables *tables, uint32_t row, const sluice_row *known) {
    struct buffer *out = &tables->known;
    sluice_text order = ask_cell(known, "order_id"), state = ask_cell(known, "state");
    if (tables->known_count++ >= SHOWN)
        return;
    html_add(out, "<tr><td data-label=\"Row\">%llu</td>", (unsigned long long)tables->sheet->numbers[row]);
    page_cell(out, "IMEI", ask_cell(known, "identifier"));
    buffer_string(out, "<td data-label=\"Order\">");
    if (order.len) {
        buffer_string(out, "<a href=\"/order/");
        html_word(out, order);
        html_add(out, "\">%.*s</a>", TEXT_ARG(order));
    } else {
        page_state(out, state);
    }
    buffer_string(out, "</td><td data-label=\"Ordered\">");
    page_when(out, (int64_t)ask_number(known, "ordered_ms"));
    buffer_string(out, "</td><td data-label=\"Status\">");
    page_state(out, ask_cell(known, "status"));
    buffer_string(out, "</td>");
    sluice_text result = ask_cell(known, "result");
    html_add(out, "<td data-label=\"Result\" class=\"result\">%.*s</td></tr>\n",
             TEXT_ARG(result.len ? text_cut(result, 300) : TEXT("–")));
}

static void note_service(struct tables *tables, sluice_text service) {
    for (unsigned i = 0; i < tables->service_count; i++)
        if (text_is(service, tables->services[i]))
            return;
    if (tables->service_count < SERVICES && service.len && service.len < SERVICE)
        snprintf(tables->services[tables->service_count++], SERVICE, "%.*s", TEXT_ARG(service));
}

static void add_fresh(struct tables *tables, uint32_t row, const sluice_row *known) {
    struct buffer *out = &tables->fresh;
    note_service(tables, ask_cell(known, "service"));
    if (tables->fresh_count++ >= SHOWN)
        return;
    html_add(out, "<tr><td data-label=\"Row\">%llu</td>", (unsigned long long)tables->sheet->numbers[row]);
    page_cell(out, "IMEI", ask_cell(known, "identifier"));
    page_cell(out, "Service", ask_cell(known, "service"));
    page_cell(out, "Price", ask_cell(known, "price"));
    buffer_string(out, "</tr>\n");
}

static int on_known(void *user, uint32_t row, const sluice_row *known) {
    struct tables *tables = user;
    sluice_text state = ask_cell(known, "state");
    if (text_is(state, "new"))
        add_fresh(tables, row, known);
    else if (text_is(state, "ordered") || text_is(state, "in_doubt") || text_is(state, "busy"))
        add_known(tables, row, known);
    else
        add_bad(tables, row, state, plain_reason(ask_cell(known, "reason")));
    return 0;
}

static void add_unreadable(struct tables *tables) {
    for (uint32_t r = 0; r < tables->sheet->rows; r++)
        if (tables->sheet->faults[r].ptr)
            add_bad(tables, r, TEXT("unreadable"), tables->sheet->faults[r]);
}

/* ---- the page -------------------------------------------------------------------------------- */

static void add_figure(struct buffer *page, const char *label, uint64_t count) {
    html_add(page, "<div><dt>%s</dt><dd>", label);
    html_count(page, count);
    buffer_string(page, "</dd></div>");
}

static void add_amount(struct buffer *page, const char *label, const struct foresight *sum,
                       const char *amount) {
    html_add(page, "<div><dt>%s</dt><dd>", label);
    page_money(page, text_of(amount), text_of(sum->currency));
    buffer_string(page, "</dd></div>");
}

static void add_figures(struct buffer *page, const struct foresight *sum, uint64_t bad) {
    buffer_string(page, "<dl class=\"figures\">");
    add_figure(page, "To be ordered", sum->fresh);
    add_amount(page, "Cost", sum, sum->cost);
    add_amount(page, "Balance now", sum, sum->balance);
    add_amount(page, "Balance after", sum, sum->balance_after);
    if (sum->ordered)
        add_figure(page, "Ordered before", sum->ordered);
    if (sum->in_doubt)
        add_figure(page, "In doubt", sum->in_doubt);
    if (bad)
        add_figure(page, "Left out", bad);
    buffer_string(page, "</dl>\n");
}

struct naming {
    const struct tables *tables;
    struct buffer text;
};

static int32_t name_service(void *user, const sluice_row *row) {
    struct naming *naming = user;
    sluice_text id = ask_cell(row, "service_id");
    for (unsigned i = 0; i < naming->tables->service_count; i++)
        if (text_is(id, naming->tables->services[i]))
            html_add(&naming->text, "<br>%.*s · %.*s", TEXT_ARG(id), TEXT_ARG(ask_cell(row, "title")));
    return 0;
}

/* A number says little to people: what it is called, so that a wrong one is seen before it costs. */
static void add_services(struct buffer *page, struct form *form, const struct tables *tables) {
    struct naming naming = {.tables = tables};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_CATALOGUE);
    if (tables->service_count && !ask_run(&ask, form, name_service, &naming, &error) && naming.text.used) {
        html_add(page, "<p class=\"services\"><strong>%s</strong>",
                 tables->service_count == 1 ? "Service" : "Services");
        buffer_text(page, buffer_view(&naming.text));
        buffer_string(page, "</p>\n");
    }
    buffer_free(&naming.text);
}

static void add_table(struct buffer *page, const char *title, const char *heads, struct buffer *rows,
                      uint64_t count) {
    html_add(page, "<h2>%s</h2>\n", title);
    buffer_string(page, "<div class=\"scroll\"><table class=\"cards\"><thead><tr>");
    buffer_string(page, heads);
    buffer_string(page, "</tr></thead><tbody>\n");
    buffer_text(page, buffer_view(rows));
    buffer_string(page, "</tbody></table></div>\n");
    if (count > SHOWN)
        html_add(page, "<p class=\"hint\">The first %d of %llu.</p>\n", SHOWN, (unsigned long long)count);
}

/* `sum`: what is agreed to, in all and for one; NULL: it isn't known. */
static void begin_order(struct buffer *page, const struct request *request, const struct draft *draft,
                        const struct foresight *sum) {
    html_add(page, "<form method=\"post\" action=\"/drafts/%s/order\" data-once>", draft->name);
    page_csrf(page, request);
    html_add(page,
             "<input type=\"hidden\" name=\"cost\" value=\"%s\">"
             "<input type=\"hidden\" name=\"max_price\" value=\"%s\">",
             sum ? sum->cost : "", sum ? sum->dearest : "");
}

/* It is the job's end, then; at another cap the rest waits. */
static bool is_over(const struct foresight *sum) {
    return strcmp(sum->stopped_by, "max_run") == 0;
}

static void add_button(struct buffer *page, const struct request *request, const struct draft *draft,
                       const struct foresight *sum) {
    begin_order(page, request, draft, sum);
    buffer_string(page, "<button class=\"primary\" name=\"repeat\" value=\"0\">Order ");
    html_count(page, is_over(sum) ? sum->placed : sum->fresh);
    buffer_string(page, " for ");
    html_amount(page, text_of(is_over(sum) ? sum->spent : sum->cost));
    html_add(page, " %s</button></form>\n", sum->currency);
}

/* To pay a second time takes two steps. */
static void add_again(struct buffer *page, const struct request *request, const struct draft *draft) {
    struct foresight all;
    sluice_error error = {.size = sizeof error};
    if (foresight_sum(request->form, &draft->sheet, true, &all, &error) || !all.repeats)
        return;
    buffer_string(page,
                  "<details class=\"again\"><summary>Order again what was ordered before…</summary><p>");
    page_plural(page, all.repeats, "order is", "orders are");
    html_add(page, " bought and paid a second time: %llu in all, for %s %s.</p>",
             (unsigned long long)all.fresh, all.cost, all.currency);
    begin_order(page, request, draft, &all);
    buffer_string(page, "<button class=\"danger\" name=\"repeat\" value=\"1\">Order all ");
    html_count(page, all.fresh);
    buffer_string(page, " for ");
    html_amount(page, text_of(all.cost));
    html_add(page, " %s</button></form></details>\n", all.currency);
}

static void add_actions(struct buffer *page, const struct request *request, const struct draft *draft,
                        const struct foresight *sum) {
    buffer_string(page, "<div class=\"actions\">");
    if (is_over(sum) ? sum->placed : sum->fresh)
        add_button(page, request, draft, sum);
    html_add(page, "<a class=\"button\" href=\"/?draft=%s\">Change</a></div>\n", draft->name);
    if (sum->ordered)
        add_again(page, request, draft);
}

static void add_warnings(struct buffer *page, const struct foresight *sum) {
    if (!sum->fresh && sum->ordered)
        page_note(page, "info", "All of it was ordered before. Nothing is left to order.");
    else if (!sum->fresh)
        page_note(page, "warn", "There is nothing in it that can be ordered.");
    if (!sum->stopped_by[0])
        return;
    buffer_string(page, "<p class=\"note warn\">Only ");
    html_count(page, sum->placed);
    buffer_string(page, is_over(sum) ? " will be ordered, for " : " would be ordered now, for ");
    page_money(page, text_of(sum->spent), text_of(sum->currency));
    if (is_over(sum))
        buffer_string(page, ": one job may spend no more. Send the others as another job.</p>\n");
    else
        html_add(page, ": %s. The others wait.</p>\n", sum->stopped_text);
}

static void add_sections(struct buffer *page, const struct draft *draft, struct tables *tables) {
    if (tables->bad_count) {
        add_table(page, "Left out", "<th>Row</th><th>As sent</th><th>Why</th>", &tables->bad,
                  tables->bad_count);
        html_add(page, "<p><a href=\"/drafts/%s/bad.csv\" download>Download these rows</a></p>\n",
                 draft->name);
    }
    if (tables->known_count)
        add_table(page, "Ordered before, or under way",
                  "<th>Row</th><th>IMEI</th><th>Order</th><th>Ordered</th><th>Status</th><th>Result</th>",
                  &tables->known, tables->known_count);
    if (tables->fresh_count)
        add_table(page, "To be ordered", "<th>Row</th><th>IMEI</th><th>Service</th><th>Price</th>",
                  &tables->fresh, tables->fresh_count);
}

/* The columns that were found, so that a wrong one is seen before it costs. */
static void add_source(struct buffer *page, const struct sheet *sheet) {
    buffer_string(page, "<p class=\"lead\">");
    if (sheet->file.len)
        html_add(page, "%.*s: ", TEXT_ARG(sheet->file));
    page_plural(page, sheet->rows, "row", "rows");
    if (sheet->file.len) {
        html_add(page, ", %u %s: ", sheet->columns, sheet->columns == 1 ? "column" : "columns");
        for (uint32_t c = 0; c < sheet->columns; c++)
            html_add(page, "%s<code>%.*s</code>", c ? ", " : "", TEXT_ARG(sheet->names[c]));
    }
    buffer_string(page, "</p>\n");
    if (sheet->file.len && sheet_column(sheet, "imei") < 0)
        page_note(page, "warn",
                  "There is no column for the IMEI. Name one of them IMEI in the file's first row.");
}

/* The provider is away: what is sent now is kept, and ordered when it is back. */
static void add_blind(struct buffer *page, const struct request *request, const struct draft *draft) {
    html_add(page,
             "<div class=\"actions\"><a class=\"button\" href=\"/drafts/%s\">Try again</a>"
             "<a class=\"button\" href=\"/?draft=%s\">Change</a></div>\n",
             draft->name, draft->name);
    if (!draft->sheet.good_count)
        return;
    buffer_string(page, "<details class=\"again\"><summary>Order without seeing the cost…</summary><p>");
    page_plural(page, draft->sheet.good_count, "row is", "rows are");
    buffer_string(
        page, " kept, and ordered as soon as that is possible. What was ordered before isn't ordered again, "
              "and the pipeline's limits hold.</p>");
    begin_order(page, request, draft, NULL);
    buffer_string(page, "<button class=\"danger\" name=\"repeat\" value=\"0\">Order ");
    html_count(page, draft->sheet.good_count);
    buffer_string(page, "</button></form></details>\n");
}

static void add_body(struct buffer *page, const struct request *request, const struct draft *draft) {
    struct foresight sum;
    struct tables tables = {.sheet = &draft->sheet};
    sluice_error error = {.size = sizeof error};
    int failed = foresight_sum(request->form, &draft->sheet, false, &sum, &error);
    if (!failed)
        failed = foresight_rows(request->form, &draft->sheet, on_known, &tables, &error);
    if (failed) {
        html_add(page, "<p class=\"note bad\" role=\"alert\">What it would cost can't be said now: %s</p>\n",
                 error.text);
        add_blind(page, request, draft);
    } else {
        add_unreadable(&tables);
        add_warnings(page, &sum);
        add_figures(page, &sum, tables.bad_count);
        add_services(page, request->form, &tables);
        add_actions(page, request, draft, &sum);
        add_sections(page, draft, &tables);
    }
    buffer_free(&tables.bad);
    buffer_free(&tables.known);
    buffer_free(&tables.fresh);
}

/* Because it was ordered, or because it is old. */
enum MHD_Result page_draft_gone(struct request *request) {
    return reply_refuse(
        request, MHD_HTTP_GONE, "This isn't here any more",
        "It was only kept for an hour, or until the service began anew. Nothing of it was ordered "
        "unless it is among the jobs. Send it again.");
}

static bool is_job(struct form *form, sluice_text name) {
    struct job job;
    sluice_error error = {.size = sizeof error};
    return !job_find(form, name, &job, &error) && job.found;
}

/* With the same wish: its rows are the draft's. */
static bool is_sent(struct form *form, sluice_text name, bool repeat) {
    struct job job;
    sluice_error error = {.size = sizeof error};
    return !job_find(form, name, &job, &error) && job.found && job.repeat == repeat;
}

static enum MHD_Result see_job(struct request *request, sluice_text name) {
    char path[64];
    snprintf(path, sizeof path, "/jobs/%.*s", TEXT_ARG(text_cut(name, DRAFT_NAME)));
    return reply_see(request, path);
}

/* The page was open for a while, and prices aren't what they were. */
static enum MHD_Result see_changed(struct request *request, sluice_text name) {
    char path[64];
    snprintf(path, sizeof path, "/drafts/%.*s?cost=changed", TEXT_ARG(text_cut(name, DRAFT_NAME)));
    return reply_see(request, path);
}

enum MHD_Result page_draft_show(struct request *request) {
    struct form *form = request->form;
    struct draft *draft = draft_find(&form->drafts, request->part, form->host->now_ms());
    struct buffer page = {0};
    if (is_job(form, request->part)) { /* ordered already: back, reload */
        draft_release(&form->drafts, draft);
        return see_job(request, request->part);
    }
    if (!draft)
        return page_draft_gone(request);
    page_begin(&page, request, "Check the order", "/");
    buffer_string(&page, "<h1>Order this?</h1>\n");
    if (text_is(request_parameter(request, "cost"), "changed"))
        page_note(&page, "warn", "It costs more than it did when you were asked. Nothing is ordered yet.");
    add_source(&page, &draft->sheet);
    add_body(&page, request, draft);
    page_end(&page, request);
    draft_release(&form->drafts, draft);
    return reply_page(request, MHD_HTTP_OK, &page);
}

/* The draft's name is the job's: the same form sent twice is one job. */
enum MHD_Result page_draft_order(struct request *request) {
    struct form *form = request->form;
    struct draft *draft = draft_find(&form->drafts, request->part, form->host->now_ms());
    sluice_error error = {.size = sizeof error};
    if (!draft)
        return is_job(form, request->part) ? see_job(request, request->part) : page_draft_gone(request);
    bool repeat = text_is(request_field(request, "repeat"), "1");
    sluice_text max_price = text_trim(request_field(request, "max_price"));
    if (!is_job(form, request->part) &&
        foresight_costs_more(form, &draft->sheet, repeat, request_field(request, "cost"), max_price)) {
        draft_release(&form->drafts, draft);
        return see_changed(request, request->part);
    }
    sluice_batch rows = sheet_batch(&draft->sheet);
    sluice_job job = {.size = sizeof job,
                      .flags = repeat ? SLUICE_JOB_REPEAT : 0,
                      .name = text_of(draft->name),
                      .rows = &rows,
                      .max_price = max_price.len ? max_price : (sluice_text){0}};
    int answer = rows.selected ? form->host->submit(form->self, &job, &error)
                               : form->host->fail(&error, SLUICE_E_DATA, "there is nothing in it to order");
    draft_release(&form->drafts, draft);
    if (answer == SLUICE_E_USAGE && is_sent(form, request->part, repeat)) /* two tabs, two prices */
        return see_job(request, request->part);
    if (answer == SLUICE_E_USAGE) /* there are two buttons, and the other one was pressed */
        return reply_refuse(
            request, MHD_HTTP_CONFLICT, "It was sent before",
            "This list was sent already: see Jobs. To buy again what was ordered before, send "
            "it anew.");
    return answer < 0 ? reply_not_taken(request, &error) : see_job(request, request->part);
}
