#include "sheet.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csv/reader.h>
#include <imei/repair.h>
#include <sluice/text.h>
#include <sluice/utf8.h>

enum { BATCH_ROWS = 1024, BATCH_BYTES = 256 * 1024 };

/* ---- memory ---------------------------------------------------------------------------------- */

struct sheet_block {
    struct sheet_block *next;
    _Alignas(16) char bytes[];
};

static void *arena_take(sluice_arena *arena, uint64_t bytes) {
    struct sheet_block *block = malloc(sizeof *block + bytes);
    if (!block)
        return NULL;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->bytes += bytes;
    return block->bytes;
}

static int no_memory(const sluice_host *host, sluice_error *error) {
    return host->fail(error, SLUICE_E_IO, "out of memory");
}

static sluice_text copy(struct sheet *sheet, sluice_text text) {
    if (!text.ptr)
        return text;
    char *memory = arena_take(&sheet->arena, text.len + 1);
    if (!memory)
        return (sluice_text){0};
    memcpy(memory, text.len ? text.ptr : "", text.len);
    return (sluice_text){memory, text.len};
}

/* ---- rows and columns ------------------------------------------------------------------------ */

static int make_columns(struct sheet *sheet, const sluice_text *names, uint32_t count, sluice_error *error) {
    if (!count || count > SHEET_COLUMNS)
        return sheet->host->fail(error, SLUICE_E_DATA, "there are %u columns; at most %d are taken", count,
                                 SHEET_COLUMNS);
    sheet->names = arena_take(&sheet->arena, (count + 1) * sizeof *sheet->names); /* one more: the service */
    sheet->cells = calloc(count + 1, sizeof *sheet->cells);
    if (!sheet->names || !sheet->cells)
        return no_memory(sheet->host, error);
    for (uint32_t c = 0; c < count; c++) {
        sheet->names[c] = copy(sheet, names[c]);
        if (!sheet->names[c].ptr)
            return no_memory(sheet->host, error);
    }
    sheet->columns = count;
    return 0;
}

static bool grow(void **array, uint32_t room, size_t size) {
    void *grown = realloc(*array, room * size);
    if (grown)
        *array = grown;
    return grown;
}

static int make_room(struct sheet *sheet, sluice_error *error) {
    if (sheet->rows < sheet->room)
        return 0;
    uint32_t room = sheet->room ? sheet->room * 2 : 64;
    if ((uint64_t)room * sheet->columns > 2 * (uint64_t)SHEET_CELLS)
        return sheet->host->fail(error, SLUICE_E_DATA,
                                 "that is too much at once (row %u, %u columns); send it in parts",
                                 sheet->rows, sheet->columns);
    bool good = grow((void **)&sheet->numbers, room, sizeof *sheet->numbers) &&
                grow((void **)&sheet->faults, room, sizeof *sheet->faults);
    for (uint32_t c = 0; good && c < sheet->columns; c++)
        good = grow((void **)&sheet->cells[c], room, sizeof *sheet->cells[c]);
    if (!good)
        return no_memory(sheet->host, error);
    sheet->room = room;
    return 0;
}

int sheet_begin(struct sheet *sheet, const sluice_host *host, const sluice_text *names, uint32_t count,
                sluice_error *error) {
    *sheet = (struct sheet){.host = host};
    return make_columns(sheet, names, count, error);
}

int sheet_row(struct sheet *sheet, uint64_t number, const sluice_text *cells, sluice_error *error) {
    int failed = make_room(sheet, error);
    for (uint32_t c = 0; !failed && c < sheet->columns; c++) {
        sheet->cells[c][sheet->rows] = copy(sheet, cells[c]);
        if (cells[c].ptr && !sheet->cells[c][sheet->rows].ptr)
            failed = no_memory(sheet->host, error);
    }
    if (failed)
        return failed;
    sheet->numbers[sheet->rows] = number;
    sheet->faults[sheet->rows++] = (sluice_text){0};
    return 0;
}

int sheet_column(const struct sheet *sheet, const char *name) {
    for (uint32_t c = 0; c < sheet->columns; c++)
        if (text_is(sheet->names[c], name))
            return (int)c;
    return -1;
}

int sheet_service(struct sheet *sheet, sluice_text service, sluice_error *error) {
    int column = sheet_column(sheet, "service_id");
    sluice_text kept = copy(sheet, service);
    if (!kept.ptr)
        return no_memory(sheet->host, error);
    if (column < 0) {
        column = (int)sheet->columns;
        sheet->cells[column] = calloc(sheet->room ? sheet->room : 1, sizeof **sheet->cells);
        if (!sheet->cells[column])
            return no_memory(sheet->host, error);
        sheet->names[sheet->columns++] = TEXT("service_id");
    }
    for (uint32_t r = 0; r < sheet->rows; r++)
        if (!text_trim(sheet->cells[column][r]).len)
            sheet->cells[column][r] = kept;
    return 0;
}

int sheet_end(struct sheet *sheet, sluice_error *error) {
    sheet->good = calloc(sheet->rows ? sheet->rows : 1, sizeof *sheet->good);
    if (!sheet->good)
        return no_memory(sheet->host, error);
    for (uint32_t r = 0; r < sheet->rows; r++)
        if (!sheet->faults[r].ptr)
            sheet->good[sheet->good_count++] = r;
    return 0;
}

sluice_batch sheet_batch(const struct sheet *sheet) {
    return (sluice_batch){.size = sizeof(sluice_batch),
                          .column_count = sheet->columns,
                          .row_count = sheet->rows,
                          .selected = sheet->good_count,
                          .selection = sheet->good,
                          .names = sheet->names,
                          .cells = (const sluice_text *const *)sheet->cells,
                          .numbers = sheet->numbers,
                          .file = sheet->file};
}

void sheet_free(struct sheet *sheet) {
    for (uint32_t c = 0; sheet->cells && c < sheet->columns; c++)
        free(sheet->cells[c]);
    free(sheet->cells);
    free(sheet->numbers);
    free(sheet->faults);
    free(sheet->good);
    for (struct sheet_block *block = sheet->arena.blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *sheet = (struct sheet){0};
}

/* ---- typed ----------------------------------------------------------------------------------- */

static bool is_between(char c) {
    return c == '\n' || c == '\r' || c == ',' || c == ';' || c == '\t';
}

static bool is_one(sluice_text piece) {
    static const struct repair_rules rules = {.check = REPAIR_DIGITS};
    struct repair repair;
    return repair_value(piece, &rules, &repair) != REPAIR_REFUSED;
}

/* Spaces stand between identifiers, or in one: 35 209900 176148 1. */
static int add_piece(struct sheet *sheet, uint64_t line, sluice_text piece, sluice_error *error) {
    piece = text_trim(piece);
    if (!piece.len)
        return 0;
    if (!memchr(piece.ptr, ' ', piece.len) || is_one(piece))
        return sheet_row(sheet, line, &piece, error);
    int failed = 0;
    while (!failed && piece.len) {
        const char *space = memchr(piece.ptr, ' ', piece.len);
        sluice_text word = {piece.ptr, space ? (uint64_t)(space - piece.ptr) : piece.len};
        failed = sheet_row(sheet, line, &word, error);
        piece = text_trim((sluice_text){piece.ptr + word.len, piece.len - word.len});
    }
    return failed;
}

static bool is_text(sluice_text text) {
    unsigned length;
    for (uint64_t at = 0; at < text.len; at += length) {
        length = utf8_sequence(text.ptr + at, text.len - at);
        if (!length || !text.ptr[at])
            return false;
    }
    return true;
}

int sheet_from_text(const sluice_host *host, sluice_text text, struct sheet *out, sluice_error *error) {
    static const sluice_text name = {"imei", 4};
    uint64_t begin = 0, line = 1;
    *out = (struct sheet){.host = host};
    if (!is_text(text))
        return host->fail(error, SLUICE_E_DATA, "what was sent isn't text in UTF-8");
    int failed = sheet_begin(out, host, &name, 1, error);
    for (uint64_t at = 0; !failed && at <= text.len; at++) {
        if (at < text.len && !is_between(text.ptr[at]))
            continue;
        failed = add_piece(out, line, (sluice_text){text.ptr + begin, at - begin}, error);
        line += at < text.len && text.ptr[at] == '\n';
        begin = at + 1;
    }
    if (failed)
        sheet_free(out);
    return failed;
}

/* ---- uploaded -------------------------------------------------------------------------------- */

/* The reader fills batches through a host: this one's memory is the sheet's. */
struct filling {
    sluice_filling view; /* first: the reader's view of it */
    struct sheet *sheet;
    sluice_text *names;
    sluice_text *faults; /* of the batch's rows */
};

static void *lend_memory(sluice_arena *arena, uint64_t bytes) {
    return arena_take(arena, bytes);
}

static int32_t lend_columns(sluice_filling *view, const sluice_text *names, uint32_t count,
                            sluice_error *error) {
    struct filling *filling = (struct filling *)view;
    struct sheet *sheet = filling->sheet;
    int failed = sheet->names ? 0 : make_columns(sheet, names, count, error);
    view->cells = failed ? NULL : arena_take(&sheet->arena, count * sizeof *view->cells);
    if (!failed && !view->cells)
        failed = no_memory(sheet->host, error);
    for (uint32_t c = 0; !failed && c < count; c++) {
        view->cells[c] = arena_take(&sheet->arena, view->row_limit * sizeof **view->cells);
        if (!view->cells[c])
            failed = no_memory(sheet->host, error);
    }
    view->column_count = failed ? 0 : count;
    return failed;
}

static int32_t take_fault(sluice_filling *view, uint32_t row, const char *code, sluice_text reason,
                          sluice_error *error) {
    struct filling *filling = (struct filling *)view;
    (void)code;
    if (row >= view->row_limit)
        return filling->sheet->host->fail(error, SLUICE_E_SOFTWARE, "a row beyond the batch");
    filling->faults[row] = copy(filling->sheet, reason);
    return filling->faults[row].ptr ? 0 : no_memory(filling->sheet->host, error);
}

static int keep_rows(struct filling *filling, sluice_error *error) {
    struct sheet *sheet = filling->sheet;
    for (uint32_t r = 0; r < filling->view.row_count; r++) {
        int failed = make_room(sheet, error);
        if (failed)
            return failed;
        for (uint32_t c = 0; c < sheet->columns; c++)
            sheet->cells[c][sheet->rows] = filling->view.cells[c][r];
        sheet->numbers[sheet->rows] = filling->view.numbers[r];
        sheet->faults[sheet->rows++] = filling->faults[r];
    }
    return 0;
}

static int read_batch(struct sheet *sheet, struct reader *reader, sluice_error *error) {
    sluice_text faults[BATCH_ROWS] = {{0}};
    uint64_t numbers[BATCH_ROWS];
    struct filling filling = {.view = {.size = sizeof filling.view,
                                       .row_limit = BATCH_ROWS,
                                       .byte_limit = BATCH_BYTES,
                                       .arena = &sheet->arena,
                                       .numbers = numbers},
                              .sheet = sheet,
                              .faults = faults};
    int answer = reader_read(reader, &filling.view, error);
    int failed = answer < 0 ? answer : keep_rows(&filling, error);
    return failed ? failed : answer;
}

static int read_all(struct sheet *sheet, const sluice_host *lender, sluice_self *self, const char *name,
                    int fd, sluice_error *error) {
    struct reader *reader = malloc(sizeof *reader);
    int answer = reader ? 0 : no_memory(sheet->host, error);
    if (answer)
        return answer;
    reader_init(reader, lender, self, name, fd);
    while (!answer)
        answer = read_batch(sheet, reader, error);
    reader_free(reader);
    free(reader);
    return answer < 0 ? answer : 0;
}

/* The reader wants a descriptor. */
static int open_bytes(const sluice_host *host, sluice_text bytes, sluice_error *error) {
    int fd = memfd_create("upload", MFD_CLOEXEC);
    uint64_t written = 0;
    while (fd >= 0 && written < bytes.len) {
        ssize_t count = write(fd, bytes.ptr + written, bytes.len - written);
        if (count < 0 && errno != EINTR) {
            close(fd);
            fd = -1;
        }
        written += count > 0 ? (uint64_t)count : 0;
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return host->fail(error, SLUICE_E_IO, "the upload can't be kept: %s", strerror(errno));
    return fd;
}

int sheet_from_csv(const sluice_host *host, sluice_self *self, sluice_text file_name, sluice_text bytes,
                   struct sheet *out, sluice_error *error) {
    char name[256];
    sluice_host lender = *host;
    lender.alloc = lend_memory;
    lender.columns = lend_columns;
    lender.reject_read = take_fault;
    *out = (struct sheet){.host = host};
    out->file = copy(out, file_name);
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(text_cut(file_name, 200)));
    int fd = open_bytes(host, bytes, error);
    if (fd < 0) {
        sheet_free(out);
        return fd;
    }
    int failed = read_all(out, &lender, self, name, fd, error);
    close(fd);
    if (!failed && !out->names)
        failed = host->fail(error, SLUICE_E_DATA, "%s: there is no row in it", name);
    if (failed)
        sheet_free(out);
    return failed;
}
