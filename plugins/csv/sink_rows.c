#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "sink_parts.h"

/* What was written since `begin`, in a form that can be read again. */
static bool show_nuls(struct sink *sink, size_t begin) {
    if (!writer_has_nul(&sink->writer, begin))
        return true;
    if (!sink->said_nul)
        sink->host->log(
            sink->self, SLUICE_LOG_WARN,
            "%s: a value holds a NUL byte, which no CSV file can; it is written as U+FFFD, and so is "
            "every one after it",
            sink->target.name);
    sink->said_nul = true;
    return writer_show_nuls(&sink->writer, begin);
}

bool sink_put_header(struct sink *sink) {
    struct writer *writer = &sink->writer;
    bool excel = writer->excel, guarded = writer->guarded;
    static const sluice_text mark = {"\xef\xbb\xbf", 3};
    if (sink->target.length || writer->used)
        return true;
    writer->excel = writer->guarded = false;
    bool written = true;
    if (sink->config->format == FORMAT_GSM_FUSION || sink->config->bom) {
        written = writer_cell(writer, mark);
        writer->used -= written; /* a mark is no cell: no delimiter behind it */
        writer->row = writer->used;
    }
    for (uint32_t c = 0; c < sink->layout.count && written; c++)
        written = writer_cell(writer, sink->layout.columns[c].header);
    written = written && writer_end_row(writer) && show_nuls(sink, 0);
    writer->excel = excel;
    writer->guarded = guarded;
    return written;
}

static bool scratch_for(struct sink *sink, uint64_t length) {
    size_t room = length * 3 + 64;
    if (room <= sink->scratch_room)
        return true;
    char *scratch = realloc(sink->scratch, room);
    if (!scratch)
        return false;
    sink->scratch = scratch;
    sink->scratch_room = room;
    return true;
}

static bool put_formed(struct sink *sink, uint32_t c, uint32_t row) {
    sluice_text cell = sink->cells[c] ? sink->cells[c][row] : (sluice_text){NULL, 0};
    enum layout_form form = sink->layout.columns[c].form;
    if (form == LAYOUT_CODE && !cell.len && sink->codes)
        cell = sink->codes[row];
    if (!scratch_for(sink, cell.len))
        return false;
    if (form == LAYOUT_CREDITS)
        cell = export_credits(cell, sink->scratch, sink->scratch_room);
    else if (form == LAYOUT_DATE)
        cell = export_date(cell, sink->scratch, sink->scratch_room);
    else if (form == LAYOUT_CODE)
        cell = export_code(cell, sink->scratch, sink->scratch_room);
    return writer_cell(&sink->writer, cell);
}

static bool put_row(struct sink *sink, uint32_t row) {
    if (!sink->formed)
        return writer_row(&sink->writer, sink->cells, sink->layout.count, row);
    for (uint32_t c = 0; c < sink->layout.count; c++)
        if (!put_formed(sink, c, row))
            return false;
    return writer_end_row(&sink->writer);
}

/* A row that the run which crashed had written already, and that is delivered once more; or a record that was
 * rejected before: a service reads the same input again and again. */
static bool is_known(const struct sink *sink, uint32_t row, size_t begin) {
    const struct writer *writer = &sink->writer;
    if (!sink->tail.count || (!sink->rejects && (!sink->ids || !sink->ids[row].len)))
        return false;
    return tail_has(&sink->tail, writer->buffer + begin, writer->used - begin - (writer->crlf ? 2 : 1));
}

static uint64_t row_length(const struct sink *sink, uint32_t row) {
    uint64_t length = 0;
    for (uint32_t c = 0; c < sink->layout.count; c++)
        length += sink->cells[c] ? sink->cells[c][row].len : 0;
    return length;
}

int32_t sink_flush(struct sink *sink, sluice_error *error) {
    struct writer *writer = &sink->writer;
    if (!writer->used)
        return 0;
    int32_t rc = target_write(&sink->target, writer->buffer, writer->used, error);
    writer->used = writer->row = 0;
    return rc;
}

int32_t sink_take_row(struct sink *sink, uint32_t row, sluice_changes *out, sluice_error *error) {
    struct writer *writer = &sink->writer;
    size_t begin = writer->used;
    if (!put_row(sink, row)) {
        static const char reason[] = "the row is larger than 32 MiB";
        writer_undo(writer);
        if (row_length(sink, row) < WRITER_MOST / 2)
            return sink_fail_memory(sink, error);
        sink->host->reject(out, row, "row_too_long", (sluice_text){reason, sizeof reason - 1});
        return 0;
    }
    if (!show_nuls(sink, begin))
        return sink_fail_memory(sink, error);
    if (is_known(sink, row, begin))
        writer->used = writer->row = begin;
    return writer->used >= WRITER_FLUSH ? sink_flush(sink, error) : 0;
}
