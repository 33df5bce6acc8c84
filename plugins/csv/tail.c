#include "tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sluice/text.h>

#include "scan.h"
#include "writer.h"

enum {
    TAIL_ROWS = 1 << 20, /* known at most: only the latest can come again */
    TAIL_BUFFER = 64 * 1024,
    WINDOW = 4096,
};

void tail_free(struct tail *tail) {
    free(tail->hashes);
    *tail = (struct tail){0};
}

static uint64_t hash(const char *row, uint64_t length) {
    uint64_t h = text_hash_more(TEXT_HASH, (sluice_text){row, length});
    return h ? h : 1;
}

static uint32_t slot_of(const struct tail *tail, uint64_t h) {
    uint32_t slot = (uint32_t)(h >> 20) & (tail->room - 1);
    while (tail->hashes[slot] && tail->hashes[slot] != h)
        slot = (slot + 1) & (tail->room - 1);
    return slot;
}

bool tail_has(const struct tail *tail, const char *row, uint64_t length) {
    if (!tail->count)
        return false;
    uint64_t h = hash(row, length);
    return tail->hashes[slot_of(tail, h)] == h;
}

static bool grow(struct tail *tail) {
    struct tail larger = {.room = tail->room ? tail->room * 2 : 1024};
    larger.hashes = calloc(larger.room, sizeof *larger.hashes);
    if (!larger.hashes)
        return false;
    for (uint32_t i = 0; i < tail->room; i++)
        if (tail->hashes[i])
            larger.hashes[slot_of(&larger, tail->hashes[i])] = tail->hashes[i];
    larger.count = tail->count;
    free(tail->hashes);
    *tail = larger;
    return true;
}

static bool add(struct tail *tail, const char *row, uint64_t length) {
    if (tail->count == TAIL_ROWS) {
        memset(tail->hashes, 0, tail->room * sizeof *tail->hashes);
        tail->count = 0;
    }
    if (tail->count * 2 >= tail->room && !grow(tail))
        return false;
    uint64_t h = hash(row, length);
    uint32_t slot = slot_of(tail, h);
    tail->count += tail->hashes[slot] == 0;
    tail->hashes[slot] = h;
    return true;
}

/* The part of the file that is in memory; it begins with a row. */
struct stretch {
    char *text;
    uint32_t room, filled;
    int64_t at; /* of text[0] in the file */
    bool torn;  /* a row holds NUL bytes: blocks that never reached the disk */
};

/* Take the whole rows of the stretch; what follows them moves to its start. */
static bool take_rows(struct tail *tail, struct stretch *stretch, char delimiter) {
    uint32_t ends[WINDOW], start = 0;
    struct scan scan = {.delimiter = delimiter};
    for (uint32_t from = 0; from < stretch->filled && !stretch->torn; from += WINDOW) {
        uint32_t to = stretch->filled - from < WINDOW ? stretch->filled : from + WINDOW;
        uint32_t count = scan_cells(&scan, stretch->text, from, to, ends);
        for (uint32_t i = 0; i < count; i++) {
            if (!(ends[i] & SCAN_ROW_END))
                continue;
            uint32_t end = ends[i] & SCAN_POSITION;
            stretch->torn = memchr(stretch->text + start, 0, end - start) != NULL;
            if (stretch->torn)
                break;
            if (!add(tail, stretch->text + start, end - start))
                return false;
            start = end + 1;
            if (start < stretch->filled && stretch->text[end] == '\r' && stretch->text[start] == '\n')
                start++;
        }
    }
    memmove(stretch->text, stretch->text + start, stretch->filled - start);
    stretch->at += start;
    stretch->filled -= start;
    return true;
}

static bool make_room(struct stretch *stretch) {
    if (stretch->room > stretch->filled)
        return true;
    if (stretch->room > 2 * (uint32_t)WRITER_MOST)
        return false;
    uint32_t room = stretch->room ? stretch->room * 2 : TAIL_BUFFER;
    char *text = realloc(stretch->text, room);
    if (!text)
        return false;
    stretch->text = text;
    stretch->room = room;
    return true;
}

/* *whole: where the last whole row ends. */
static int32_t read_rows(struct tail *tail, const struct target *target, int64_t from, char delimiter,
                         int64_t *whole, sluice_error *error) {
    struct stretch stretch = {.at = from};
    int32_t rc = 0;
    while (rc == 0 && !stretch.torn) {
        ssize_t n = 0;
        if (!make_room(&stretch))
            rc = target->host->fail(error, SLUICE_E_IO, "%s: out of memory for its last rows", target->name);
        else if ((n = pread(target->fd, stretch.text + stretch.filled, stretch.room - stretch.filled,
                            stretch.at + stretch.filled)) < 0)
            rc = target->host->fail(error, SLUICE_E_IO, "%s: its last rows can't be read: %s", target->name,
                                    strerror(errno));
        if (n <= 0)
            break;
        stretch.filled += (uint32_t)n;
        if (!take_rows(tail, &stretch, delimiter))
            rc = target->host->fail(error, SLUICE_E_IO, "out of memory");
    }
    *whole = stretch.at;
    free(stretch.text);
    return rc;
}

int32_t tail_load(struct tail *tail, struct target *target, char delimiter, sluice_error *error) {
    int64_t whole = 0;
    if (target->tail < 0)
        return 0;
    int32_t rc = read_rows(tail, target, target->tail, delimiter, &whole, error);
    if (rc < 0 || whole == target->length)
        return rc;
    target->host->log(
        target->self, SLUICE_LOG_WARN,
        "%s: an earlier run stopped while it wrote; %lld bytes of a half row at the end are cut off, the "
        "row comes again",
        target->name, (long long)(target->length - whole));
    return target_cut(target, whole, error);
}

int32_t tail_learn(struct tail *tail, struct target *target, char delimiter, sluice_error *error) {
    int64_t whole;
    return read_rows(tail, target, 0, delimiter, &whole, error);
}
