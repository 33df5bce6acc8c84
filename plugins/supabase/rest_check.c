#include "rest_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sluice/text.h>

static void say(struct rest_sink *sink, const char *code, const char *what, const char *text,
                const char *remedy) {
    const sluice_finding finding = {.size = sizeof finding,
                                    .code = text_of(code),
                                    .what = text_of(what),
                                    .text = text_of(text),
                                    .remedy = text_of(remedy)};
    sink->host->finding(sink->self, &finding);
}

void rest_check_key(struct rest_sink *sink) {
    if (sink->rest.role == REST_ROLE_ANON)
        say(sink, "key_kind", "SUPABASE_KEY", "it is the anon or publishable key, which is for browsers",
            "take the secret or service_role key from the dashboard, Settings, API Keys");
}

void rest_check_clock(struct rest_sink *sink, sluice_call *call) {
    enum { OFF_MOST_S = 300 };
    sluice_text date = sink->host->reply_header(call, "Date");
    struct tm utc = {0};
    if (!date.ptr || !strptime(date.ptr, "%a, %d %b %Y %H:%M:%S", &utc))
        return;
    long long off = (long long)(sink->host->now_ms() / 1000) - (long long)timegm(&utc);
    char text[100];
    snprintf(text, sizeof text, "this machine's clock is off by %lld s from the project's", off);
    if (off > OFF_MOST_S || off < -OFF_MOST_S)
        say(sink, "clock_skew", "the clock", text, "set it right (NTP)");
}

void rest_check_column(struct rest_sink *sink, sluice_text column) {
    char what[140];
    snprintf(what, sizeof what, "%s.%.*s", sink->rest.shown, TEXT_ARG(text_cut(column, 60)));
    say(sink, "column_missing", what, "the column is missing", REST_BY_HAND);
}

void rest_check_required(struct rest_sink *sink, sluice_text column) {
    char what[140], remedy[400];
    column = text_cut(column, 60);
    snprintf(what, sizeof what, "%s.%.*s", sink->rest.shown, TEXT_ARG(column));
    snprintf(remedy, sizeof remedy,
             "give it a default, or ALTER TABLE %s ALTER COLUMN \"%.*s\" DROP NOT NULL", sink->rest.shown,
             TEXT_ARG(column));
    say(sink, "column_required", what, "the column is " ORDERS_REFUSED, remedy);
}

bool rest_check_fault(struct rest_sink *sink, const char *table, const struct rest_fault *fault) {
    static const struct {
        const char *code, *finding, *text;
    } known[] = {
        {"PGRST205", "table_missing", "the table is missing, or the API hasn't noticed it yet"},
        {"42P01", "table_missing", "the table is missing"},
        {"42P10", "unique_key_missing",
         "no unique key tells its orders apart, so one that is delivered twice would be there twice"},
        {"PGRST204", "column_missing", NULL},
        {"PGRST106", "schema_hidden", NULL},
        {"42501", "grant_missing", NULL},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(fault->code, known[i].code) != 0)
            continue;
        bool policy = strstr(fault->words, "row-level security") != NULL;
        const char *remedy = strrchr(fault->text, ';');
        say(sink, policy ? "policy" : known[i].finding, table, known[i].text ? known[i].text : fault->words,
            i < 4    ? REST_BY_HAND
            : remedy ? remedy + 2
                     : NULL);
        return true;
    }
    return false;
}
