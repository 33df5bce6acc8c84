#include "moment.h"

#include <stdio.h>
#include <time.h>

#include <sluice/text.h>

enum { DATE_TIME = 19 };

static const int64_t seconds_most = 99999999999; /* a larger number counts milliseconds */

static bool read_digits(sluice_text text, uint64_t at, uint64_t count, int *out) {
    *out = 0;
    for (uint64_t i = at; i < at + count; i++) {
        if (i >= text.len || !text_is_digit(text.ptr[i]))
            return false;
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    return true;
}

static void write_time(int64_t ms, char separator, const char *zone, char *out, size_t room) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm at = {0};
    gmtime_r(&seconds, &at);
    snprintf(out, room, "%04u-%02u-%02u%c%02u:%02u:%02u%s", (unsigned)(at.tm_year + 1900) % 10000u,
             (unsigned)(at.tm_mon + 1) % 100u, (unsigned)at.tm_mday % 100u, separator,
             (unsigned)at.tm_hour % 100u, (unsigned)at.tm_min % 100u, (unsigned)at.tm_sec % 100u, zone);
}

static bool read_number(struct moment *out, sluice_text text) {
    int64_t number = 0;
    if (text.len < 9 || text.len > 13)
        return false;
    for (uint64_t i = 0; i < text.len; i++) {
        if (!text_is_digit(text.ptr[i]))
            return false;
        number = number * 10 + (text.ptr[i] - '0');
    }
    out->ms = number > seconds_most ? number : number * 1000;
    write_time(out->ms, ' ', "", out->text, sizeof out->text);
    return true;
}

/* Z, +02:00, +0200, +02; what stands behind the seconds. False: it is something else. */
static bool read_zone(sluice_text zone, bool *known, int *minutes) {
    int hour = 0, minute = 0;
    *known = zone.len > 0;
    *minutes = 0;
    if (!zone.len || text_same(zone, TEXT("Z")) || text_same(zone, TEXT(" UTC")))
        return true;
    uint64_t colon = zone.len == 6 && zone.ptr[3] == ':';
    bool good = (zone.ptr[0] == '+' || zone.ptr[0] == '-') && read_digits(zone, 1, 2, &hour) &&
                (zone.len == 3 || (zone.len == 5 + colon && read_digits(zone, 3 + colon, 2, &minute)));
    *minutes = (zone.ptr[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return good && hour < 24 && minute < 60;
}

static bool is_form(sluice_text text) {
    static const char form[] = "0000-00-00 00:00:00";
    for (uint64_t i = 0; i < DATE_TIME; i++) {
        char c = text.ptr[i];
        bool same = form[i] == '0' ? text_is_digit(c) : c == form[i] || (i == 10 && (c | 0x20) == 't');
        if (!same)
            return false;
    }
    return true;
}

static bool read_iso(struct moment *out, sluice_text text) {
    struct tm at = {0};
    int zone = 0;
    bool known = false;
    if (text.len < DATE_TIME || !is_form(text))
        return false;
    read_digits(text, 0, 4, &at.tm_year);
    read_digits(text, 5, 2, &at.tm_mon);
    read_digits(text, 8, 2, &at.tm_mday);
    read_digits(text, 11, 2, &at.tm_hour);
    read_digits(text, 14, 2, &at.tm_min);
    read_digits(text, 17, 2, &at.tm_sec);
    if (at.tm_year < 1971 || at.tm_mon < 1 || at.tm_mon > 12 || at.tm_mday < 1 || at.tm_mday > 31 ||
        at.tm_hour > 23 || at.tm_min > 59 || at.tm_sec > 60)
        return false;
    snprintf(out->text, sizeof out->text, "%.10s %.8s", text.ptr, text.ptr + 11);
    uint64_t behind = DATE_TIME;
    if (behind < text.len && (text.ptr[behind] == '.' || text.ptr[behind] == ','))
        for (behind++; behind < text.len && text_is_digit(text.ptr[behind]);)
            behind++;
    if (!read_zone((sluice_text){text.ptr + behind, text.len - behind}, &known, &zone))
        return false;
    at.tm_year -= 1900;
    at.tm_mon--;
    out->ms = known ? ((int64_t)timegm(&at) - zone * 60) * 1000 : 0;
    if (known)
        write_time(out->ms, ' ', "", out->text, sizeof out->text);
    return true;
}

bool moment_read(struct moment *out, sluice_text text) {
    *out = (struct moment){0};
    text = text_trim(text);
    return read_number(out, text) || read_iso(out, text);
}

void moment_write(int64_t ms, char out[MOMENT_ISO]) {
    write_time(ms, 'T', "Z", out, MOMENT_ISO);
}
