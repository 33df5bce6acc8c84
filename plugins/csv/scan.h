/* scan.h - where the cells of a CSV text end. Pure.
 *
 * A quote at the start of a cell opens it, a doubled quote inside is one quote, anywhere else a quote
 * is a character like any other; what stands between a closing quote and the next delimiter belongs to
 * the cell. LF, CRLF and a lone CR end a row. */
#ifndef CSV_SCAN_H
#define CSV_SCAN_H

#include <stdint.h>

enum scan_state {
    SCAN_START,  /* at the first byte of a cell */
    SCAN_CELL,   /* inside a cell, outside quotes */
    SCAN_QUOTED, /* inside quotes */
    SCAN_CLOSED  /* behind a quote that closes, or is the first of a doubled one */
};

/* What the scanned bytes hold, so that the reader can leave most rows alone. */
#define SCAN_HAS_QUOTE 1u
#define SCAN_HAS_ODD 2u /* NUL, or a byte beyond ASCII */

struct scan {
    char delimiter;
    uint8_t state;
    uint8_t after_cr; /* the last byte was a CR that ended a row: a LF now belongs to it */
    uint8_t seen;     /* SCAN_HAS_…, added up until the caller clears it */
};

#define SCAN_ROW_END 0x80000000u /* this cell is the last of its row */
#define SCAN_POSITION 0x7fffffffu

/* Scan text[from … to-1] and write the position behind each cell, the delimiter's or the line end's, to
 * `ends`, which has room for one a byte; returns how many. The LF of a CRLF is passed over: the next row
 * starts behind it. */
uint32_t scan_cells(struct scan *scan, const char *text, uint32_t from, uint32_t to, uint32_t *ends);

/* The same byte by byte: the definition that scan_cells must agree with, and its fallback. */
uint32_t scan_bytes(struct scan *scan, const char *text, uint32_t from, uint32_t to, uint32_t *ends);

#endif
