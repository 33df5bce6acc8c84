/* What can be bought, at what price. */
#include <ctype.h>
#include <string.h>

#include <sluice/text.h>

#include "ask.h"
#include "page.h"
#include "pages.h"
#include "reply.h"

struct table {
    struct buffer rows;
    sluice_text wanted;
    uint64_t count, all;
    int64_t fetched_ms;
};

static bool holds(sluice_text text, sluice_text part) {
    for (uint64_t at = 0; at + part.len <= text.len; at++)
        if (strncasecmp(text.ptr + at, part.ptr, part.len) == 0)
            return true;
    return false;
}

static int32_t add_service(void *user, const sluice_row *row) {
    struct table *table = user;
    struct buffer *out = &table->rows;
    sluice_text id = ask_cell(row, "service_id"), title = ask_cell(row, "title"),
                group = ask_cell(row, "category");
    table->all++;
    table->fetched_ms = (int64_t)ask_number(row, "fetched_ms");
    if (table->wanted.len && !holds(title, table->wanted) && !holds(group, table->wanted) &&
        !text_equal(id, table->wanted))
        return 0;
    table->count++;
    html_add(out, "<tr><td data-label=\"Number\">%.*s</td><td data-label=\"Service\">%.*s", TEXT_ARG(id),
             TEXT_ARG(title));
    if (text_is(ask_cell(row, "chosen"), "1"))
        buffer_string(out, " <span class=\"state info\">The usual one</span>");
    buffer_string(out, "</td><td data-label=\"Price\" class=\"number\">");
    page_money(out, ask_cell(row, "price"), ask_cell(row, "currency"));
    buffer_string(out, "</td>");
    page_cell(out, "Time", ask_cell(row, "time"));
    page_cell(out, "Group", group);
    buffer_string(out, "<td data-label=\"\">");
    if (ask_cell(row, "price").len) {
        buffer_string(out, "<a href=\"/?service=");
        html_word(out, id);
        html_add(out, "\">Order<span class=\"away\"> service %.*s</span></a>", TEXT_ARG(id));
    }
    buffer_string(out, "</td></tr>\n");
    return 0;
}

static void add_find(struct buffer *page, sluice_text wanted) {
    html_add(
        page,
        "<form method=\"get\" action=\"/services\" class=\"filter\" role=\"search\"><div "
        "class=\"field\"><label "
        "for=\"q\">Find</label><input type=\"search\" id=\"q\" name=\"q\" value=\"%.*s\"></div>"
        "<button>Find</button><button name=\"fresh\" value=\"1\">Ask the provider again</button></form>\n",
        TEXT_ARG(wanted));
}

enum MHD_Result page_services_show(struct request *request) {
    struct buffer page = {0};
    struct table table = {.wanted = text_trim(request_parameter(request, "q"))};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_CATALOGUE);
    if (text_is(request_parameter(request, "fresh"), "1"))
        ask_where(&ask, "fresh", TEXT("1"));
    int failed = ask_run(&ask, request->form, add_service, &table, &error);
    page_begin(&page, request, "Services", "/services");
    buffer_string(&page, "<h1>Services</h1>\n");
    add_find(&page, table.wanted);
    if (failed)
        html_add(&page, "<p class=\"note bad\" role=\"alert\">The list can't be shown: %s</p>\n", error.text);
    else {
        buffer_string(&page, "<p class=\"hint\">");
        page_plural(&page, table.count, "service", "services");
        buffer_string(&page, ", as the provider listed them ");
        page_when(&page, table.fetched_ms);
        buffer_string(
            &page,
            ".</p><div class=\"scroll\"><table class=\"cards\"><thead><tr><th>Number</th><th>Service</th>"
            "<th class=\"number\">Price</th><th>Time</th><th>Group</th><th><span class=\"away\">Order"
            "</span></th></tr></thead><tbody>\n");
        buffer_text(&page, buffer_view(&table.rows));
        buffer_string(&page, "</tbody></table></div>\n");
    }
    buffer_free(&table.rows);
    page_end(&page, request);
    return reply_page(request, MHD_HTTP_OK, &page);
}
