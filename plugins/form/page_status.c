/* How things stand: the provider, the store, the sync, the money. */
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "act.h"
#include "ask.h"
#include "page.h"
#include "pages.h"
#include "plain.h"
#include "reply.h"

struct view {
    struct buffer *page;
    const struct request *request;
    int64_t now_ms;
};

static void begin_card(struct buffer *page, const char *title) {
    html_add(page, "<section class=\"card\"><h2>%s</h2><dl class=\"facts\">", title);
}

static void end_card(struct buffer *page) {
    buffer_string(page, "</dl></section>\n");
}

static void add_fact(struct buffer *page, const char *label, sluice_text value) {
    if (value.len)
        html_add(page, "<div><dt>%s</dt><dd>%.*s</dd></div>", label, TEXT_ARG(value));
}

static void add_state(struct buffer *page, sluice_text state) {
    buffer_string(page, "<div><dt>State</dt><dd>");
    page_state(page, state);
    buffer_string(page, "</dd></div>");
}

static void add_ago(const struct view *view, const char *label, uint64_t ms) {
    if (!ms)
        return;
    html_add(view->page, "<div><dt>%s</dt><dd>", label);
    if ((int64_t)ms > view->now_ms)
        buffer_string(view->page, "in ");
    page_span(view->page,
              (int64_t)ms > view->now_ms ? (int64_t)ms - view->now_ms : view->now_ms - (int64_t)ms);
    if ((int64_t)ms <= view->now_ms)
        buffer_string(view->page, " ago");
    buffer_string(view->page, "</dd></div>");
}

static void add_count(struct buffer *page, const char *label, uint64_t count) {
    html_add(page, "<div><dt>%s</dt><dd>", label);
    html_count(page, count);
    buffer_string(page, "</dd></div>");
}

static void add_limit(struct buffer *page, const char *label, sluice_text amount, sluice_text currency) {
    if (!amount.len)
        return;
    html_add(page, "<div><dt>%s</dt><dd>", label);
    page_money(page, amount, currency);
    buffer_string(page, "</dd></div>");
}

/* ---- cards ------------------------------------------------------------------------------------ */

static void add_pause(const struct view *view, sluice_text paused) {
    struct buffer *page = view->page;
    if (paused.ptr) {
        html_add(page,
                 "<section class=\"card\"><p class=\"note warn\">Nothing is ordered: %.*s</p>"
                 "<form method=\"post\" action=\"/resume\">",
                 TEXT_ARG(paused));
        page_csrf(page, view->request);
        buffer_string(page, "<button class=\"primary\">Order again from now on</button></form></section>\n");
        return;
    }
    buffer_string(page,
                  "<section class=\"card\"><details><summary>Stop ordering…</summary><form method=\"post\" "
                  "action=\"/pause\">");
    page_csrf(page, view->request);
    buffer_string(
        page,
        "<p>Nothing more is ordered by anybody, until somebody resumes. What was sent is waited for."
        "</p><div class=\"field\"><label for=\"reason\">Why</label><input id=\"reason\" name=\"reason\" "
        "required autocomplete=\"off\"></div><button class=\"danger\">Stop ordering</button></form>"
        "</details></section>\n");
}

static void add_money_card(const struct view *view, const sluice_row *row) {
    struct buffer *page = view->page;
    sluice_text currency = ask_cell(row, "currency");
    begin_card(page, "Money");
    add_limit(page, "Spent today", ask_cell(row, "spent_today"), currency);
    add_limit(page, "At most a day", ask_cell(row, "max_day"), currency);
    add_limit(page, "At most a job", ask_cell(row, "max_run"), currency);
    add_limit(page, "At most an order", ask_cell(row, "max_price"), currency);
    add_limit(page, "Left on the account at least", ask_cell(row, "reserve"), currency);
    end_card(page);
}

static void add_orders_card(const struct view *view, const sluice_row *row) {
    struct buffer *page = view->page;
    begin_card(page, "Orders");
    add_count(page, "Rows that wait", ask_number(row, "waiting"));
    add_count(page, "In doubt", ask_number(row, "in_doubt"));
    add_count(page, "Not in the store yet", ask_number(row, "undelivered"));
    add_fact(page, "Last trouble", ask_cell(row, "trouble"));
    add_ago(view, "Next try", ask_number(row, "next_ms"));
    end_card(page);
}

static void add_sync_card(const struct view *view, const sluice_row *row) {
    struct buffer *page = view->page;
    sluice_text sync = ask_cell(row, "sync");
    begin_card(page, "Results");
    if (!sync.len) {
        add_fact(page, "State",
                 TEXT("No pipeline of this service asks for results: serve one that does, such as "
                      "sync-pending.yaml, beside this one"));
    } else {
        add_fact(page, "Asked for by", sync);
        add_ago(view, "Last", ask_number(row, "sync_ms"));
        add_ago(view, "Next", ask_number(row, "sync_next_ms"));
        add_fact(page, "Now",
                 text_is(ask_cell(row, "sync_running"), "1") ? TEXT("under way") : (sluice_text){0});
        add_fact(page, "Last trouble", ask_cell(row, "sync_trouble"));
    }
    end_card(page);
}

static int32_t add_status(void *user, const sluice_row *row) {
    const struct view *view = user;
    struct buffer *page = view->page;
    html_add(page, "<p class=\"lead\">Pipeline <code>%.*s</code></p>\n", TEXT_ARG(ask_cell(row, "pipeline")));
    buffer_string(page, "<div class=\"grid\">\n");
    begin_card(page, "Provider");
    add_state(page, ask_cell(row, "provider_state"));
    add_fact(page, "Provider", ask_cell(row, "provider"));
    add_fact(page, "Account", ask_cell(row, "account"));
    add_ago(view, "Asked last", ask_number(row, "provider_ms"));
    add_fact(page, "Last trouble", ask_cell(row, "provider_trouble"));
    end_card(page);
    begin_card(page, "Store");
    add_state(page, ask_cell(row, "store_state"));
    add_fact(page, "Orders are in", ask_cell(row, "store"));
    add_fact(page, "Last trouble", ask_cell(row, "store_trouble"));
    end_card(page);
    add_sync_card(view, row);
    add_money_card(view, row);
    add_orders_card(view, row);
    buffer_string(page, "</div>\n");
    add_pause(view, ask_cell(row, "paused"));
    return 1;
}

/* ---- what people asked for ---------------------------------------------------------------------- */

static int32_t add_act(void *user, const sluice_row *row) {
    struct buffer *rows = user;
    buffer_string(rows, "<tr><td data-label=\"When\">");
    page_when(rows, (int64_t)ask_number(row, "begun_ms"));
    buffer_string(rows, "</td>");
    page_cell(rows, "What", ask_cell(row, "kind"));
    buffer_string(rows, "<td data-label=\"State\">");
    page_state(rows, ask_cell(row, "state"));
    buffer_string(rows, "</td>");
    page_cell(rows, "What came of it", plain_reason(ask_cell(row, "text")));
    buffer_string(rows, "</tr>\n");
    return 0;
}

static void add_acts(struct buffer *page, struct request *request) {
    struct buffer rows = {0};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_ACTS);
    ask.query.limit = 20;
    if (!ask_run(&ask, request->form, add_act, &rows, &error) && rows.used) {
        buffer_string(
            page,
            "<h2>Asked for lately</h2>\n<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>When"
            "</th><th>What</th><th>State</th><th>What came of it</th></tr></thead><tbody>\n");
        buffer_text(page, buffer_view(&rows));
        buffer_string(page, "</tbody></table></div>\n");
    }
    buffer_free(&rows);
}

enum MHD_Result page_status_show(struct request *request) {
    struct buffer page = {0};
    struct form *form = request->form;
    struct view view = {&page, request, form->host->now_ms()};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    page_begin(&page, request, "Status", "/status");
    buffer_string(&page, "<h1>Status</h1>\n");
    act_note(&page, request);
    ask_begin(&ask, SLUICE_QUERY_STATUS);
    if (ask_run(&ask, form, add_status, &view, &error))
        html_add(&page, "<p class=\"note bad\" role=\"alert\">%s</p>\n", error.text);
    add_acts(&page, request);
    page_end(&page, request);
    return reply_page(request, MHD_HTTP_OK, &page);
}

enum MHD_Result page_status_pause(struct request *request) {
    sluice_act act = {.kind = SLUICE_ACT_PAUSE, .reason = text_trim(request_field(request, "reason"))};
    if (!act.reason.len)
        return reply_refuse(request, MHD_HTTP_BAD_REQUEST, "Something is missing",
                            "Say why nothing shall be ordered.");
    return act_do(request, &act, "/status");
}

enum MHD_Result page_status_resume(struct request *request) {
    sluice_act act = {.kind = SLUICE_ACT_RESUME};
    return act_do(request, &act, "/status");
}
