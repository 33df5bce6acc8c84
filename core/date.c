#include "date.h"

#include <string.h>
#include <time.h>

#include "text.h"
#include "value.h"

bool date_parse(const char *text, int64_t *wall_ms) {
    static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
                                          "%Y-%m-%dT%H:%M:%SZ"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct tm parts = {0};
        const char *end = strptime(text, formats[i], &parts);
        if (!end || *end)
            continue;
        struct tm normal = parts;
        time_t seconds = timegm(&normal);
        /* strptime takes the 31st of any month; timegm moves it into the next. */
        if (normal.tm_mday != parts.tm_mday)
            return false;
        *wall_ms = (int64_t)seconds * 1000;
        return true;
    }
    return false;
}

bool date_parse_since(const char *text, int64_t now_ms, int64_t *wall_ms) {
    int64_t ago;
    if (!value_duration(text_of(text), &ago, NULL))
        return date_parse(text, wall_ms);
    *wall_ms = ago < now_ms ? now_ms - ago : 0;
    return true;
}

bool date_parse_latest(sluice_text text, int64_t now_ms, int64_t *wall_ms) {
    static const int64_t westmost_ms = 12 * 3600 * (int64_t)1000;
    char room[32];
    if (!text.len || text.len >= sizeof room)
        return false;
    memcpy(room, text.ptr, text.len);
    room[text.len] = 0;
    if (!date_parse(room, wall_ms))
        return false;
    *wall_ms = *wall_ms < now_ms - westmost_ms ? *wall_ms + westmost_ms : now_ms;
    return true;
}
