#include "cron.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "civil.h"
#include "text.h"

enum { FIELDS = 5, MINUTE = 60, DAY = 86400, YEARS_AHEAD = 50, SPAN_DAYS = 400 };

/* ---- reading ------------------------------------------------------------------------------- */

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                     "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct field {
    const char *name;
    unsigned low, high;
    const char *const *names; /* the first stands for `low` */
} fields[FIELDS] = {{"minute", 0, 59, NULL},
                    {"hour", 0, 23, NULL},
                    {"day", 1, 31, NULL},
                    {"month", 1, 12, months},
                    {"weekday", 0, 7, weekdays}};

static bool read_value(const struct field *field, sluice_text text, unsigned *out) {
    unsigned value = 0;
    for (unsigned i = 0; field->names && field->names[i]; i++)
        if (text.len == 3 && strncasecmp(text.ptr, field->names[i], 3) == 0) {
            *out = field->low + i;
            return true;
        }
    for (uint64_t i = 0; i < text.len; i++) {
        if (!isdigit((unsigned char)text.ptr[i]) || text.len > 4)
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *out = value;
    return text.len > 0 && value >= field->low && value <= field->high;
}

/* What stands before the first `c`; `text` becomes what is behind it, null when there is none. */
static sluice_text cut(sluice_text *text, char c) {
    const char *at = text->len ? memchr(text->ptr, c, text->len) : NULL;
    sluice_text head = {text->ptr, at ? (uint64_t)(at - text->ptr) : text->len};
    *text = at ? (sluice_text){at + 1, text->len - head.len - 1} : (sluice_text){NULL, 0};
    return head;
}

/* "*", "5", "9-17", "x-y/2" */
static bool read_item(const struct field *field, sluice_text text, uint64_t *bits) {
    unsigned low = field->low, high = field->high, step = 1;
    const struct field steps = {"step", 1, field->high, NULL};
    sluice_text range = cut(&text, '/');
    bool whole = text_is(range, "*");
    if (text.ptr && !read_value(&steps, text, &step))
        return false;
    if (!whole) {
        sluice_text from = cut(&range, '-');
        if (!read_value(field, from, &low) || (range.ptr && !read_value(field, range, &high)) ||
            (!range.ptr && text.ptr)) /* "5/10": from 5 to where? */
            return false;
        if (!range.ptr)
            high = low;
        else if (field->high == 7 && high == 0 && low > 0) /* fri-sun */
            high = 7;
    }
    for (unsigned value = low; value <= high; value += step)
        *bits |= (uint64_t)1 << value;
    return low <= high;
}

static int read_field(const struct field *field, sluice_text text, uint64_t *bits, sluice_error *error) {
    sluice_text rest = text;
    *bits = 0;
    while (rest.ptr) {
        sluice_text item = cut(&rest, ',');
        if (!read_item(field, item, bits))
            return fail(error, SLUICE_E_CONFIG,
                        "'cron': '%.*s' is no %s; write *, %u-%u, a list such as %u,%u or a step such as */5",
                        (int)(item.len < 40 ? item.len : 40), item.ptr, field->name, field->low, field->high,
                        field->low, field->low + 1);
    }
    return 0;
}

static sluice_text next_word(sluice_text *text) {
    while (text->len && (*text->ptr == ' ' || *text->ptr == '\t')) {
        text->ptr++;
        text->len--;
    }
    sluice_text word = {text->ptr, 0};
    while (word.len < text->len && word.ptr[word.len] != ' ' && word.ptr[word.len] != '\t')
        word.len++;
    text->ptr += word.len;
    text->len -= word.len;
    return word;
}

static size_t count_words(sluice_text text) {
    size_t count = 0;
    while (next_word(&text).len)
        count++;
    return count;
}

int cron_parse(sluice_text text, struct cron *out, sluice_error *error) {
    uint64_t bits[FIELDS];
    bool star[FIELDS];
    if (count_words(text) != FIELDS)
        return fail(error, SLUICE_E_CONFIG,
                    "'cron' has five fields, minute hour day month weekday; write \"0 6 * * *\"");
    for (size_t i = 0; i < FIELDS; i++) {
        sluice_text word = next_word(&text);
        int failed = read_field(&fields[i], word, &bits[i], error);
        if (failed)
            return failed;
        star[i] = word.ptr[0] == '*';
    }
    *out = (struct cron){.minutes = bits[0],
                         .hours = (uint32_t)bits[1],
                         .days = (uint32_t)bits[2],
                         .months = (uint16_t)bits[3],
                         .weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 0x7f),
                         .either_day = !star[2] && !star[4],
                         .by_clock = star[0] || star[1]};
    return 0;
}

/* ---- the next one -------------------------------------------------------------------------- */

static bool day_matches(const struct cron *cron, int64_t days, const struct civil *date) {
    bool day = cron->days >> date->day & 1, weekday = cron->weekdays >> civil_weekday(days) & 1;
    return cron->either_day ? day || weekday : day && weekday;
}

/* The first minute of the day, not before `from`, that matches; -1: none. */
static int minute_of_day(const struct cron *cron, int from) {
    for (int hour = from / 60; hour < 24; hour++) {
        int first = hour == from / 60 ? from % 60 : 0;
        uint64_t left = cron->hours >> hour & 1 ? cron->minutes >> first << first : 0;
        if (left)
            return hour * 60 + __builtin_ctzll(left);
    }
    return -1;
}

/* The first local time that matches in [from, until); both on whole minutes or not; INT64_MAX: none. */
static int64_t match(const struct cron *cron, int64_t from, int64_t until) {
    int64_t start = civil_floor(from + MINUTE - 1, MINUTE);
    int64_t days = civil_floor(start, DAY / MINUTE);
    int minute = (int)(start - days * (DAY / MINUTE));
    while (days < civil_floor(until, DAY) + 1) {
        struct civil date = civil_of_days(days);
        bool month = cron->months >> date.month & 1;
        int found = month && day_matches(cron, days, &date) ? minute_of_day(cron, minute) : -1;
        if (found >= 0) {
            int64_t local = days * DAY + found * MINUTE;
            return local < until ? local : INT64_MAX;
        }
        if (month)
            days++;
        else
            days =
                date.month == 12 ? civil_days(date.year + 1, 1, 1) : civil_days(date.year, date.month + 1, 1);
        minute = 0;
    }
    return INT64_MAX;
}

/* A time during which the clocks of the zone don't change. */
struct span {
    int32_t offset, before; /* `before`: until its beginning */
    int64_t since, until;   /* `since` is known when it was less than two days ago, else INT64_MIN */
};

static int32_t offset_at(const struct cron_zone *zone, int64_t utc) {
    return zone ? zone->offset(zone->zone, utc) : 0;
}

/* The first moment in (low, high] with another offset than at `low`; `high` has one. */
static int64_t change_between(const struct cron_zone *zone, int64_t low, int64_t high) {
    int32_t offset = offset_at(zone, low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(zone, middle) == offset)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static struct span span_at(const struct cron_zone *zone, int64_t utc) {
    struct span span = {.offset = offset_at(zone, utc), .since = INT64_MIN, .until = utc + SPAN_DAYS * DAY};
    span.before = span.offset;
    for (int day = 1; day <= 2 && span.since == INT64_MIN; day++)
        if (offset_at(zone, utc - day * DAY) != span.offset) {
            span.since = change_between(zone, utc - day * DAY, utc - (day - 1) * DAY);
            span.before = offset_at(zone, span.since - 1);
        }
    for (int day = 1; day <= SPAN_DAYS && zone; day++)
        if (offset_at(zone, utc + day * DAY) != span.offset) {
            span.until = change_between(zone, utc + (day - 1) * DAY, utc + day * DAY);
            break;
        }
    return span;
}

/* In the hour that there is twice: is this the second time? */
static bool repeated(const struct span *span, int64_t utc) {
    return span->since != INT64_MIN && utc + span->offset < span->since + span->before;
}

/* A time that the change at the start of this span left out. */
static bool left_out(const struct cron *cron, const struct span *span) {
    int64_t before = span->since + span->before, after = span->since + span->offset;
    return before < after && match(cron, before, after) != INT64_MAX;
}

int64_t cron_next(const struct cron *cron, const struct cron_zone *zone, int64_t after) {
    int64_t limit = after + (int64_t)YEARS_AHEAD * 366 * DAY;
    for (int64_t utc = after + 1; utc < limit;) {
        struct span span = span_at(zone, utc);
        if (!cron->by_clock && utc == span.since && left_out(cron, &span))
            return utc;
        int64_t local = match(cron, utc + span.offset, span.until + span.offset);
        if (local == INT64_MAX)
            utc = span.until;
        else if (!cron->by_clock && repeated(&span, local - span.offset))
            utc = local - span.offset + 1;
        else
            return local - span.offset;
    }
    return INT64_MAX;
}
