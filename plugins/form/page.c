#include "page.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sluice/text.h>

#include "asset.h"

static const char *const sections[][2] = {
    {"/", "New order"},        {"/jobs", "Jobs"},     {"/orders", "Orders"},
    {"/services", "Services"}, {"/ledger", "Ledger"}, {"/status", "Status"},
};

static void add_sections(struct buffer *page, const struct request *request, const char *active) {
    buffer_string(page, "<nav aria-label=\"Sections\"><ul>");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        html_add(page,
                 active && strcmp(sections[i][0], active) == 0
                     ? "<li><a href=\"%s\" aria-current=\"page\">%s</a></li>"
                     : "<li><a href=\"%s\">%s</a></li>",
                 sections[i][0], sections[i][1]);
    buffer_string(page, "</ul></nav><form method=\"post\" action=\"/logout\" class=\"logout\">");
    page_csrf(page, request);
    buffer_string(page, "<button class=\"plain\">Log out</button></form>");
}

void page_begin(struct buffer *page, const struct request *request, const char *title, const char *active) {
    html_add(page,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s – sluice</title>\n"
             "<link rel=\"stylesheet\" href=\"%s\">\n<link rel=\"icon\" href=\"%s\" type=\"image/svg+xml\">\n"
             "<script src=\"%s\" defer></script>\n</head>\n<body>\n"
             "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header><div class=\"bar\">"
             "<a class=\"brand\" href=\"/\">sluice</a>",
             title, asset_path("form.css"), asset_path("icon.svg"), asset_path("form.js"));
    if (request->known)
        add_sections(page, request, active);
    buffer_string(page, "</div></header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

void page_end(struct buffer *page, const struct request *request) {
    html_add(page,
             "</main>\n<footer>sluice %s. Times are UTC unless your browser shows its own.</footer>\n"
             "</body>\n</html>\n",
             request->form->host->version);
}

void page_csrf(struct buffer *page, const struct request *request) {
    html_add(page, "<input type=\"hidden\" name=\"csrf\" value=\"%s\">", request->session.csrf);
}

void page_when(struct buffer *page, int64_t ms) {
    char machine[40], shown[40];
    struct tm parts;
    time_t seconds = (time_t)(ms / 1000);
    if (ms <= 0 || !gmtime_r(&seconds, &parts)) {
        buffer_string(page, "–");
        return;
    }
    strftime(machine, sizeof machine, "%Y-%m-%dT%H:%M:%SZ", &parts);
    strftime(shown, sizeof shown, "%Y-%m-%d %H:%M", &parts);
    html_add(page, "<time datetime=\"%s\">%s</time>", machine, shown);
}

/* The store's form; another zone is the provider's own, and shown as it stands. */
static bool is_utc(sluice_text text) {
    static const char pattern[] = "dddd-dd-dd dd:dd:dd";
    sluice_text zone = {text.ptr + sizeof pattern - 1, text.len - (sizeof pattern - 1)};
    if (text.len < sizeof pattern - 1)
        return false;
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        if (pattern[i] == 'd' ? text.ptr[i] < '0' || text.ptr[i] > '9'
                              : text.ptr[i] != pattern[i] && !(i == 10 && text.ptr[i] == 'T'))
            return false;
    return !zone.len || text_is(zone, "Z") || text_is(zone, "+00") || text_is(zone, "+00:00");
}

void page_date(struct buffer *page, sluice_text text) {
    if (!text.len) {
        buffer_string(page, "–");
    } else if (is_utc(text)) {
        sluice_text day = {text.ptr, 10}, time = {text.ptr + 11, 8};
        html_add(page, "<time datetime=\"%.*sT%.*sZ\">%.*s %.*s</time>", TEXT_ARG(day), TEXT_ARG(time),
                 TEXT_ARG(day), TEXT_ARG(text_cut(time, 5)));
    } else {
        html_add(page, "%.*s", TEXT_ARG(text));
    }
}

void page_span(struct buffer *page, int64_t ms) {
    long long seconds = ms / 1000;
    if (seconds < 0)
        seconds = 0;
    if (seconds < 90)
        html_add(page, "%lld s", seconds);
    else if (seconds < 5400)
        html_add(page, "%lld min", (seconds + 30) / 60);
    else if (seconds < 172800)
        html_add(page, "%lld h", (seconds + 1800) / 3600);
    else
        html_add(page, "%lld days", (seconds + 43200) / 86400);
}

struct word {
    const char *state, *word, *kind;
};

static const struct word words[] = {
    {"open", "Waiting", "idle"},
    {"waiting", "Tried again soon", "warn"},
    {"placed", "Ordered", "good"},
    {"duplicate", "Ordered before", "info"},
    {"rejected", "Refused", "bad"},
    {"in_doubt", "In doubt", "warn"},
    {"skipped", "Left out", "idle"},
    {"passed", "Passed on", "good"},
    {"claimed", "About to be sent", "idle"},
    {"sending", "Being sent", "info"},
    {"exists", "Ordered elsewhere", "info"},
    {"refunded", "Paid back", "info"},
    {"released", "Not sent", "idle"},
    {"invalid", "Can't be ordered", "bad"},
    {"unreadable", "Can't be read", "bad"},
    {"ordered", "Ordered before", "info"},
    {"twice", "Twice in the list", "idle"},
    {"busy", "Being ordered now", "info"},
    {"new", "To be ordered", "good"},
    {"Completed", "Completed", "good"},
    {"Pending", "Pending", "idle"},
    {"In Process", "In process", "info"},
    {"Rejected", "Rejected", "bad"},
    {"ok", "Reachable", "good"},
    {"unavailable", "Not reachable", "bad"},
    {"unknown", "Not asked yet", "idle"},
    {"under_way", "Under way", "info"},
    {"done", "Done", "good"},
    {"refused", "Refused", "bad"},
};

void page_state(struct buffer *page, sluice_text state) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(state, words[i].state)) {
            html_add(page, "<span class=\"state %s\">%s</span>", words[i].kind, words[i].word);
            return;
        }
    if (state.len)
        html_add(page, "<span class=\"state idle\">%.*s</span>", TEXT_ARG(state));
    else
        buffer_string(page, "–");
}

void page_note(struct buffer *page, const char *kind, const char *text) {
    html_add(page, "<p class=\"note %s\">%s</p>\n", kind, text);
}

void page_plural(struct buffer *page, uint64_t count, const char *one, const char *many) {
    html_count(page, count);
    html_add(page, " %s", count == 1 ? one : many);
}

void page_money(struct buffer *page, sluice_text amount, sluice_text currency) {
    if (!amount.len) {
        buffer_string(page, "–");
        return;
    }
    buffer_string(page, "<span class=\"money\">");
    html_amount(page, amount);
    if (currency.len)
        html_add(page, "&nbsp;%.*s", TEXT_ARG(currency));
    buffer_string(page, "</span>");
}

void page_cell(struct buffer *page, const char *label, sluice_text text) {
    if (text.len)
        html_add(page, "<td data-label=\"%s\">%.*s</td>", label, TEXT_ARG(text));
    else
        html_add(page, "<td data-label=\"%s\" class=\"none\">–</td>", label);
}
