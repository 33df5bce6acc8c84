/* writer.h - rows of CSV in a buffer. Pure. */
#ifndef CSV_WRITER_H
#define CSV_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>

enum {
    WRITER_FLUSH = 256 * 1024,     /* a buffer this full is to be written */
    WRITER_MOST = 64 * 1024 * 1024 /* a row that needs more isn't taken */
};

struct writer {
    char delimiter;
    bool crlf;    /* CRLF ends a row, else LF */
    bool excel;   /* identifiers as ="…" */
    bool guarded; /* a cell that a spreadsheet would run as a formula begins with ' */
    char *buffer;
    size_t used, room;
    size_t row; /* where the row at hand begins */
};

void writer_free(struct writer *writer);

/* False: out of memory, or over WRITER_MOST; call writer_undo then. */
bool writer_cell(struct writer *writer, sluice_text cell);
bool writer_end_row(struct writer *writer);
/* A whole row: cells[c][row] of each column; cells[c] may be NULL, which is a column of nulls. */
bool writer_row(struct writer *writer, const sluice_text *const *cells, uint32_t count, uint32_t row);
/* Whole rows that begin at `from`: do they hold a NUL? No reader takes a file with one for CSV. */
bool writer_has_nul(const struct writer *writer, size_t from);
/* Put U+FFFD in the place of each. */
bool writer_show_nuls(struct writer *writer, size_t from);
/* The row at hand was never begun. */
void writer_undo(struct writer *writer);

#endif
