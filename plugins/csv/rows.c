#include "rows.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rows_init(struct rows *rows, const sluice_host *host, const char *name, int fd) {
    memset(rows, 0, sizeof *rows);
    rows->host = host;
    rows->name = name;
    rows->feed = (struct feed){.host = host, .name = name, .fd = fd, .read = read};
}

void rows_free(struct rows *rows) {
    free(rows->carry);
    rows->carry = NULL;
}

static int32_t fail_memory(const struct rows *rows, sluice_error *error) {
    return rows->host->fail(error, SLUICE_E_IO, "out of memory");
}

/* A piece that begins with `kept`, the start of a row; everything in it is scanned anew. */
static int32_t open_piece(struct rows *rows, sluice_arena *arena, const char *kept, uint32_t length,
                          sluice_error *error) {
    uint32_t room = ROWS_PIECE;
    while (room / 2 < length)
        room *= 2;
    /* Of a piece with nothing but blank lines nobody holds a view. */
    bool again = rows->text && !rows->kept && rows->room >= room;
    char *text = again ? rows->text : rows->host->alloc(arena, room);
    if (!text)
        return fail_memory(rows, error);
    if (length)
        memmove(text, kept, length);
    rows->text = text;
    rows->room = again ? rows->room : room;
    rows->kept = false;
    rows->filled = length;
    rows->scanned = rows->start = rows->window = 0;
    rows->next = rows->count = 0;
    rows->seen = rows->seen_last = 0;
    rows->scan.state = SCAN_START;
    rows->scan.after_cr = rows->after_cr;
    return 0;
}

int32_t rows_begin(struct rows *rows, sluice_arena *arena, sluice_error *error) {
    int32_t rc = open_piece(rows, arena, rows->carry, rows->carried, error);
    rows->carried = 0;
    return rc;
}

int32_t rows_end(struct rows *rows, sluice_error *error) {
    uint32_t left = rows->filled - rows->start;
    if (left > rows->carry_room) {
        free(rows->carry);
        rows->carry = malloc(left);
        rows->carry_room = rows->carry ? left : 0;
        if (!rows->carry)
            return fail_memory(rows, error);
    }
    if (left)
        memcpy(rows->carry, rows->text + rows->start, left);
    rows->carried = left;
    rows->text = NULL;
    return 0;
}

void rows_untake(struct rows *rows, const struct row *row) {
    rows->start = row->from;
    rows->next -= row->cells;
    rows->bytes -= row->length + 1;
    rows->number--;
    rows->after_cr = false; /* a LF in front of it was passed over already */
}

/* ---- limits ------------------------------------------------------------------------------- */

static int32_t fail_open_quote(const struct rows *rows, const char *where, sluice_error *error) {
    return rows->host->fail(
        error, SLUICE_E_DATA,
        "%s: row %llu: the quote that opens cell %u isn't closed before %s; close it, or double "
        "a quote that belongs to the text",
        rows->name, (unsigned long long)rows->number + 1, rows->count - rows->next + 1, where);
}

static int32_t check_length(const struct rows *rows, sluice_error *error) {
    if (rows->filled - rows->start <= ROWS_BYTES)
        return 0;
    if (rows->scan.state == SCAN_QUOTED)
        return fail_open_quote(rows, "1 MiB of text went by", error);
    return rows->host->fail(error, SLUICE_E_DATA, "%s: row %llu is longer than 1 MiB; is this a CSV file?",
                            rows->name, (unsigned long long)rows->number + 1);
}

static int32_t check_cells(const struct rows *rows, sluice_error *error) {
    if (rows->count - rows->next <= ROWS_CELLS)
        return 0;
    return rows->host->fail(error, SLUICE_E_DATA,
                            "%s: row %llu has more than %d cells; is the delimiter right?", rows->name,
                            (unsigned long long)rows->number + 1, ROWS_CELLS);
}

/* ---- more rows ---------------------------------------------------------------------------- */

static int32_t scan_on(struct rows *rows, sluice_error *error) {
    int32_t rc = check_cells(rows, error);
    if (rc < 0)
        return rc;
    uint32_t left = rows->filled - rows->scanned, pending = rows->count - rows->next;
    uint32_t to = rows->scanned + (left < ROWS_WINDOW ? left : ROWS_WINDOW);
    memmove(rows->ends, rows->ends + rows->next, pending * sizeof *rows->ends);
    rows->next = 0;
    /* The row at hand may have begun in the last window, rarely in one before that. */
    uint8_t before = rows->start < rows->window ? rows->seen : rows->seen_last;
    rows->scan.seen = 0;
    rows->count = pending + scan_cells(&rows->scan, rows->text, rows->scanned, to, rows->ends + pending);
    rows->seen_last = rows->scan.seen;
    rows->seen = before | rows->seen_last;
    rows->window = rows->scanned;
    rows->scanned = to;
    return 0;
}

/* The last row of a file needs no line end: it gets one here. */
static int32_t close_text(struct rows *rows, sluice_error *error) {
    uint32_t start = rows->start;
    rows->closed = true;
    if (rows->scan.state == SCAN_QUOTED)
        return fail_open_quote(rows, "the end of the file", error);
    if (rows->after_cr && start < rows->filled && rows->text[start] == '\n')
        start++;
    if (start == rows->filled)
        return SLUICE_END;
    rows->text[rows->filled++] = '\n';
    return 0;
}

int32_t rows_sample(struct rows *rows, sluice_error *error) {
    bool line = false;
    while (rows->room - rows->filled > FEED_ROOM && !(line && !feed_ready(&rows->feed))) {
        char *at = rows->text + rows->filled;
        uint32_t got;
        int32_t rc = feed_read(&rows->feed, at, rows->room - rows->filled - 1, &got, error);
        if (rc < 0 || !got)
            return rc;
        line = line || memchr(at, '\n', got) || memchr(at, '\r', got);
        rows->filled += got;
    }
    return 0;
}

static int32_t read_on(struct rows *rows, sluice_arena *arena, uint32_t wanted, sluice_error *error) {
    int32_t rc = check_length(rows, error);
    if (rc < 0)
        return rc;
    /* One byte stays free for the line end that the last row may lack. */
    if (rows->room - rows->filled < FEED_ROOM + 1)
        return open_piece(rows, arena, rows->text + rows->start, rows->filled - rows->start, error);
    uint32_t room = rows->room - rows->filled - 1, got;
    if (wanted < FEED_ROOM)
        wanted = FEED_ROOM;
    rc = feed_read(&rows->feed, rows->text + rows->filled, wanted < room ? wanted : room, &got, error);
    if (rc < 0)
        return rc;
    rows->filled += got;
    return got ? 0 : close_text(rows, error);
}

int32_t rows_more(struct rows *rows, sluice_arena *arena, uint32_t wanted, sluice_error *error) {
    if (rows->scanned < rows->filled)
        return scan_on(rows, error);
    return rows->closed ? SLUICE_END : read_on(rows, arena, wanted, error);
}
