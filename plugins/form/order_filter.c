#include "order_filter.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sluice/text.h>

#include "html.h"

static sluice_text value_of(const struct request *request, bool sent, const char *name) {
    return text_trim(sent ? request_field(request, name) : request_parameter(request, name));
}

int order_filter_read(struct request *request, struct order_filter *out, sluice_error *error) {
    bool sent = strcmp(request->method, "POST") == 0;
    *out = (struct order_filter){
        .text = value_of(request, sent, "q"),
        .status = value_of(request, sent, "status"),
        .service = value_of(request, sent, "service"),
        .since = value_of(request, sent, "since"),
        .until = value_of(request, sent, "until"),
        .to = value_of(request, sent, "to"),
        .imeis = value_of(request, sent, "imeis"),
        .after = value_of(request, sent, "after"),
        .sent = sent,
    };
    if (!out->imeis.len)
        return 0;
    int failed = sheet_from_text(request->form->host, out->imeis, &out->list, error);
    out->listed = !failed;
    return failed;
}

void order_filter_free(struct order_filter *filter) {
    if (filter->listed)
        sheet_free(&filter->list);
    filter->listed = false;
}

/* What isn't a day is left to the store to refuse. */
static sluice_text day_behind(struct order_filter *filter) {
    struct tm day = {0};
    char text[16];
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(text_cut(filter->to, sizeof text - 1)));
    const char *end = strptime(text, "%Y-%m-%d", &day);
    if (filter->to.len >= sizeof text || !end || *end)
        return filter->to;
    day.tm_mday++;
    timegm(&day);
    strftime(filter->day_behind, sizeof filter->day_behind, "%Y-%m-%d", &day);
    return text_of(filter->day_behind);
}

void order_filter_ask(struct order_filter *filter, struct ask *ask) {
    ask_where(ask, "text", filter->text);
    ask_where(ask, "status", filter->status);
    ask_where(ask, "service", filter->service);
    ask_where(ask, "since", filter->since);
    ask_where(ask, "until", filter->to.len ? day_behind(filter) : filter->until);
    if (filter->listed)
        ask_where_any(ask, "imei", filter->list.cells[0], filter->list.rows);
}

typedef void add_value(struct buffer *page, const char *name, sluice_text value);

static void each_value(struct buffer *page, const struct order_filter *filter, add_value *add) {
    add(page, "q", filter->text);
    add(page, "status", filter->status);
    add(page, "service", filter->service);
    add(page, "since", filter->since);
    add(page, "until", filter->until);
    add(page, "to", filter->to);
    add(page, "imeis", filter->imeis);
}

static void add_field(struct buffer *page, const char *name, sluice_text value) {
    if (value.len)
        html_add(page, "<input type=\"hidden\" name=\"%s\" value=\"%.*s\">", name, TEXT_ARG(value));
}

static void add_word(struct buffer *page, const char *name, sluice_text value) {
    if (!value.len)
        return;
    html_add(page, "&amp;%s=", name);
    html_word(page, value);
}

void order_filter_fields(struct buffer *page, const struct order_filter *filter) {
    each_value(page, filter, add_field);
}

void order_filter_query(struct buffer *page, const struct order_filter *filter) {
    each_value(page, filter, add_word);
}
