#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* The first byte of a value: its length, or one of these. */
enum { LONG = 254, NOTHING = 255 };
enum { FIRST_ROWS = 1024, FIRST_BYTES = 64 * 1024 };

void rows_clear(struct rows *rows, uint32_t columns) {
    rows->columns = columns;
    rows->count = 0;
    rows->used = 0;
    rows->from = rows->to = 0;
    rows->shared = 0;
}

void rows_free(struct rows *rows) {
    free(rows->entries);
    free(rows->spare);
    free(rows->bytes);
    *rows = (struct rows){0};
}

/* At most: each value has up to five bytes of length. */
static uint64_t most_bytes(const struct rows *rows, uint64_t text) {
    return text + (uint64_t)rows->columns * 5;
}

bool rows_fit(const struct rows *rows, uint64_t bytes, size_t limit) {
    uint64_t entries = ((uint64_t)rows->count + 1) * 2 * sizeof *rows->entries;
    return rows->used + most_bytes(rows, bytes) + entries <= limit;
}

/* ---- adding ------------------------------------------------------------------------------- */

static int grow_bytes(struct rows *rows, uint64_t need) {
    size_t room = rows->room ? rows->room : FIRST_BYTES;
    while (room < need)
        room *= 2;
    char *bytes = room <= UINT32_MAX ? realloc(rows->bytes, room) : NULL;
    if (!bytes)
        return -1;
    rows->bytes = bytes;
    rows->room = room;
    return 0;
}

static int grow_entries(struct rows *rows) {
    size_t room = rows->entry_room ? rows->entry_room * 2 : FIRST_ROWS;
    struct row_entry *entries = realloc(rows->entries, room * sizeof *entries);
    if (!entries)
        return -1;
    rows->entries = entries;
    struct row_entry *spare = realloc(rows->spare, room * sizeof *spare);
    if (!spare)
        return -1;
    rows->spare = spare;
    rows->entry_room = room;
    return 0;
}

static char *put_value(char *at, sluice_text value) {
    if (!value.ptr) {
        *at = (char)NOTHING;
        return at + 1;
    }
    if (value.len < LONG) {
        *at++ = (char)value.len;
    } else {
        uint32_t length = (uint32_t)value.len;
        *at++ = (char)LONG;
        memcpy(at, &length, sizeof length);
        at += sizeof length;
    }
    memcpy(at, value.ptr, value.len);
    return at + value.len;
}

sluice_text rows_value(const char **at) {
    uint8_t first = (uint8_t) * (*at)++;
    sluice_text value = {*at, first};
    if (first == NOTHING)
        return (sluice_text){NULL, 0};
    if (first == LONG) {
        uint32_t length;
        memcpy(&length, *at, sizeof length);
        *at += sizeof length;
        value = (sluice_text){*at, length};
    }
    *at += value.len;
    return value;
}

const char *rows_values(const struct rows *rows, uint32_t i) {
    return rows->bytes + rows->entries[i].offset;
}

static void share(struct rows *rows, sluice_text key) {
    uint64_t same = 0;
    const char *at = rows_values(rows, 0);
    sluice_text first = rows_value(&at);
    if (rows->count == 1)
        rows->shared = first.len;
    while (same < rows->shared && same < key.len && key.ptr[same] == first.ptr[same])
        same++;
    rows->shared = same;
}

int rows_add(struct rows *rows, const sluice_text *values, uint32_t origin) {
    uint64_t text = 0;
    for (uint32_t c = 0; c < rows->columns; c++)
        text += values[c].len;
    uint64_t need = rows->used + most_bytes(rows, text);
    if (text > UINT32_MAX || (need > rows->room && grow_bytes(rows, need)) ||
        (rows->count == rows->entry_room && grow_entries(rows)))
        return -1;
    char *at = rows->bytes + rows->used;
    rows->entries[rows->count++] = (struct row_entry){0, (uint32_t)rows->used, origin};
    for (uint32_t c = 0; c < rows->columns; c++)
        at = put_value(at, values[c]);
    rows->used = (size_t)(at - rows->bytes);
    if (rows->columns)
        share(rows, values[0]);
    return 0;
}

/* ---- sorting ------------------------------------------------------------------------------ */

/* Eight bytes of the key, behind what all keys begin with, as a number that sorts like them. */
static uint64_t rank_of(const struct rows *rows, uint32_t i) {
    const char *at = rows_values(rows, i);
    sluice_text key = rows_value(&at);
    uint64_t rank = 0;
    for (uint64_t b = rows->shared; b < rows->shared + 8; b++)
        rank = rank << 8 | (b < key.len ? (uint8_t)key.ptr[b] : 0);
    return rank;
}

/* One pass of a radix sort: stable, by the byte at `shift`. A byte that is the same in all ranks
 * costs nothing more. */
static void sort_by_byte(struct rows *rows, unsigned shift, const uint32_t *counts) {
    uint32_t starts[256], at = 0;
    for (unsigned b = 0; b < 256; b++) {
        if (counts[b] == rows->count)
            return;
        starts[b] = at;
        at += counts[b];
    }
    for (uint32_t i = 0; i < rows->count; i++)
        rows->spare[starts[rows->entries[i].rank >> shift & 255]++] = rows->entries[i];
    struct row_entry *sorted = rows->spare;
    rows->spare = rows->entries;
    rows->entries = sorted;
}

void rows_sort(struct rows *rows) {
    uint32_t counts[8][256] = {{0}};
    for (uint32_t i = 0; i < rows->count; i++) {
        uint64_t rank = rows->entries[i].rank = rank_of(rows, i);
        for (unsigned byte = 0; byte < 8; byte++)
            counts[byte][rank >> 8 * byte & 255]++;
    }
    for (unsigned byte = 0; byte < 8; byte++)
        sort_by_byte(rows, 8 * byte, counts[byte]);
}
