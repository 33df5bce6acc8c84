#include "history.h"

#include <sluice/text.h>

#include "ask.h"
#include "page.h"

static int32_t add_event(void *user, const sluice_row *row) {
    struct buffer *out = user;
    sluice_text reason = ask_cell(row, "reason"), evidence = ask_cell(row, "evidence");
    buffer_string(out, "<tr><td data-label=\"When\">");
    page_when(out, (int64_t)ask_number(row, "at_ms"));
    buffer_string(out, "</td><td data-label=\"Became\">");
    page_state(out, ask_cell(row, "to"));
    buffer_string(out, "</td>");
    page_cell(out, "By", ask_cell(row, "who"));
    html_add(out, "<td data-label=\"Why\">%.*s", TEXT_ARG(reason.len ? reason : ask_cell(row, "code")));
    if (evidence.len)
        html_add(out, "<details><summary>Evidence</summary><pre>%.*s</pre></details>", TEXT_ARG(evidence));
    buffer_string(out, "</td></tr>\n");
    return 0;
}

void history_add(struct buffer *page, struct form *form, const char *column, sluice_text value) {
    struct buffer rows = {0};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_HISTORY);
    ask_where(&ask, column, value);
    int failed = ask_run(&ask, form, add_event, &rows, &error);
    buffer_string(page, "<h2>History</h2>\n");
    if (failed)
        html_add(page, "<p class=\"note bad\">%s</p>\n", error.text);
    else if (!rows.used)
        buffer_string(page,
                      "<p class=\"hint\">The ledger has nothing of it: it wasn't ordered from here.</p>\n");
    else {
        buffer_string(
            page,
            "<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>When</th><th>Became</th><th>By</th>"
            "<th>Why</th></tr></thead><tbody>\n");
        buffer_text(page, buffer_view(&rows));
        buffer_string(page, "</tbody></table></div>\n");
    }
    buffer_free(&rows);
}
