/* What is left out of a draft, as a file: the rows as they were sent, and why. */
#include <stdio.h>

#include <csv/writer.h>
#include <sluice/text.h>

#include "ask.h"
#include "foresight.h"
#include "pages.h"
#include "reply.h"

struct bad_file {
    const struct sheet *sheet;
    struct writer writer;
    bool failed;
};

static void write_bad(struct bad_file *file, uint32_t row, sluice_text code, sluice_text reason) {
    char number[24];
    const struct sheet *sheet = file->sheet;
    snprintf(number, sizeof number, "%llu", (unsigned long long)sheet->numbers[row]);
    for (uint32_t c = 0; c < sheet->columns; c++)
        file->failed |= !writer_cell(&file->writer, sheet->cells[c][row]);
    file->failed |= !writer_cell(&file->writer, text_of(number)) || !writer_cell(&file->writer, code) ||
                    !writer_cell(&file->writer, reason) || !writer_end_row(&file->writer);
}

static int on_bad(void *user, uint32_t row, const sluice_row *known) {
    sluice_text state = ask_cell(known, "state"), code = ask_cell(known, "code");
    if (!text_is(state, "new") && !text_is(state, "ordered") && !text_is(state, "in_doubt") &&
        !text_is(state, "busy"))
        write_bad(user, row, code.len ? code : state, ask_cell(known, "reason"));
    return 0;
}

static int write_all(struct request *request, struct bad_file *file, sluice_error *error) {
    const struct sheet *sheet = file->sheet;
    for (uint32_t c = 0; c < sheet->columns; c++)
        file->failed |= !writer_cell(&file->writer, sheet->names[c]);
    file->failed |= !writer_cell(&file->writer, TEXT("_row")) || !writer_cell(&file->writer, TEXT("_code")) ||
                    !writer_cell(&file->writer, TEXT("_reason")) || !writer_end_row(&file->writer);
    int failed = foresight_rows(request->form, sheet, on_bad, file, error);
    for (uint32_t r = 0; !failed && r < sheet->rows; r++)
        if (sheet->faults[r].ptr)
            write_bad(file, r, TEXT("unreadable"), sheet->faults[r]);
    return failed;
}

enum MHD_Result page_draft_bad(struct request *request) {
    struct form *form = request->form;
    struct draft *draft = draft_find(&form->drafts, request->part, form->host->now_ms());
    sluice_error error = {.size = sizeof error};
    if (!draft)
        return page_draft_gone(request);
    struct bad_file file = {.sheet = &draft->sheet,
                            .writer = {.delimiter = ',', .crlf = true, .guarded = true}};
    int failed = write_all(request, &file, &error);
    struct buffer text = {.failed = file.failed};
    buffer_put(&text, file.writer.buffer ? file.writer.buffer : "", file.writer.used);
    writer_free(&file.writer);
    draft_release(&form->drafts, draft);
    if (failed) {
        buffer_free(&text);
        return reply_failure(request, &error);
    }
    return reply_file(request, "text/csv; charset=utf-8", "left-out.csv", &text);
}
