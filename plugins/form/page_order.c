/* One order: all that is known of it. */
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "act.h"
#include "ask.h"
#include "history.h"
#include "page.h"
#include "pages.h"
#include "reply.h"

enum { PATH = 300 };

struct view {
    struct buffer text;
    uint64_t count;
};

static const char *const labels[][2] = {
    {"imei", "IMEI"},
    {"imei2", "Second IMEI"},
    {"service_name", "Service"},
    {"service_id", "Service number"},
    {"credits", "Price"},
    {"order_date", "Ordered"},
    {"carrier", "Carrier"},
    {"simlock", "SIM lock"},
    {"model", "Model"},
    {"fmi", "Find My"},
    {"provider", "Provider"},
    {"account", "Account"},
    {"notes", "Notes"},
    {"created_at", "Stored"},
    {"updated_at", "Changed"},
};

/* These have a place of their own, or say nothing to people. */
static bool is_apart(sluice_text name) {
    static const char *const apart[] = {"order_id", "status",       "result_code", "result_code_display",
                                        "id",       "raw_response", "_key"};
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (text_is(name, apart[i]))
            return true;
    return false;
}

static bool is_labelled(sluice_text name) {
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (text_is(name, labels[i][0]))
            return true;
    return false;
}

static void add_fact(struct buffer *page, sluice_text label, sluice_text value) {
    if (value.len)
        html_add(page, "<div><dt>%.*s</dt><dd>%.*s</dd></div>", TEXT_ARG(label), TEXT_ARG(value));
}

static void add_known(struct buffer *page, const char *name, const char *label, sluice_text value) {
    bool is_time =
        strcmp(name, "order_date") == 0 || strcmp(name, "created_at") == 0 || strcmp(name, "updated_at") == 0;
    if (!is_time || !value.len) {
        add_fact(page, text_of(label), value);
        return;
    }
    html_add(page, "<div><dt>%s</dt><dd>", label);
    page_date(page, value);
    buffer_string(page, "</dd></div>");
}

static void add_facts(struct buffer *page, const sluice_row *row) {
    buffer_string(page, "<dl class=\"facts\">");
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        add_known(page, labels[i][0], labels[i][1], ask_cell(row, labels[i][0]));
    for (uint32_t c = 0; c < row->batch->column_count; c++) {
        sluice_text name = row->batch->names[c];
        if (!is_labelled(name) && !is_apart(name))
            add_fact(page, name, row->batch->cells[c][row->row]);
    }
    buffer_string(page, "</dl>\n");
}

/* "Carrier: T-Mobile", a pair a line. */
static void add_pairs(struct buffer *page, sluice_text result) {
    buffer_string(page, "<dl class=\"facts\">");
    while (result.len) {
        const char *end = memchr(result.ptr, '\n', result.len);
        sluice_text line = {result.ptr, end ? (uint64_t)(end - result.ptr) : result.len};
        const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
        uint64_t taken = line.len + (end != NULL);
        if (colon) {
            sluice_text key = {line.ptr, (uint64_t)(colon - line.ptr)};
            sluice_text value = {colon + 1, line.len - key.len - 1};
            add_fact(page, text_trim(key), text_trim(value));
        } else {
            add_fact(page, TEXT("Result"), text_trim(line));
        }
        result = (sluice_text){result.ptr + taken, result.len - taken};
    }
    buffer_string(page, "</dl>\n");
}

static void add_result(struct buffer *page, const sluice_row *row) {
    sluice_text shown = ask_cell(row, "result_code_display"), code = ask_cell(row, "result_code");
    sluice_text raw = ask_cell(row, "raw_response"), status = ask_cell(row, "status");
    buffer_string(page, "<h2>Result</h2>\n");
    if (shown.len || code.len)
        add_pairs(page, shown.len ? shown : code);
    else if (text_is(status, "Completed") || text_is(status, "Rejected"))
        buffer_string(page, "<p class=\"hint\">The provider gave none.</p>\n");
    else
        buffer_string(page, "<p class=\"hint\">There is none yet.</p>\n");
    if (code.len)
        html_add(page, "<details><summary>As the provider wrote it</summary><pre>%.*s</pre></details>\n",
                 TEXT_ARG(code));
    if (raw.len)
        html_add(page, "<details><summary>Raw replies</summary><pre>%.*s</pre></details>\n", TEXT_ARG(raw));
}

static int32_t add_view(void *user, const sluice_row *row) {
    struct view *view = user;
    view->count++;
    buffer_string(&view->text, "<section class=\"card\"><p>");
    page_state(&view->text, ask_cell(row, "status"));
    buffer_string(&view->text, "</p>\n");
    add_facts(&view->text, row);
    add_result(&view->text, row);
    buffer_string(&view->text, "</section>\n");
    return 0;
}

static void make_path(struct buffer *path, sluice_text order, const char *behind) {
    buffer_string(path, "/order/");
    html_word(path, order);
    buffer_string(path, behind);
}

static void add_check(struct buffer *page, const struct request *request) {
    struct buffer path = {0};
    make_path(&path, request->part, "/check");
    html_add(page, "<form method=\"post\" action=\"%s\">", path.failed ? "" : path.text);
    page_csrf(page, request);
    buffer_string(page, "<button class=\"primary\">Check now</button></form>\n");
    buffer_free(&path);
}

enum MHD_Result page_order_show(struct request *request) {
    struct buffer page = {0};
    struct view view = {.count = 0};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_STORE);
    ask_where(&ask, "order_id", request->part);
    int failed = ask_run(&ask, request->form, add_view, &view, &error);
    if (failed) {
        buffer_free(&view.text);
        return reply_failure(request, &error);
    }
    page_begin(&page, request, "Order", "/orders");
    html_add(&page, "<h1>Order %.*s</h1>\n", TEXT_ARG(request->part));
    act_note(&page, request);
    if (view.count) {
        add_check(&page, request);
        buffer_text(&page, buffer_view(&view.text));
    } else {
        page_note(&page, "info", "The store has no order of this number. It may be on its way there.");
    }
    history_add(&page, request->form, "order_id", request->part);
    page_end(&page, request);
    buffer_free(&view.text);
    return reply_page(request, view.count ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND, &page);
}

enum MHD_Result page_order_check(struct request *request) {
    struct buffer path = {0};
    sluice_act act = {.kind = SLUICE_ACT_CHECK, .order_id = request->part};
    make_path(&path, request->part, "");
    enum MHD_Result result = path.failed || path.used >= PATH ? MHD_NO : act_do(request, &act, path.text);
    buffer_free(&path);
    return result;
}
