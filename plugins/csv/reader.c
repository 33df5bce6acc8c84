#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "delimiter.h"

enum {
    USUAL_ROW = 64,    /* bytes, before the first row is known */
    LEAST_READ = 4096, /* a batch that needs less to be full is full enough */
};

void reader_init(struct reader *reader, const sluice_host *host, sluice_self *self, const char *name,
                 int fd) {
    memset(reader, 0, sizeof *reader);
    reader->host = host;
    reader->self = self;
    reader->name = name;
    rows_init(&reader->rows, host, name, fd);
}

void reader_free(struct reader *reader) {
    rows_free(&reader->rows);
    heading_free(&reader->heading);
    free(reader->cells);
    reader->cells = NULL;
}

static int32_t fail_memory(const struct reader *reader, sluice_error *error) {
    return reader->host->fail(error, SLUICE_E_IO, "out of memory");
}

/* ---- one row ------------------------------------------------------------------------------ */

/* Every second byte of ASCII text in UTF-16 is NUL. */
static bool looks_like_utf16(const char *text, uint32_t length) {
    uint32_t zeros = 0;
    for (uint32_t i = 0; i < length; i++)
        zeros += text[i] == 0;
    return zeros >= 2 && zeros * 3 > length;
}

/* A zip archive, which an .xlsx is, and what an .xls is. */
static bool looks_like_excel(const struct reader *reader, const struct row *row) {
    static const char zip[] = "PK\3\4", ole[] = "\xd0\xcf\x11\xe0";
    return reader->rows.number == 1 && row->length >= 4 &&
           (memcmp(row->text, zip, 4) == 0 || memcmp(row->text, ole, 4) == 0);
}

static int32_t fail_nul(const struct reader *reader, const struct row *row, sluice_error *error) {
    if (looks_like_excel(reader, row))
        return reader->host->fail(error, SLUICE_E_DATA,
                                  "%s: that is a workbook of Excel, not a CSV file; save it there as CSV "
                                  "(\"CSV UTF-8\") and take that one",
                                  reader->name);
    return reader->host->fail(error, SLUICE_E_DATA, "%s: row %llu holds a NUL byte; %s", reader->name,
                              (unsigned long long)reader->rows.number,
                              looks_like_utf16(row->text, row->length)
                                  ? "the file looks like UTF-16 without a byte order mark: save it as UTF-8, "
                                    "or as UTF-16 with the mark"
                                  : "the file is damaged, or it isn't a CSV file");
}

static void say_1252(struct reader *reader) {
    if (!reader->said_1252)
        reader->host->log(
            reader->self, SLUICE_LOG_WARN,
            "%s: row %llu isn't UTF-8; it is read as Windows-1252, and so is every such row after it",
            reader->name, (unsigned long long)reader->rows.number);
    reader->said_1252 = true;
}

/* The row's cells, one after the other, whatever they hold. */
struct cells {
    struct reader *reader;
    const struct row *row;
    sluice_arena *arena;
    uint32_t at, start;
    bool utf8;
};

static int32_t cells_begin(struct cells *cells, struct reader *reader, const struct row *row,
                           sluice_arena *arena, sluice_error *error) {
    sluice_text whole = {row->text, row->length};
    *cells = (struct cells){.reader = reader, .row = row, .arena = arena, .utf8 = true};
    if (row->odd && row->length && memchr(row->text, 0, row->length))
        return fail_nul(reader, row, error);
    if (row->odd)
        cells->utf8 = cell_is_utf8(whole);
    return 0;
}

static int32_t cells_next(struct cells *cells, sluice_text *out, sluice_error *error) {
    const struct row *row = cells->row;
    uint32_t end = (row->ends[cells->at] & SCAN_POSITION) - row->from;
    sluice_text cell = {row->text + cells->start, end - cells->start};
    cells->at++;
    cells->start = end + 1;
    if (row->quoted && cell.len && (cell.ptr[0] == '"' || cell.ptr[0] == '=') && !cell_unquote(&cell))
        return cells->reader->host->fail(
            error, SLUICE_E_DATA,
            "%s: row %llu: cell %u begins with a quote, goes over a line end and has text behind the closing "
            "quote: a "
            "quote is missing; close it, or double a quote that belongs to the text",
            cells->reader->name, (unsigned long long)cells->reader->rows.number, cells->at);
    if (!cells->utf8 && !cell_is_utf8(cell)) {
        say_1252(cells->reader);
        cell = cell_from_1252(cell, cells->reader->host, cells->arena);
        if (!cell.ptr)
            return fail_memory(cells->reader, error);
    }
    *out = cell;
    return 0;
}

/* A row is blank when it holds nothing but delimiters, or a single cell of spaces. */
static bool is_blank(const struct row *row) {
    sluice_text whole = {row->text, row->length};
    return row->length == row->cells - 1 || (row->cells == 1 && cell_trim(whole).len == 0);
}

/* ---- the header --------------------------------------------------------------------------- */

/* The first row that isn't blank; it stays in the piece at hand. */
static int32_t first_row(struct reader *reader, struct row *row, sluice_arena *arena, sluice_error *error) {
    for (;;) {
        while (rows_take(&reader->rows, row))
            if (!is_blank(row))
                return 0;
        int32_t rc = rows_more(&reader->rows, arena, ROWS_PIECE, error);
        if (rc != 0)
            return rc;
    }
}

/* Decoding works in place, and the row may turn out to be data: so on a copy. */
static int32_t header_cells(struct reader *reader, const struct row *row, sluice_text *out,
                            sluice_arena *arena, sluice_error *error) {
    struct row copy = *row;
    struct cells cells;
    copy.text = reader->host->alloc(arena, row->length + 1);
    if (!copy.text)
        return fail_memory(reader, error);
    memcpy(copy.text, row->text, row->length);
    int32_t rc = cells_begin(&cells, reader, &copy, arena, error);
    for (uint32_t c = 0; c < row->cells && rc == 0; c++)
        rc = cells_next(&cells, &out[c], error);
    return rc;
}

static int32_t name_columns(struct reader *reader, const struct row *row, const sluice_text *cells,
                            sluice_error *error) {
    const struct heading_context context = {
        .host = reader->host, .self = reader->self, .file = reader->name, .chosen = reader->columns};
    bool header =
        reader->header == READER_HEADER_YES ||
        (reader->header == READER_HEADER_AUTO && heading_is_header(cells, row->cells, reader->columns));
    if (!header)
        rows_untake(&reader->rows, row);
    if (!header && reader->header == READER_HEADER_AUTO && row->cells > 1)
        reader->host->log(
            reader->self, SLUICE_LOG_WARN,
            "%s: the first row looks like data, so the fields are called column1 … column%u; the option "
            "header says otherwise, columns gives them names",
            reader->name, row->cells);
    int32_t rc = heading_make(&reader->heading, &context, header ? cells : NULL, row->cells, error);
    if (rc < 0)
        return rc;
    reader->cells = calloc(reader->heading.columns, sizeof *reader->cells);
    return reader->cells ? 0 : fail_memory(reader, error);
}

static void find_delimiter(struct reader *reader) {
    struct rows *rows = &reader->rows;
    uint32_t line = 0;
    char declared = delimiter_declared(rows->text, rows->filled, &line);
    if (declared) {
        /* Spreadsheets don't show this line: it has no number. Its line end is a blank row otherwise. */
        if (line < rows->filled && rows->text[line] == '\r')
            rows->after_cr = true, rows->scan.after_cr = true;
        rows->start = rows->scanned = line < rows->filled ? line + 1 : line;
    }
    if (reader->delimiter)
        rows->scan.delimiter = reader->delimiter;
    else if (declared)
        rows->scan.delimiter = declared;
    else
        rows->scan.delimiter = delimiter_detect(rows->text, rows->filled);
}

static int32_t begin(struct reader *reader, sluice_arena *arena, sluice_error *error) {
    struct row row;
    int32_t rc = rows_sample(&reader->rows, error);
    if (rc < 0)
        return rc;
    find_delimiter(reader);
    rc = first_row(reader, &row, arena, error);
    if (rc != 0)
        return rc;
    sluice_text *cells = calloc(row.cells, sizeof *cells);
    if (!cells)
        return fail_memory(reader, error);
    rc = header_cells(reader, &row, cells, arena, error);
    if (rc == 0)
        rc = name_columns(reader, &row, cells, error);
    free(cells);
    return rc;
}

/* ---- batches ------------------------------------------------------------------------------ */

static int32_t reject_extra(struct reader *reader, sluice_filling *out, uint32_t cells, sluice_text extra,
                            sluice_error *error) {
    char reason[200];
    int n =
        snprintf(reason, sizeof reason,
                 "the row has %u cells, the first row has %u; the first one too many is '%.*s': is a quote "
                 "missing around a cell?",
                 cells, reader->heading.columns, extra.len < 40 ? (int)extra.len : 40, extra.ptr);
    return reader->host->reject_read(out, out->row_count, "extra_cells", (sluice_text){reason, (uint64_t)n},
                                     error);
}

/* Any row: quotes, other encodings, too few or too many cells. */
static int32_t take_odd(struct reader *reader, sluice_filling *out, const struct row *row,
                        sluice_error *error) {
    uint32_t at = out->row_count, columns = reader->heading.columns, c = 0;
    sluice_text cell = {NULL, 0}, extra = {NULL, 0};
    struct cells cells;
    int32_t rc = cells_begin(&cells, reader, row, out->arena, error);
    for (; c < row->cells && rc == 0; c++) {
        rc = cells_next(&cells, &cell, error);
        if (c < columns && reader->cells[c])
            reader->cells[c][at] = cell;
        else if (c >= columns && !extra.len)
            extra = cell_trim(cell);
    }
    if (rc < 0)
        return rc;
    for (; c < columns; c++)
        if (reader->cells[c])
            reader->cells[c][at] = (sluice_text){NULL, 0};
    out->numbers[at] = reader->rows.number;
    if (extra.len)
        rc = reject_extra(reader, out, row->cells, extra, error);
    out->row_count++;
    return rc;
}

/* As many cells as the first row, all of them plain text: the views are the cells. */
static void take_plain(const struct reader *reader, sluice_filling *out, const struct row *row) {
    uint32_t at = out->row_count, start = 0;
    for (uint32_t c = 0; c < row->cells; c++) {
        uint32_t end = (row->ends[c] & SCAN_POSITION) - row->from;
        if (reader->cells[c])
            reader->cells[c][at] = (sluice_text){row->text + start, end - start};
        start = end + 1;
    }
    out->numbers[at] = reader->rows.number;
    out->row_count++;
}

/* The flags are of a whole window; looking again is cheap beside treating each of its rows as quoted. */
static bool is_plain(const struct reader *reader, const struct row *row) {
    return row->cells == reader->heading.columns && !row->odd &&
           !(row->quoted && memchr(row->text, '"', row->length));
}

static int32_t take_scanned(struct reader *reader, sluice_filling *out, sluice_error *error) {
    struct row row;
    while (out->row_count < out->row_limit && rows_take(&reader->rows, &row)) {
        if (is_blank(&row))
            continue;
        reader->rows.kept = true;
        if (is_plain(reader, &row)) {
            take_plain(reader, out, &row);
            continue;
        }
        int32_t rc = take_odd(reader, out, &row, error);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Bytes to read so that the batch gets full and little is left over; 0: it is full enough. */
static uint32_t wanted_bytes(const struct reader *reader, const sluice_filling *out, uint64_t bytes_before) {
    const struct rows *rows = &reader->rows;
    uint64_t average = rows->number ? rows->bytes / rows->number + 1 : USUAL_ROW;
    uint64_t views = reader->heading.fields * sizeof(sluice_text);
    uint64_t used = rows->bytes - bytes_before + out->row_count * views;
    if (out->row_count && used >= out->byte_limit)
        return 0;
    uint64_t by_bytes = used < out->byte_limit ? (out->byte_limit - used) / (average + views) * average : 0;
    uint64_t wanted = (out->row_limit - out->row_count) * average;
    if (wanted > by_bytes)
        wanted = by_bytes;
    if (out->row_count && (wanted < LEAST_READ || !feed_ready(&rows->feed)))
        return 0;
    return wanted < LEAST_READ ? LEAST_READ : wanted < ROWS_PIECE ? (uint32_t)wanted : ROWS_PIECE;
}

static int32_t fill(struct reader *reader, sluice_filling *out, sluice_error *error) {
    uint64_t bytes_before = reader->rows.bytes;
    for (;;) {
        int32_t rc = take_scanned(reader, out, error);
        if (rc < 0 || out->row_count == out->row_limit)
            return rc;
        uint32_t wanted = ROWS_PIECE;
        if (rows_starved(&reader->rows) && !(wanted = wanted_bytes(reader, out, bytes_before)))
            return 0;
        rc = rows_more(&reader->rows, out->arena, wanted, error);
        if (rc != 0)
            return rc;
    }
}

static int32_t name_batch(struct reader *reader, sluice_filling *out, sluice_error *error) {
    const struct heading *heading = &reader->heading;
    int32_t rc = reader->host->columns(out, heading->names, heading->fields, error);
    if (rc < 0)
        return rc;
    for (uint32_t c = 0; c < heading->columns; c++)
        reader->cells[c] = heading->field[c] == HEADING_IGNORED ? NULL : out->cells[heading->field[c]];
    return 0;
}

static void say_torn(struct reader *reader) {
    if (reader->rows.feed.torn && !reader->said_torn)
        reader->host->log(reader->self, SLUICE_LOG_WARN,
                          "%s: the file ends in the middle of a UTF-16 character; it may have been cut off",
                          reader->name);
    reader->said_torn = reader->rows.feed.torn;
}

int32_t reader_read(struct reader *reader, sluice_filling *out, sluice_error *error) {
    if (reader->ended)
        return SLUICE_END;
    int32_t rc = rows_begin(&reader->rows, out->arena, error);
    if (rc == 0 && !reader->begun)
        rc = begin(reader, out->arena, error);
    reader->rows.kept = true; /* the heading may be looked at again */
    reader->begun = true;
    if (rc == 0)
        rc = name_batch(reader, out, error);
    if (rc == 0)
        rc = fill(reader, out, error);
    say_torn(reader);
    if (rc != 0) {
        reader->ended = true;
        return rc;
    }
    return rows_end(&reader->rows, error);
}
