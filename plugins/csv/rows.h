/* rows.h - the raw rows of a CSV file: text in memory, and where each row's cells end.
 *
 * The file is read into pieces of the batch's own memory, so that a cell needs no copy: it is a view
 * into the piece. Only a row that lies across two pieces is moved, to the start of the second one; what
 * is left of the last piece when a batch ends is carried over to the next batch's first. */
#ifndef CSV_ROWS_H
#define CSV_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "feed.h"
#include "scan.h"

enum {
    ROWS_CELLS = 4096,           /* in a row at most */
    ROWS_BYTES = 1024 * 1024,    /* of a row at most */
    ROWS_PIECE = 64 * 1024 - 64, /* with the arena's own few bytes: the chunk that it keeps for reuse */
    ROWS_WINDOW = 4096           /* scanned at once: the positions stay in the nearest cache */
};

struct row {
    char *text;           /* of its first cell */
    const uint32_t *ends; /* as scan_cells writes them; less `from` they are offsets in `text` */
    uint32_t from;
    uint32_t cells;
    uint32_t length; /* without the line end */
    bool quoted;     /* a quote may be in it */
    bool odd;        /* a NUL or a byte beyond ASCII may be in it */
};

struct rows {
    const sluice_host *host;
    const char *name; /* for messages */
    struct feed feed;
    struct scan scan;
    uint64_t number; /* of the last row that was taken; blank rows count */
    uint64_t bytes;  /* of all rows that were taken */
    bool closed;     /* the end of the file was reached, and its last row has a line end now */

    char *text; /* the piece at hand */
    uint32_t room, filled, scanned;
    uint32_t start; /* of the next row */
    bool kept;      /* set by the reader: a row of the piece is in the batch */
    bool after_cr;  /* the row before ended with a CR: a LF at `start` belongs to it */

    uint32_t next, count;    /* ends[next … count-1] belong to the next rows */
    uint32_t window;         /* where the last scan began */
    uint8_t seen, seen_last; /* SCAN_HAS_…: in the rows that are scanned; in the last window */
    uint32_t ends[ROWS_CELLS + ROWS_WINDOW];

    char *carry;
    uint32_t carried, carry_room;
};

void rows_init(struct rows *rows, const sluice_host *host, const char *name, int fd);
void rows_free(struct rows *rows);

/* A batch begins: the first piece, with what the last batch left. */
int32_t rows_begin(struct rows *rows, sluice_arena *arena, sluice_error *error);
/* The batch is over: keep what follows its last row. */
int32_t rows_end(struct rows *rows, sluice_error *error);

/* Before the first row: fill the piece as far as the file, or a pipe for now, gives text. */
int32_t rows_sample(struct rows *rows, sluice_error *error);
/* The next row if it is scanned already. */
static inline bool rows_take(struct rows *rows, struct row *row);
/* Must rows_more read, because everything that was read is scanned? */
static inline bool rows_starved(const struct rows *rows);
/* Scan on, or read on, at most `wanted` bytes: rows_take may have more afterwards. 0, or SLUICE_END:
 * there is no more. */
int32_t rows_more(struct rows *rows, sluice_arena *arena, uint32_t wanted, sluice_error *error);
/* The row that was taken last is the next one again. Only right after rows_take. */
void rows_untake(struct rows *rows, const struct row *row);

static inline bool rows_starved(const struct rows *rows) {
    return rows->scanned == rows->filled && !rows->closed;
}

static inline bool rows_take(struct rows *rows, struct row *row) {
    const uint32_t *ends = rows->ends + rows->next;
    uint32_t left = rows->count - rows->next, n = 0;
    while (n < left && !(ends[n] & SCAN_ROW_END))
        n++;
    if (n == left)
        return false;
    uint32_t from = rows->start, end = ends[n] & SCAN_POSITION;
    if (rows->after_cr && rows->text[from] == '\n')
        from++;
    *row = (struct row){
        .text = rows->text + from,
        .ends = ends,
        .from = from,
        .cells = n + 1,
        .length = end - from,
        .quoted = rows->seen & SCAN_HAS_QUOTE,
        .odd = rows->seen & SCAN_HAS_ODD,
    };
    rows->after_cr = rows->text[end] == '\r';
    rows->start = end + 1;
    rows->next += n + 1;
    rows->bytes += end + 1 - from;
    rows->number++;
    return true;
}

#endif
