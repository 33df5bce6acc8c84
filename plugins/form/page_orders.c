/* Orders of the store: newest first, found by what is known of them, a page at a time, as a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "ask.h"
#include "order_filter.h"
#include "page.h"
#include "pages.h"
#include "pump.h"
#include "reply.h"

enum { PAGE_ORDERS = 50, KEY = 300 };

/* ---- the table ------------------------------------------------------------------------------- */

struct table {
    struct buffer rows;
    uint64_t count;
    char last[KEY];
};

static int32_t add_order(void *user, const sluice_row *row) {
    struct table *table = user;
    struct buffer *out = &table->rows;
    sluice_text id = ask_cell(row, "order_id"), service = ask_cell(row, "service_name");
    snprintf(table->last, sizeof table->last, "%.*s", TEXT_ARG(text_cut(ask_cell(row, "_key"), KEY - 1)));
    table->count++;
    buffer_string(out, "<tr><td data-label=\"Order\"><a href=\"/order/");
    html_word(out, id);
    html_add(out, "\">%.*s</a></td>", TEXT_ARG(id));
    page_cell(out, "IMEI", ask_cell(row, "imei"));
    page_cell(out, "Service", service.len ? service : ask_cell(row, "service_id"));
    buffer_string(out, "<td data-label=\"Status\">");
    page_state(out, ask_cell(row, "status"));
    buffer_string(out, "</td>");
    page_cell(out, "Carrier", ask_cell(row, "carrier"));
    page_cell(out, "SIM lock", ask_cell(row, "simlock"));
    page_cell(out, "Model", ask_cell(row, "model"));
    html_add(out, "<td data-label=\"Price\" class=\"number\">%.*s</td>", TEXT_ARG(ask_cell(row, "credits")));
    buffer_string(out, "<td data-label=\"Ordered\">");
    page_date(out, ask_cell(row, "order_date"));
    buffer_string(out, "</td></tr>\n");
    return 0;
}

/* ---- what is looked for ------------------------------------------------------------------------ */

static void add_input(struct buffer *page, const char *name, const char *label, const char *type,
                      sluice_text value) {
    html_add(page,
             "<div class=\"field\"><label for=\"%s\">%s</label><input type=\"%s\" id=\"%s\" name=\"%s\" "
             "value=\"%.*s\"></div>",
             name, label, type, name, name, TEXT_ARG(value));
}

static void add_statuses(struct buffer *page, sluice_text chosen) {
    static const char *const statuses[] = {"Pending", "In Process", "Completed", "Rejected"};
    buffer_string(page, "<div class=\"field\"><label for=\"status\">Status</label><select id=\"status\" "
                        "name=\"status\"><option value=\"\">Any</option>");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        html_add(page, text_is(chosen, statuses[i]) ? "<option selected>%s</option>" : "<option>%s</option>",
                 statuses[i]);
    buffer_string(page, "</select></div>");
}

static void add_find(struct buffer *page, const struct request *request, const struct order_filter *filter) {
    buffer_string(page, "<form method=\"get\" action=\"/orders\" class=\"filter\" role=\"search\">");
    add_input(page, "q", "IMEI, order or text", "search", filter->text);
    add_statuses(page, filter->status);
    add_input(page, "service", "Service, number or name", "text", filter->service);
    add_input(page, "since", "From", "date", filter->since);
    add_input(page, "to", "To, that day included", "date", filter->to);
    buffer_string(
        page,
        "<button class=\"primary\">Find</button><a class=\"button\" href=\"/orders\">Clear</a></form>\n");
    html_add(page,
             "<details class=\"many\"%s><summary>Find many IMEIs</summary><form method=\"post\" "
             "action=\"/orders\">",
             filter->imeis.len ? " open" : "");
    page_csrf(page, request);
    html_add(
        page,
        "<div class=\"field\"><label for=\"imeis\">IMEIs, as many as you like</label><textarea id=\"imeis\" "
        "name=\"imeis\" rows=\"5\" spellcheck=\"false\">\n%.*s</textarea></div><button class=\"primary\">"
        "Find these</button></form></details>\n",
        TEXT_ARG(filter->imeis));
}

/* A link, or a form where the address would be too long. */
static void add_step(struct buffer *page, const struct request *request, const struct order_filter *filter,
                     const char *path, const char *name, const char *value, const char *label) {
    if (!filter->sent) {
        html_add(page, "<a class=\"button\" href=\"%s?%s=", path, name);
        html_word(page, text_of(value));
        order_filter_query(page, filter);
        html_add(page, "\">%s</a>", label);
        return;
    }
    html_add(page, "<form method=\"post\" action=\"%s\">", path);
    page_csrf(page, request);
    order_filter_fields(page, filter);
    html_add(page, "<input type=\"hidden\" name=\"%s\" value=\"%s\"><button>%s</button></form>", name, value,
             label);
}

struct counted {
    uint64_t count;
    bool more, known;
};

static int32_t on_count(void *user, const sluice_row *row) {
    struct counted *counted = user;
    *counted = (struct counted){ask_number(row, "count"), text_is(ask_cell(row, "more"), "1"), true};
    return 0;
}

/* How many there are in all, as far as that is quickly said. */
static void add_count(struct buffer *page, struct request *request, struct order_filter *filter) {
    enum { MOST = 100000 };
    struct counted counted = {0};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_STORE_COUNT);
    order_filter_ask(filter, &ask);
    ask.query.limit = MOST;
    if (ask_run(&ask, request->form, on_count, &counted, &error) || !counted.known)
        return;
    buffer_string(page, "<p class=\"hint\">");
    page_plural(page, counted.count, "order", "orders");
    buffer_string(page, counted.more ? " or more found.</p>\n" : " found.</p>\n");
}

static void add_table(struct buffer *page, const struct request *request, const struct order_filter *filter,
                      struct table *table) {
    buffer_string(page, "<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>Order</th><th>IMEI</th>"
                        "<th>Service</th><th>Status</th><th>Carrier</th><th>SIM lock</th><th>Model</th>"
                        "<th class=\"number\">Price</th><th>Ordered</th></tr></thead><tbody>\n");
    buffer_text(page, buffer_view(&table->rows));
    buffer_string(page, "</tbody></table></div>\n<div class=\"actions\">");
    if (table->count == PAGE_ORDERS)
        add_step(page, request, filter, "/orders", "after", table->last, "Older ones");
    add_step(page, request, filter, "/orders/export", "format", "csv", "All of these as CSV");
    add_step(page, request, filter, "/orders/export", "format", "gsm_fusion", "In the provider's format");
    buffer_string(page, "</div>\n");
}

enum MHD_Result page_orders_show(struct request *request) {
    struct buffer page = {0};
    struct table table = {.count = 0};
    struct order_filter filter;
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    int failed = order_filter_read(request, &filter, &error);
    ask_begin(&ask, SLUICE_QUERY_STORE);
    if (!failed) {
        order_filter_ask(&filter, &ask);
        ask.query.after = filter.after;
        ask.query.limit = PAGE_ORDERS;
        failed = ask_run(&ask, request->form, add_order, &table, &error);
    }
    page_begin(&page, request, "Orders", "/orders");
    buffer_string(&page, "<h1>Orders</h1>\n");
    add_find(&page, request, &filter);
    if (failed)
        html_add(&page, "<p class=\"note bad\" role=\"alert\">%s</p>\n", error.text);
    else if (!table.count)
        buffer_string(&page, "<p class=\"hint\">No order is like that.</p>\n");
    else {
        add_count(&page, request, &filter);
        add_table(&page, request, &filter, &table);
    }
    page_end(&page, request);
    buffer_free(&table.rows);
    order_filter_free(&filter);
    return reply_page(request, failed ? reply_status(failed) : MHD_HTTP_OK, &page);
}

/* ---- as a file --------------------------------------------------------------------------------- */

/* The request's texts are gone while the file is made: this has its own. */
struct export {
    struct order_filter filter;
    sluice_text format;
};

static void move(char **at, sluice_text *text) {
    if (!text->ptr)
        return;
    memcpy(*at, text->len ? text->ptr : "", text->len);
    text->ptr = *at;
    *at += text->len;
}

static struct export *keep(const struct order_filter *filter, sluice_text format) {
    size_t size = filter->text.len + filter->status.len + filter->service.len + filter->since.len +
                  filter->until.len + filter->to.len + filter->imeis.len + format.len;
    struct export *export = malloc(sizeof *export + size + 1);
    if (!export)
        return NULL;
    char *at = (char *)(export + 1);
    *export = (struct export){.filter = *filter, .format = format};
    export->filter.listed = false;
    move(&at, &export->filter.text);
    move(&at, &export->filter.status);
    move(&at, &export->filter.service);
    move(&at, &export->filter.since);
    move(&at, &export->filter.until);
    move(&at, &export->filter.to);
    move(&at, &export->filter.imeis);
    move(&at, &export->format);
    return export;
}

static int32_t put_piece(void *user, const sluice_row *row) {
    sluice_text piece = ask_cell(row, "piece");
    return piece.len && !pump_put(user, piece.ptr, piece.len);
}

static int write_export(struct pump *pump, struct form *form, void *user, sluice_error *error) {
    struct export *export = user;
    struct ask ask;
    int failed = 0;
    if (export->filter.imeis.len) {
        failed = sheet_from_text(form->host, export->filter.imeis, &export->filter.list, error);
        export->filter.listed = !failed;
    }
    ask_begin(&ask, SLUICE_QUERY_EXPORT);
    order_filter_ask(&export->filter, &ask);
    ask_where(&ask, "format", export->format);
    if (!failed)
        failed = ask_run(&ask, form, put_piece, pump, error);
    order_filter_free(&export->filter);
    return failed;
}

enum MHD_Result page_orders_export(struct request *request) {
    struct order_filter filter;
    sluice_error error = {.size = sizeof error};
    bool sent = strcmp(request->method, "POST") == 0;
    sluice_text format = sent ? request_field(request, "format") : request_parameter(request, "format");
    int failed = order_filter_read(request, &filter, &error);
    if (failed)
        return reply_failure(request, &error);
    bool provider = text_is(format, "gsm_fusion");
    struct export *export = keep(&filter, provider ? TEXT("gsm_fusion") : TEXT("csv"));
    order_filter_free(&filter);
    if (!export)
        return MHD_NO;
    return pump_reply(request, "text/csv; charset=utf-8", provider ? "orders-gsm_fusion.csv" : "orders.csv",
                      write_export, export);
}
