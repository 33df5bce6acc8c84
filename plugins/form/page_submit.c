/* The first page: what is to be ordered. */
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "ask.h"
#include "page.h"
#include "pages.h"
#include "reply.h"

/* ---- services --------------------------------------------------------------------------------- */

struct choices {
    struct buffer options;
    sluice_text chosen; /* by the user before */
    char own[160];      /* what the pipeline buys unless told otherwise */
    uint64_t count;
};

static int32_t add_choice(void *user, const sluice_row *row) {
    struct choices *choices = user;
    sluice_text id = ask_cell(row, "service_id"), price = ask_cell(row, "price");
    sluice_text title = ask_cell(row, "title"), time = ask_cell(row, "time");
    sluice_text currency = ask_cell(row, "currency");
    if (text_is(ask_cell(row, "chosen"), "1"))
        snprintf(choices->own, sizeof choices->own, "%.*s · %.*s · %.*s", TEXT_ARG(text_cut(id, 40)),
                 TEXT_ARG(text_cut(title, 80)), TEXT_ARG(text_cut(price, 20)));
    html_add(&choices->options, "<option value=\"%.*s\"%s%s>%.*s · %.*s", TEXT_ARG(id),
             text_equal(id, choices->chosen) ? " selected" : "", price.len ? "" : " disabled", TEXT_ARG(id),
             TEXT_ARG(title));
    if (price.len)
        html_add(&choices->options, " · %.*s %.*s", TEXT_ARG(price), TEXT_ARG(currency));
    else
        buffer_string(&choices->options, " · no price");
    if (time.len)
        html_add(&choices->options, " · %.*s", TEXT_ARG(time));
    buffer_string(&choices->options, "</option>");
    choices->count++;
    return 0;
}

static void add_services(struct buffer *page, struct request *request, sluice_text chosen) {
    struct choices choices = {.chosen = chosen};
    sluice_error error = {.size = sizeof error};
    struct ask ask;
    ask_begin(&ask, SLUICE_QUERY_CATALOGUE);
    int failed = ask_run(&ask, request->form, add_choice, &choices, &error);
    buffer_string(page, "<div class=\"field\"><label for=\"service\">Service</label>");
    if (failed || !choices.count) {
        html_add(page,
                 "<input id=\"service\" name=\"service\" value=\"%.*s\" autocomplete=\"off\" "
                 "aria-describedby=\"service-help\"><p class=\"hint\" id=\"service-help\">The number of a "
                 "service; empty for the usual one. The list can't be shown now: %s</p>",
                 TEXT_ARG(chosen), failed ? error.text : "it is empty.");
    } else {
        html_add(page,
                 "<input type=\"search\" class=\"find\" data-filter=\"service\" hidden autocomplete=\"off\" "
                 "placeholder=\"Find a service by name or number\" aria-label=\"Find a service\">"
                 "<select id=\"service\" name=\"service\"><option value=\"\">%s</option>",
                 choices.own[0] ? choices.own : "The usual one");
        buffer_text(page, buffer_view(&choices.options));
        html_add(page,
                 "</select><p class=\"hint\"><span data-filter-count>%llu services</span>. A row that "
                 "names a service of its own keeps it.</p>",
                 (unsigned long long)choices.count);
    }
    buffer_string(page, "</div>\n");
    buffer_free(&choices.options);
}

/* ---- the page --------------------------------------------------------------------------------- */

static enum MHD_Result show(struct request *request, unsigned status, const char *problem, sluice_text typed,
                            sluice_text service) {
    struct buffer page = {0};
    page_begin(&page, request, "New order", "/");
    buffer_string(&page, "<h1>New order</h1>\n");
    if (problem)
        html_add(&page, "<p class=\"note bad\" role=\"alert\">%s</p>\n", problem);
    buffer_string(&page, "<form method=\"post\" action=\"/preview\" enctype=\"multipart/form-data\" "
                         "class=\"card\" data-order data-drop>\n");
    page_csrf(&page, request);
    html_add(&page,
             "<div class=\"field\"><label for=\"imeis\">IMEIs</label><textarea id=\"imeis\" name=\"imeis\" "
             "rows=\"8\" spellcheck=\"false\" autocapitalize=\"off\" autocomplete=\"off\" "
             "aria-describedby=\"imeis-help imeis-check\">\n%.*s</textarea>"
             "<p class=\"hint\" id=\"imeis-help\">One on each line, or with commas or spaces between. Dashes "
             "are fine.</p><div id=\"imeis-check\" class=\"check\" aria-live=\"polite\"></div></div>\n",
             TEXT_ARG(typed));
    html_add(&page,
             "<div class=\"field\"><label for=\"file\">or a CSV file</label><input type=\"file\" id=\"file\" "
             "name=\"file\" accept=\".csv,.txt,.tsv,text/csv,text/plain\" data-most=\"%lld\" "
             "aria-describedby=\"file-help\"><p class=\"hint\" id=\"file-help\">A column called IMEI, or a "
             "plain list. Up to %lld MiB.</p></div>\n",
             (long long)request->form->options->max_upload,
             (long long)(request->form->options->max_upload / (1024 * 1024)));
    add_services(&page, request, service);
    buffer_string(&page, "<div class=\"actions\"><button class=\"primary\">Check and show the cost</button>"
                         "<span class=\"hint\">Nothing is ordered yet.</span></div></form>\n");
    page_end(&page, request);
    return reply_page(request, status, &page);
}

/* With ?draft=NAME: what was typed then. */
enum MHD_Result page_submit_show(struct request *request) {
    struct form *form = request->form;
    struct draft *draft =
        draft_find(&form->drafts, request_parameter(request, "draft"), form->host->now_ms());
    enum MHD_Result result =
        show(request, MHD_HTTP_OK, NULL, draft ? text_of(draft->typed) : (sluice_text){0},
             draft ? draft->service : request_parameter(request, "service"));
    draft_release(&form->drafts, draft);
    return result;
}

static int make_sheet(struct request *request, sluice_text typed, struct sheet *sheet, sluice_error *error) {
    struct form *form = request->form;
    if (request->has_file)
        return sheet_from_csv(form->host, form->self, text_of(request->file_name),
                              buffer_view(&request->file), sheet, error);
    return sheet_from_text(form->host, typed, sheet, error);
}

enum MHD_Result page_submit_send(struct request *request) {
    struct form *form = request->form;
    sluice_text typed = request_field(request, "imeis");
    sluice_text service = text_trim(request_field(request, "service"));
    sluice_error error = {.size = sizeof error};
    struct sheet sheet;
    if (request->has_file && text_trim(typed).len)
        return show(request, MHD_HTTP_BAD_REQUEST,
                    "There are IMEIs typed and a file, too. Send one of them at a time.", typed, service);
    if (request->many_files)
        return show(request, MHD_HTTP_BAD_REQUEST, "There are two files or more. Send one of them at a time.",
                    typed, service);
    int failed = make_sheet(request, typed, &sheet, &error);
    if (failed)
        return show(request, MHD_HTTP_BAD_REQUEST, error.text, typed, service);
    if (!sheet.rows) {
        sheet_free(&sheet);
        return show(request, MHD_HTTP_BAD_REQUEST,
                    request->has_file
                        ? "There is no row in that file below its first one, which names the columns."
                        : "Type at least one IMEI, or choose a file.",
                    typed, service);
    }
    failed = service.len ? sheet_service(&sheet, service, &error) : 0;
    if (!failed)
        failed = sheet_end(&sheet, &error);
    if (failed) {
        sheet_free(&sheet);
        return reply_failure(request, &error);
    }
    struct draft *draft = draft_keep(&form->drafts, &sheet, request->has_file ? (sluice_text){0} : typed,
                                     service, form->host->now_ms());
    char path[64];
    if (!draft)
        return MHD_NO;
    snprintf(path, sizeof path, "/drafts/%s", draft->name);
    draft_release(&form->drafts, draft);
    return reply_see(request, path);
}
