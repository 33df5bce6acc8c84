#include "zone_rule.h"

#include "civil.h"
#include "text.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

/* ---- reading ------------------------------------------------------------------------------ */

struct cursor {
    const char *at, *end;
    bool wrong;
};

static char peek(const struct cursor *in) {
    return in->at < in->end ? *in->at : '\0';
}

static bool skip(struct cursor *in, char c) {
    bool there = peek(in) == c;
    in->at += there;
    return there;
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int32_t number(struct cursor *in, int32_t least, int32_t most) {
    int32_t value = 0;
    int digits = 0;
    for (; text_is_digit(peek(in)) && digits < 4; digits++)
        value = value * 10 + (*in->at++ - '0');
    in->wrong |= !digits || value < least || value > most;
    return value;
}

/* "CET" or "<+0330>". */
static void name(struct cursor *in) {
    const char *start = in->at;
    if (skip(in, '<')) {
        while (peek(in) && peek(in) != '>')
            in->at++;
        in->wrong |= !skip(in, '>');
        return;
    }
    while (is_letter(peek(in)))
        in->at++;
    in->wrong |= in->at == start;
}

/* [+-]hh[:mm[:ss]] */
static int32_t time_of(struct cursor *in) {
    bool negative = skip(in, '-');
    if (!negative)
        skip(in, '+');
    int32_t seconds = number(in, 0, 167) * HOUR;
    if (skip(in, ':'))
        seconds += number(in, 0, 59) * 60;
    if (skip(in, ':'))
        seconds += number(in, 0, 59);
    return negative ? -seconds : seconds;
}

static struct zone_change change(struct cursor *in) {
    struct zone_change out = {.form = 'n', .seconds = 2 * HOUR};
    in->wrong |= !skip(in, ',');
    if (skip(in, 'M')) {
        out.form = 'M';
        out.month = number(in, 1, 12);
        in->wrong |= !skip(in, '.');
        out.week = number(in, 1, 5);
        in->wrong |= !skip(in, '.');
        out.day = number(in, 0, 6);
    } else if (skip(in, 'J')) {
        out.form = 'J';
        out.day = number(in, 1, 365);
    } else {
        out.day = number(in, 0, 365);
    }
    if (skip(in, '/'))
        out.seconds = time_of(in);
    return out;
}

bool zone_rule_parse(sluice_text text, struct zone_rule *out) {
    struct cursor in = {.at = text.ptr, .end = text.ptr + text.len};
    *out = (struct zone_rule){0};
    name(&in);
    out->standard = -time_of(&in); /* POSIX counts to the west */
    out->summer = out->standard + HOUR;
    if (in.at < in.end) {
        out->changes = true;
        name(&in);
        if (peek(&in) != ',')
            out->summer = -time_of(&in);
        out->begins = change(&in);
        out->ends = change(&in);
    }
    return !in.wrong && in.at == in.end;
}

/* ---- asking ------------------------------------------------------------------------------- */

static bool is_leap(int64_t year) {
    return civil_days(year + 1, 1, 1) - civil_days(year, 1, 1) == 366;
}

/* The nth weekday of a month, the last one for 5. */
static int64_t weekday_of_month(int64_t year, const struct zone_change *change) {
    int64_t first = civil_days(year, change->month, 1);
    int64_t next = change->month == 12 ? civil_days(year + 1, 1, 1) : civil_days(year, change->month + 1, 1);
    int64_t day = first + (change->day - civil_weekday(first) + 7) % 7 + 7 * (change->week - 1);
    return day < next ? day : day - 7;
}

/* Seconds since 1970, as the clocks on the wall count them. */
static int64_t moment_of(int64_t year, const struct zone_change *change) {
    int64_t day = civil_days(year, 1, 1);
    if (change->form == 'M')
        day = weekday_of_month(year, change);
    else if (change->form == 'J')
        day += change->day - 1 + (is_leap(year) && change->day >= 60);
    else
        day += change->day;
    return day * DAY + change->seconds;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc_s) {
    if (!rule->changes)
        return rule->standard;
    int64_t year = civil_of_days(civil_floor(utc_s + rule->standard, DAY)).year;
    int64_t begins = moment_of(year, &rule->begins) - rule->standard;
    int64_t ends = moment_of(year, &rule->ends) - rule->summer;
    bool summer = begins < ends ? utc_s >= begins && utc_s < ends : utc_s >= begins || utc_s < ends;
    return summer ? rule->summer : rule->standard;
}
