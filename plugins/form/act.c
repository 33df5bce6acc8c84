#include "act.h"

#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "ask.h"
#include "page.h"
#include "plain.h"
#include "reply.h"

enum { WAIT_MS = 8000 };

enum MHD_Result act_do(struct request *request, sluice_act *act, const char *path) {
    struct form *form = request->form;
    sluice_acted acted = {.size = sizeof acted};
    sluice_error error = {.size = sizeof error};
    char to[400];
    act->size = sizeof *act;
    act->wait_ms = WAIT_MS;
    if (form->host->act(form->self, act, &acted, &error))
        return reply_failure(request, &error);
    if (acted.answer == SLUICE_ACTED_REFUSED) {
        char text[SLUICE_ACTED_TEXT];
        snprintf(text, sizeof text, "%.*s", TEXT_ARG(plain_reason(text_of(acted.text))));
        return reply_refuse(request, MHD_HTTP_CONFLICT, "That wasn't done", text);
    }
    snprintf(to, sizeof to, "%s?act=%lld", path, (long long)acted.act);
    return reply_see(request, to);
}

struct noting {
    struct buffer *page;
    bool found;
};

static int32_t add_note(void *user, const sluice_row *row) {
    struct noting *noting = user;
    struct buffer *page = noting->page;
    sluice_text state = ask_cell(row, "state"), text = plain_reason(ask_cell(row, "text"));
    bool under_way = text_is(state, "under_way");
    noting->found = true;
    html_add(page, "<p class=\"note %s\" role=\"status\">", text_is(state, "refused") ? "bad" : "info");
    if (under_way)
        buffer_string(page, "It is under way and goes on by itself. Look at this page again in a while.");
    else if (text.len)
        html_add(page, "%.*s", TEXT_ARG(text));
    else
        buffer_string(page, "Done.");
    buffer_string(page, "</p>\n");
    return 1;
}

void act_note(struct buffer *page, struct request *request) {
    struct ask ask;
    struct noting noting = {.page = page};
    sluice_error error = {.size = sizeof error};
    sluice_text number = request_parameter(request, "act");
    if (!number.len)
        return;
    ask_begin(&ask, SLUICE_QUERY_ACTS);
    ask_where(&ask, "act", number);
    if (ask_run(&ask, request->form, add_note, &noting, &error))
        html_add(page, "<p class=\"note bad\">%s</p>\n", error.text);
    else if (!noting.found)
        page_note(
            page, "info",
            "What came of it isn't known here any more: the service was started again since. What stands "
            "on this page is true.");
}
