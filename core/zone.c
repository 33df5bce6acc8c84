#include "zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "civil.h"
#include "file.h"
#include "zone_rule.h"

enum { FILE_MOST = 1024 * 1024, HEAD = 44, COUNTS = 20, DAY_S = 24 * 60 * 60 };

/* Views of a file as RFC 8536 says it. */
struct zone {
    sluice_arena arena;
    const unsigned char *times;   /* when the offset changes */
    const unsigned char *indexes; /* to which of `types` */
    const unsigned char *types;   /* six bytes each: an offset, and what is of no concern here */
    uint32_t time_count, type_count;
    unsigned width; /* of a time: 4 in an old file, 8 */
    struct zone_rule rule;
    bool has_rule; /* for what comes behind the last time */
};

/* ---- reading ------------------------------------------------------------------------------ */

static int64_t big_endian(const unsigned char *at, unsigned width) {
    uint64_t value = at[0] & 0x80 ? UINT64_MAX : 0;
    for (unsigned i = 0; i < width; i++)
        value = value << 8 | at[i];
    return (int64_t)value;
}

/* What follows a head: how large it is, and where its parts are. */
struct block {
    uint32_t utc, standard, leaps, times, types, letters;
    const unsigned char *at;
    size_t size;
};

static bool read_block(const unsigned char *at, const unsigned char *end, unsigned width, struct block *out) {
    uint32_t *counts[] = {&out->utc, &out->standard, &out->leaps, &out->times, &out->types, &out->letters};
    if (end - at < HEAD || memcmp(at, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int64_t count = big_endian(at + COUNTS + 4 * i, 4);
        if (count < 0 || count > FILE_MOST)
            return false;
        *counts[i] = (uint32_t)count;
    }
    out->at = at + HEAD;
    out->size = (size_t)out->times * (width + 1) + (size_t)out->types * 6 + out->letters +
                (size_t)out->leaps * (width + 4) + out->standard + out->utc;
    return out->types > 0 && (size_t)(end - out->at) >= out->size;
}

static bool take_block(struct zone *zone, const struct block *block, unsigned width) {
    zone->width = width;
    zone->times = block->at;
    zone->indexes = zone->times + (size_t)block->times * width;
    zone->types = zone->indexes + block->times;
    zone->time_count = block->times;
    zone->type_count = block->types;
    for (uint32_t i = 0; i < zone->time_count; i++)
        if (zone->indexes[i] >= zone->type_count)
            return false;
    return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; an empty one: nobody knows what comes. */
static bool take_rule(struct zone *zone, const unsigned char *at, const unsigned char *end) {
    const unsigned char *close =
        at < end && *at == '\n' ? memchr(at + 1, '\n', (size_t)(end - at) - 1) : NULL;
    if (!close)
        return false;
    zone->has_rule = close > at + 1;
    return !zone->has_rule ||
           zone_rule_parse((sluice_text){(const char *)at + 1, (uint64_t)(close - at) - 1}, &zone->rule);
}

static bool read_file(struct zone *zone, sluice_text text) {
    const unsigned char *at = (const unsigned char *)text.ptr, *end = at + text.len;
    struct block block;
    if (!read_block(at, end, 4, &block))
        return false;
    if (at[4] < '2')
        return take_block(zone, &block, 4);
    at = block.at + block.size; /* the same once more, in times of eight bytes */
    return read_block(at, end, 8, &block) && take_block(zone, &block, 8) &&
           take_rule(zone, block.at + block.size, end);
}

int zone_open(const char *name, struct zone **out, sluice_error *error) {
    char path[200];
    sluice_text text;
    sluice_error unreadable = ERROR_INIT;
    struct zone *zone = calloc(1, sizeof *zone);
    if (!zone)
        return fail_memory(error);
    *out = zone;
    zone->has_rule = true; /* UTC, unless a file says something else */
    if (strcmp(name, "UTC") == 0)
        return 0;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    int failed = file_read(path, FILE_MOST, &zone->arena, &text, &unreadable);
    if (!failed && read_file(zone, text))
        return 0;
    zone_close(zone);
    *out = NULL;
    if (failed)
        return fail(error, SLUICE_E_CONFIG, "the time zone '%s': %s %s", name, path, unreadable.text);
    return fail(error, SLUICE_E_CONFIG, "%s is no time zone file; install tzdata again", path);
}

void zone_close(struct zone *zone) {
    if (!zone)
        return;
    arena_free(&zone->arena);
    free(zone);
}

/* ---- asking ------------------------------------------------------------------------------- */

static int64_t time_at(const struct zone *zone, uint32_t index) {
    return big_endian(zone->times + (size_t)index * zone->width, zone->width);
}

static int32_t offset_of(const struct zone *zone, uint32_t type) {
    return (int32_t)big_endian(zone->types + (size_t)type * 6, 4);
}

int32_t zone_offset(const struct zone *zone, int64_t utc_s) {
    uint32_t low = 0, high = zone->time_count; /* the times before `low` have come */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (time_at(zone, middle) <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (zone->has_rule && low == zone->time_count)
        return zone_rule_offset(&zone->rule, utc_s);
    return offset_of(zone, low ? zone->indexes[low - 1] : 0);
}

int32_t zone_day(const struct zone *zone, int64_t wall_ms) {
    int64_t seconds = civil_floor(wall_ms, 1000);
    return (int32_t)civil_floor(seconds + zone_offset(zone, seconds), DAY_S);
}

static int32_t day_of(const struct zone *zone, int32_t quarter) {
    return zone_day(zone, (int64_t)quarter * ZONE_QUARTER_MS);
}

struct zone_span zone_day_span(const struct zone *zone, int32_t quarter) {
    struct zone_span span = {day_of(zone, quarter), quarter, quarter};
    while (day_of(zone, span.first - 1) == span.day)
        span.first--;
    while (day_of(zone, span.last + 1) == span.day)
        span.last++;
    return span;
}
