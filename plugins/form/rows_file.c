#include "rows_file.h"

#include <stdlib.h>
#include <string.h>

#include <csv/writer.h>
#include <sluice/text.h>

#include "ask.h"
#include "pump.h"

enum { PIECE = 32 * 1024 };

struct file {
    struct pump *pump;
    struct writer writer;
    bool begun, failed;
};

static bool flush(struct file *file) {
    bool wanted = !file->writer.used || pump_put(file->pump, file->writer.buffer, file->writer.used);
    file->writer.used = file->writer.row = 0;
    return wanted;
}

static int32_t add_row(void *user, const sluice_row *row) {
    struct file *file = user;
    const sluice_batch *batch = row->batch;
    if (!file->begun)
        for (uint32_t c = 0; c < batch->column_count; c++)
            file->failed |= !writer_cell(&file->writer, batch->names[c]);
    if (!file->begun)
        file->failed |= !writer_end_row(&file->writer);
    file->begun = true;
    for (uint32_t c = 0; c < batch->column_count; c++)
        file->failed |= !writer_cell(&file->writer, batch->cells[c][row->row]);
    file->failed |= !writer_end_row(&file->writer);
    return file->failed || (file->writer.used >= PIECE && !flush(file));
}

static int write_file(struct pump *pump, struct form *form, void *user, sluice_error *error) {
    struct file file = {.pump = pump, .writer = {.delimiter = ',', .crlf = true, .guarded = true}};
    struct ask ask;
    ask_begin(&ask, SLUICE_QUERY_JOB_ROWS);
    ask_where(&ask, "job", text_of(user));
    int failed = ask_run(&ask, form, add_row, &file, error);
    if (!failed && file.failed)
        failed = form->host->fail(error, SLUICE_E_IO, "out of memory");
    if (!failed)
        flush(&file);
    writer_free(&file.writer);
    return failed;
}

enum MHD_Result rows_file_reply(struct request *request, const char *job) {
    char *name = strdup(job);
    return name ? pump_reply(request, "text/csv; charset=utf-8", "job.csv", write_file, name) : MHD_NO;
}
