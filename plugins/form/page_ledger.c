/* The ledger: what is in doubt above all. */
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "act.h"
#include "ask.h"
#include "page.h"
#include "pages.h"
#include "plain.h"
#include "reply.h"

enum { PAGE_ENTRIES = 50 };

static const char *const states[][2] = {
    {"in_doubt", "In doubt"},  {"placed", "Ordered"},    {"rejected", "Refused"},
    {"refunded", "Paid back"}, {"released", "Not sent"}, {"exists", "Ordered elsewhere"},
    {"sending", "Being sent"},
};

struct table {
    struct buffer rows;
    uint64_t count;
    char last[80];
};

static int32_t add_entry(void *user, const sluice_row *row) {
    struct table *table = user;
    struct buffer *out = &table->rows;
    sluice_text reason = plain_reason(ask_cell(row, "reason"));
    snprintf(table->last, sizeof table->last, "%.*s", TEXT_ARG(text_cut(ask_cell(row, "_key"), 79)));
    table->count++;
    buffer_string(out, "<tr><td data-label=\"IMEI\"><a href=\"/ledger/");
    html_word(out, ask_cell(row, "key"));
    html_add(out, "\">%.*s</a></td>", TEXT_ARG(ask_cell(row, "identifier")));
    page_cell(out, "Service", ask_cell(row, "service"));
    buffer_string(out, "<td data-label=\"State\">");
    page_state(out, ask_cell(row, "state"));
    buffer_string(out, "</td><td data-label=\"Price\" class=\"number\">");
    page_money(out, ask_cell(row, "price"), ask_cell(row, "currency"));
    buffer_string(out, "</td><td data-label=\"Sent\">");
    page_when(out, (int64_t)ask_number(row, "sent_ms"));
    buffer_string(out, "</td>");
    page_cell(out, "Order", ask_cell(row, "order_id"));
    page_cell(out, "Why", reason.len ? reason : ask_cell(row, "code"));
    buffer_string(out, "</tr>\n");
    return 0;
}

static sluice_text state_of(const struct request *request) {
    sluice_text state = request_parameter(request, "state");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (text_is(state, states[i][0]))
            return state;
    return TEXT("in_doubt");
}

static void add_tabs(struct buffer *page, sluice_text state) {
    buffer_string(page, "<nav class=\"tabs\" aria-label=\"States\"><ul>");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        html_add(page, "<li><a href=\"/ledger?state=%s\"", states[i][0]);
        if (text_is(state, states[i][0]))
            buffer_string(page, " aria-current=\"true\"");
        html_add(page, ">%s</a></li>", states[i][1]);
    }
    buffer_string(page, "</ul></nav>\n");
}

static void add_settle(struct buffer *page, const struct request *request) {
    buffer_string(
        page,
        "<form method=\"post\" action=\"/ledger/settle\" class=\"card\"><p>An order is in doubt when no "
        "answer came, or none that can be trusted: it may have been charged. It is never sent again by "
        "itself. The provider can be asked what became of it; that costs nothing.</p>");
    page_csrf(page, request);
    buffer_string(page, "<button class=\"primary\">Ask the provider now</button></form>\n");
}

static void add_table(struct buffer *page, struct table *table, sluice_text state) {
    buffer_string(
        page,
        "<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>IMEI</th><th>Service</th><th>State</th>"
        "<th class=\"number\">Price</th><th>Sent</th><th>Order</th><th>Why</th></tr></thead><tbody>\n");
    buffer_text(page, buffer_view(&table->rows));
    buffer_string(page, "</tbody></table></div>\n");
    if (table->count < PAGE_ENTRIES)
        return;
    html_add(page, "<p class=\"pager\"><a class=\"button\" rel=\"next\" href=\"/ledger?state=%.*s&amp;after=",
             TEXT_ARG(state));
    html_word(page, text_of(table->last));
    buffer_string(page, "\">Older ones</a></p>\n");
}

enum MHD_Result page_ledger_show(struct request *request) {
    struct buffer page = {0};
    struct table table = {.count = 0};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    sluice_text state = state_of(request);
    ask_begin(&ask, SLUICE_QUERY_LEDGER);
    ask_where(&ask, "state", state);
    ask.query.after = request_parameter(request, "after");
    ask.query.limit = PAGE_ENTRIES;
    int failed = ask_run(&ask, request->form, add_entry, &table, &error);
    page_begin(&page, request, "Ledger", "/ledger");
    buffer_string(&page, "<h1>Ledger</h1>\n");
    act_note(&page, request);
    add_tabs(&page, state);
    if (text_is(state, "in_doubt") && table.count)
        add_settle(&page, request);
    if (failed)
        html_add(&page, "<p class=\"note bad\" role=\"alert\">%s</p>\n", error.text);
    else if (table.count)
        add_table(&page, &table, state);
    else
        buffer_string(&page, text_is(state, "in_doubt") ? "<p class=\"note good\">Nothing is in doubt.</p>\n"
                                                        : "<p class=\"hint\">Nothing here.</p>\n");
    page_end(&page, request);
    buffer_free(&table.rows);
    return reply_page(request, MHD_HTTP_OK, &page);
}

enum MHD_Result page_ledger_settle(struct request *request) {
    sluice_act act = {.kind = SLUICE_ACT_SETTLE};
    return act_do(request, &act, "/ledger");
}
