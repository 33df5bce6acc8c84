/* One order of the ledger; what is in doubt is settled here by a person who knows. */
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "act.h"
#include "ask.h"
#include "history.h"
#include "page.h"
#include "pages.h"
#include "plain.h"
#include "reply.h"

struct view {
    struct buffer facts;
    bool found, in_doubt, live;
};

static void add_fact(struct buffer *page, const char *label, sluice_text value) {
    if (value.len)
        html_add(page, "<div><dt>%s</dt><dd>%.*s</dd></div>", label, TEXT_ARG(value));
}

static void add_time(struct buffer *page, const char *label, uint64_t ms) {
    if (!ms)
        return;
    html_add(page, "<div><dt>%s</dt><dd>", label);
    page_when(page, (int64_t)ms);
    buffer_string(page, "</dd></div>");
}

static int32_t add_view(void *user, const sluice_row *row) {
    struct view *view = user;
    struct buffer *page = &view->facts;
    view->found = true;
    view->in_doubt = text_is(ask_cell(row, "state"), "in_doubt");
    view->live = text_is(ask_cell(row, "live"), "1");
    buffer_string(page, "<section class=\"card\"><p>");
    page_state(page, ask_cell(row, "state"));
    buffer_string(page, "</p><dl class=\"facts\">");
    add_fact(page, "IMEI", ask_cell(row, "identifier"));
    add_fact(page, "Service", ask_cell(row, "service"));
    add_fact(page, "Price", ask_cell(row, "price"));
    add_fact(page, "Order", ask_cell(row, "order_id"));
    add_fact(page, "Account", ask_cell(row, "account"));
    add_time(page, "Sent", ask_number(row, "sent_ms"));
    add_time(page, "Changed", ask_number(row, "changed_ms"));
    add_time(page, "First missing in the provider's list", ask_number(row, "missed_ms"));
    add_fact(page, "Why", plain_reason(ask_cell(row, "reason")));
    add_fact(page, "What the provider said", ask_cell(row, "evidence"));
    add_fact(page, "Key", ask_cell(row, "key"));
    buffer_string(page, "</dl></section>\n");
    return 1;
}

static void begin_resolve(struct buffer *page, const struct request *request, const char *how) {
    html_add(page, "<form method=\"post\" action=\"/ledger/%.*s/resolve\" class=\"card\" data-once>",
             TEXT_ARG(request->part));
    page_csrf(page, request);
    html_add(page, "<input type=\"hidden\" name=\"how\" value=\"%s\">", how);
}

static void add_unchecked(struct buffer *page, const char *id) {
    html_add(page,
             "<p class=\"choice\"><input type=\"checkbox\" id=\"%s\" name=\"unchecked\" value=\"1\"><label "
             "for=\"%s\">"
             "Take my word, although the provider can't be asked or says something else</label></p>",
             id, id);
}

static void add_resolve(struct buffer *page, const struct request *request) {
    buffer_string(
        page,
        "<h2>Settle it by hand</h2>\n<p class=\"lead\">Look at the provider's own page first. If you say "
        "that it wasn't bought and it was, it is paid twice: a job that waits for it orders it "
        "again.</p>\n<div class=\"pair\">");
    begin_resolve(page, request, "placed");
    buffer_string(
        page, "<h3>It was bought</h3><div class=\"field\"><label for=\"order_id\">The provider's order number"
              "</label><input id=\"order_id\" name=\"order_id\" required autocomplete=\"off\"></div>");
    add_unchecked(page, "unchecked-placed");
    buffer_string(page, "<button>It was bought</button></form>\n");
    begin_resolve(page, request, "absent");
    buffer_string(
        page,
        "<h3>It was not bought</h3><div class=\"field\"><label for=\"reason\">How you know</label><input "
        "id=\"reason\" name=\"reason\" required autocomplete=\"off\"></div>");
    add_unchecked(page, "unchecked-absent");
    buffer_string(page, "<button class=\"danger\">It was not bought</button></form></div>\n");
}

enum MHD_Result page_entry_show(struct request *request) {
    struct buffer page = {0};
    struct view view = {.found = false};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_LEDGER);
    ask_where(&ask, "key", request->part);
    int failed = ask_run(&ask, request->form, add_view, &view, &error);
    if (failed || !view.found) {
        buffer_free(&view.facts);
        return failed
                   ? reply_failure(request, &error)
                   : reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "The ledger has no such order.");
    }
    page_begin(&page, request, "Order in the ledger", "/ledger");
    buffer_string(&page, "<h1>Order in the ledger</h1>\n");
    act_note(&page, request);
    buffer_text(&page, buffer_view(&view.facts));
    if (view.in_doubt && view.live)
        page_note(&page, "info", "The run that sent it is still at work and settles it itself.");
    else if (view.in_doubt)
        add_resolve(&page, request);
    history_add(&page, request->form, "key", request->part);
    page_end(&page, request);
    buffer_free(&view.facts);
    return reply_page(request, MHD_HTTP_OK, &page);
}

enum MHD_Result page_entry_resolve(struct request *request) {
    char path[100];
    bool placed = text_is(request_field(request, "how"), "placed");
    sluice_text order = text_trim(request_field(request, "order_id"));
    sluice_text reason = text_trim(request_field(request, "reason"));
    sluice_act act = {.kind = SLUICE_ACT_RESOLVE,
                      .flags = text_is(request_field(request, "unchecked"), "1") ? SLUICE_ACT_UNCHECKED : 0,
                      .key = request->part};
    if (placed ? !order.len : !reason.len)
        return reply_refuse(request, MHD_HTTP_BAD_REQUEST, "Something is missing",
                            placed ? "Give the provider's order number."
                                   : "Say how you know that it wasn't bought.");
    if (request->part.len > 64)
        return reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "The ledger has no such order.");
    if (placed)
        act.order_id = order;
    else
        act.reason = reason;
    snprintf(path, sizeof path, "/ledger/%.*s", TEXT_ARG(request->part));
    for (const char *at = path + 8; *at; at++)
        if (!strchr("0123456789abcdef", *at))
            return reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "The ledger has no such order.");
    return act_do(request, &act, path);
}
