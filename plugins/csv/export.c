#include "export.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- credits ------------------------------------------------------------------------------ */

sluice_text export_credits(sluice_text value, char *out, size_t room) {
    uint64_t point = 0, n = value.len;
    while (point < n && value.ptr[point] >= '0' && value.ptr[point] <= '9')
        point++;
    if (point == 0 || (point < n && value.ptr[point] != '.') || n + 5 > room)
        return value;
    for (uint64_t i = point + 1; i < n; i++)
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return value;
    while (n > point + 3 && value.ptr[n - 1] == '0')
        n--;
    size_t used = 0;
    out[used++] = '$';
    memcpy(out + used, value.ptr, n);
    used += n;
    if (n <= point)
        out[used++] = '.';
    for (uint64_t decimals = n > point ? n - point - 1 : 0; decimals < 2; decimals++)
        out[used++] = '0';
    return (sluice_text){out, used};
}

/* ---- dates -------------------------------------------------------------------------------- */

/* `count` digits at *at. */
static bool number(sluice_text text, uint64_t *at, unsigned count, long *out) {
    *out = 0;
    for (unsigned i = 0; i < count; i++, (*at)++) {
        if (*at >= text.len || text.ptr[*at] < '0' || text.ptr[*at] > '9')
            return false;
        *out = *out * 10 + (text.ptr[*at] - '0');
    }
    return true;
}

static bool character(sluice_text text, uint64_t *at, const char *among) {
    if (*at >= text.len || !text.ptr[*at] || !strchr(among, text.ptr[*at]))
        return false;
    (*at)++;
    return true;
}

/* Z, +02, +0200, +02:00 or nothing; in minutes. */
static bool zone(sluice_text text, uint64_t *at, long *minutes) {
    long hours = 0, rest = 0;
    *minutes = 0;
    if (*at == text.len || character(text, at, "Z"))
        return *at == text.len;
    bool west = text.ptr[*at] == '-';
    if (!character(text, at, "+-") || !number(text, at, 2, &hours))
        return false;
    character(text, at, ":");
    if (*at < text.len && !number(text, at, 2, &rest))
        return false;
    *minutes = (hours * 60 + rest) * (west ? -1 : 1);
    return *at == text.len;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back (Howard Hinnant's way). */
static long days_of(long y, long m, long d) {
    y -= m <= 2;
    long era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    long doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(long days, long *y, long *m, long *d) {
    days += 719468;
    long era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
    long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    long doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp + (mp < 10 ? 3 : -9);
    *y = yoe + era * 400 + (*m <= 2);
}

/* Already as it is to be: the usual case. */
static bool is_exported_date(sluice_text value) {
    static const char form[] = "0000-00-00 00:00:00";
    if (value.len != sizeof form - 1)
        return false;
    for (uint64_t i = 0; i < value.len; i++)
        if (form[i] == '0' ? value.ptr[i] < '0' || value.ptr[i] > '9' : value.ptr[i] != form[i])
            return false;
    return true;
}

sluice_text export_date(sluice_text value, char *out, size_t room) {
    if (is_exported_date(value))
        return value;
    uint64_t at = 0;
    long y, mo, d, h, mi, s, minutes;
    bool date = number(value, &at, 4, &y) && character(value, &at, "-") && number(value, &at, 2, &mo) &&
                character(value, &at, "-") && number(value, &at, 2, &d) && mo >= 1 && mo <= 12 && d >= 1 &&
                d <= 31;
    if (!date || !character(value, &at, "T ") || !number(value, &at, 2, &h) || !character(value, &at, ":") ||
        !number(value, &at, 2, &mi) || !character(value, &at, ":") || !number(value, &at, 2, &s))
        return value;
    if (character(value, &at, "."))
        while (at < value.len && value.ptr[at] >= '0' && value.ptr[at] <= '9')
            at++;
    if (!zone(value, &at, &minutes))
        return value;
    long total = days_of(y, mo, d) * 1440 + h * 60 + mi - minutes;
    long days = total >= 0 ? total / 1440 : (total - 1439) / 1440, rest = total - days * 1440;
    date_of(days, &y, &mo, &d);
    int n = snprintf(out, room, "%04ld-%02ld-%02ld %02ld:%02ld:%02ld", y, mo, d, rest / 60, rest % 60, s);
    return n > 0 && (size_t)n < room ? (sluice_text){out, (uint64_t)n} : value;
}

/* ---- codes -------------------------------------------------------------------------------- */

/* Is `word`, in lower case, what stands at s? In any letter case. */
static bool begins(const char *s, uint64_t n, const char *word) {
    uint64_t i = 0;
    while (word[i] && i < n && (s[i] | (s[i] >= 'A' && s[i] <= 'Z' ? 0x20 : 0)) == word[i])
        i++;
    return !word[i];
}

/* Bytes of a break at s: a line end, <br>, <br/>, <br />, or the same with &lt; or &amp;lt;. 0: none. */
static uint64_t line_break(const char *s, uint64_t n) {
    static const char *const opens[] = {"<br", "&lt;br", "&amp;lt;br"};
    static const char *const closes[] = {">", "&gt;", "&amp;gt;"};
    if (n && (*s == '\n' || *s == '\r'))
        return 1;
    for (unsigned i = 0; i < 3; i++) {
        if (!begins(s, n, opens[i]))
            continue;
        uint64_t at = strlen(opens[i]);
        while (at < n && (s[at] == ' ' || s[at] == '/'))
            at++;
        if (begins(s + at, n - at, closes[i]))
            return at + strlen(closes[i]);
    }
    return 0;
}

static bool may_break(char c) {
    return c == '\n' || c == '<' || c == '&' || c == '\r';
}

/* Several breaks in a row are one; there is none at the ends. */
sluice_text export_code(sluice_text value, char *out, size_t room) {
    size_t used = 0;
    uint64_t from = 0, i = 0;
    bool breaks = false;
    while (i <= value.len) {
        uint64_t skip = 0;
        while (i < value.len && !may_break(value.ptr[i]))
            i++;
        if (i < value.len && !(skip = line_break(value.ptr + i, value.len - i))) {
            i++;
            continue;
        }
        if (i == value.len && !from)
            return value;
        if (used + 3 + (i - from) > room)
            return value;
        if (i > from && breaks && used) {
            memcpy(out + used, " - ", 3);
            used += 3;
        }
        memcpy(out + used, value.ptr + from, i - from);
        used += i - from;
        breaks = true;
        i += skip;
        from = i;
        if (!skip)
            break;
    }
    return (sluice_text){out, used};
}
