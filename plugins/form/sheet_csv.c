#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csv/reader.h>
#include <sluice/text.h>

#include "sheet_parts.h"

enum { BATCH_ROWS = 1024, BATCH_BYTES = 256 * 1024 };

/* The reader fills batches through a host: this one's memory is the sheet's. */
struct filling {
    sluice_filling view; /* first: the reader's view of it */
    struct sheet *sheet;
    sluice_text *names;
    sluice_text *faults; /* of the batch's rows */
};

static void *lend_memory(sluice_arena *arena, uint64_t bytes) {
    return sheet_memory(arena, bytes);
}

static int32_t lend_columns(sluice_filling *view, const sluice_text *names, uint32_t count,
                            sluice_error *error) {
    struct filling *filling = (struct filling *)view;
    struct sheet *sheet = filling->sheet;
    int failed = sheet->names ? 0 : sheet_columns(sheet, names, count, error);
    view->cells = failed ? NULL : sheet_memory(&sheet->arena, count * sizeof *view->cells);
    if (!failed && !view->cells)
        failed = sheet_no_memory(sheet->host, error);
    for (uint32_t c = 0; !failed && c < count; c++) {
        view->cells[c] = sheet_memory(&sheet->arena, view->row_limit * sizeof **view->cells);
        if (!view->cells[c])
            failed = sheet_no_memory(sheet->host, error);
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
    filling->faults[row] = sheet_copy(filling->sheet, reason);
    return filling->faults[row].ptr ? 0 : sheet_no_memory(filling->sheet->host, error);
}

static int keep_rows(struct filling *filling, sluice_error *error) {
    struct sheet *sheet = filling->sheet;
    for (uint32_t r = 0; r < filling->view.row_count; r++) {
        int failed = sheet_room(sheet, error);
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
    int answer = reader ? 0 : sheet_no_memory(sheet->host, error);
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
    out->file = sheet_copy(out, file_name);
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
