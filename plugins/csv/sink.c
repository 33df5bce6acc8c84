#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "delimiter.h"
#include "form.h"
#include "header.h"
#include "lack.h"
#include "layout.h"
#include "tail.h"
#include "target.h"
#include "writer.h"

enum { FORMAT_PLAIN, FORMAT_GSM_FUSION };

const char *const csv_formats[] = {"plain", "gsm_fusion", NULL};
static const char *const mode_choices[] = {"auto", "append", "replace", NULL};

const sluice_option csv_sink_options[8] = {
    SLUICE_OPT_TEXT(struct sink_config, path, "path", SLUICE_REQUIRED, NULL,
                    "The file to write; - is standard output.", "orders.csv"),
    SLUICE_OPT_CHOICE(
        struct sink_config, format, "format", 0, "plain", csv_formats,
        "plain writes the fields as they are, gsm_fusion the columns and forms of GSM Fusion's export."),
    SLUICE_OPT_PAIRS(
        struct sink_config, columns, "columns", 0,
        "The fields to write, in this order, and the header of each; without it every field is written.",
        "{order_id: Order, imei: IMEI}"),
    SLUICE_OPT_CHOICE(struct sink_config, delimiter, "delimiter", 0, ",", delimiter_choices + 1,
                      "What stands between cells."),
    SLUICE_OPT_CHOICE(
        struct sink_config, mode, "mode", 0, "auto", mode_choices,
        "append adds to the file, replace puts a new one in its place when the run is over; auto appends "
        "in a pipeline that spends and replaces in any other."),
    SLUICE_OPT_BOOL(struct sink_config, excel, "excel", 0, "false",
                    "Write identifiers as =\"…\", so that a spreadsheet keeps every digit."),
    SLUICE_OPT_BOOL(struct sink_config, escape_formulas, "escape_formulas", 0, "false",
                    "Put an apostrophe before a cell that a spreadsheet would run as a formula; always on in "
                    "gsm_fusion."),
    SLUICE_OPT_BOOL(
        struct sink_config, bom, "bom", 0, "false",
        "Begin the file with a byte order mark, by which spreadsheets know UTF-8; always there in "
        "gsm_fusion."),
};

struct sink {
    const sluice_host *host;
    sluice_self *self;
    const struct sink_config *config;
    struct target target;
    struct writer writer;
    struct layout layout;
    struct tail tail;
    bool opened;     /* the target is open, its tail is known */
    bool laid_out;   /* the layout is known */
    bool headed;     /* the file's header is checked or, in a new file, is to be written with the first row */
    bool formed;     /* a column has a form of its own */
    bool said_field; /* a warning about fields was given */
    bool rejects;    /* records of on_reject, to append: see aside.h */
    bool spends;     /* orders, to append: likewise */
    char *home;      /* the path that was asked for, once another file takes the records */
    const sluice_text **cells; /* of the batch at hand, by column of the layout; NULL: no such field */
    const sluice_text *codes;  /* result_code, for LAYOUT_CODE */
    const sluice_text *ids;    /* order_id */
    struct form form;
};

static int32_t fail_memory(const struct sink *sink, sluice_error *error) {
    return sink->host->fail(error, SLUICE_E_IO, "%s: out of memory", sink->target.name);
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum target_mode choose_mode(const struct sink *sink) {
    bool spends = sink->host->spends(sink->self) == 1;
    if (sink->config->mode == CSV_MODE_AUTO)
        return spends ? TARGET_APPEND : TARGET_REPLACE;
    if (spends && sink->config->mode == CSV_MODE_REPLACE)
        sink->host->log(
            sink->self, SLUICE_LOG_WARN,
            "mode: replace in a pipeline that spends: the file holds only what the last finished run "
            "delivered; mode: append keeps every order");
    return sink->config->mode == CSV_MODE_APPEND ? TARGET_APPEND : TARGET_REPLACE;
}

/* What is known before the first batch. */
static bool lay_out(struct sink *sink) {
    const struct sink_config *config = sink->config;
    if (config->format == FORMAT_GSM_FUSION) {
        sink->laid_out = sink->formed = true;
        return layout_gsm_fusion(&sink->layout);
    }
    sink->laid_out = config->columns.count > 0;
    return !sink->laid_out || layout_from_option(&sink->layout, config->columns);
}

int32_t csv_sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                      sluice_error *error) {
    struct sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    sink->host = host;
    sink->self = self;
    sink->config = config;
    bool export = sink->config->format == FORMAT_GSM_FUSION;
    sink->writer = (struct writer){
        .delimiter = delimiter_of(sink->config->delimiter + 1),
        .crlf = export,
        .excel = sink->config->excel,
        .guarded = export || sink->config->escape_formulas,
    };
    int32_t rc;
    if (export && sink->config->columns.count)
        rc = host->fail(error, SLUICE_E_CONFIG,
                        "format: gsm_fusion has columns of its own; leave columns out");
    else
        rc = target_init(&sink->target, host, self, sink->config->path, choose_mode(sink), error);
    if (rc == 0 && !lay_out(sink))
        rc = fail_memory(sink, error);
    sink->spends = host->spends(self) == 1;
    if (rc < 0) {
        layout_free(&sink->layout);
        free(sink);
        return rc;
    }
    *instance = sink;
    return 0;
}

void csv_sink_close(void *instance) {
    struct sink *sink = instance;
    target_close(&sink->target);
    writer_free(&sink->writer);
    layout_free(&sink->layout);
    tail_free(&sink->tail);
    free(sink->cells);
    form_free(&sink->form);
    free(sink->home);
    free(sink);
}

/* Paid for, or rejected: there is no run to end for its columns any more. */
static bool may_go_aside(const struct sink *sink) {
    return (sink->rejects || sink->spends) && sink->target.mode == TARGET_APPEND && sink->target.regular &&
           !sink->config->columns.count && !sink->formed;
}

static int32_t go_aside(struct sink *sink, sluice_error *error) {
    if (!sink->home && !(sink->home = strdup(sink->target.path)))
        return fail_memory(sink, error);
    return aside_open(&sink->target, sink->home,
                      sink->rejects ? "records that are rejected" : "orders that are placed", &sink->tail,
                      &sink->layout, &sink->writer, error);
}

/* Open the target once, and know the layout's place in what is there already. `written`: there are records.
 */
static int32_t prepare(struct sink *sink, bool written, sluice_error *error) {
    int32_t rc = target_open(&sink->target, error);
    if (rc == 0 && !sink->opened)
        rc = tail_load(&sink->tail, &sink->target, sink->writer.delimiter, error);
    if (rc < 0)
        return rc;
    sink->opened = true;
    if (sink->headed || !sink->laid_out)
        return 0;
    if (sink->target.length > 0)
        rc = header_check(&sink->target, &sink->layout, &sink->writer, error);
    if (rc == SLUICE_E_CONFIG && written && may_go_aside(sink))
        rc = go_aside(sink, error);
    sink->headed = rc == 0;
    return rc;
}

static int32_t sink_probe(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int32_t rc = prepare(sink, false, error);
    return rc < 0 ? rc : target_prove(&sink->target, error);
}

/* Else the first records would decide, and those of a list know less than what is ordered. */
static int32_t sink_columns(void *instance, const sluice_text *names, uint32_t count, sluice_error *error) {
    struct sink *sink = instance;
    if (sink->laid_out || !count)
        return 0;
    sink->laid_out = sink->layout.may_lack = layout_from_names(&sink->layout, names, count);
    return sink->laid_out ? 0 : fail_memory(sink, error);
}

/* ---- batches ------------------------------------------------------------------------------ */

static const sluice_text *find_cells(const sluice_batch *batch, sluice_text field) {
    int32_t c = sluice_find_column(batch, field.ptr, field.len);
    return c < 0 ? NULL : batch->cells[c];
}

static const sluice_text *find_named(const sluice_batch *batch, const char *field) {
    return find_cells(batch, (sluice_text){field, strlen(field)});
}

static int32_t flush(struct sink *sink, sluice_error *error) {
    struct writer *writer = &sink->writer;
    if (!writer->used)
        return 0;
    int32_t rc = target_write(&sink->target, writer->buffer, writer->used, error);
    writer->used = writer->row = 0;
    return rc;
}

static bool has_extra(const struct sink *sink, const sluice_batch *batch) {
    return !sink->config->columns.count && !sink->formed && lack_has_extra(&sink->layout, batch);
}

/* Where no money is spent, what comes up later than the first batch is left out, but not without a word. */
static void say_lack(struct sink *sink, const sluice_batch *batch) {
    bool chosen = sink->config->columns.count > 0;
    uint32_t c = 0;
    while (chosen && c < sink->layout.count && sink->cells[c])
        c++;
    if (sink->said_field || (chosen ? c == sink->layout.count : !has_extra(sink, batch)))
        return;
    if (chosen)
        lack_say_empty(&sink->target, batch, &sink->layout.columns[c]);
    else
        lack_say_extra(&sink->target, &sink->layout, batch);
    sink->said_field = true;
}

/* Orders with more fields than those before: another file takes them, with all of their fields. */
static int32_t widen(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    int32_t rc = flush(sink, error);
    if (rc == 0 && sink->headed)
        rc = target_commit(&sink->target, error);
    if (rc == 0 && !layout_join(&sink->layout, batch))
        rc = fail_memory(sink, error);
    free(sink->cells);
    sink->cells = NULL;
    sink->headed = false;
    return rc;
}

/* What leaves for on_reject says why. */
static bool is_of_rejects(const sluice_batch *batch) {
    return find_named(batch, "_row") && find_named(batch, "_step") && find_named(batch, "_code") &&
           find_named(batch, "_reason");
}

static int32_t find_columns(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    bool first = !sink->rejects;
    sink->rejects = sink->target.mode == TARGET_APPEND && is_of_rejects(batch);
    if (!sink->laid_out) {
        if (!layout_from_names(&sink->layout, batch->names, batch->column_count))
            return fail_memory(sink, error);
        sink->layout.may_lack =
            !sink->rejects; /* orders that were found, not placed, know less of themselves */
        sink->laid_out = true;
    }
    int32_t rc = 0;
    if (sink->spends && may_go_aside(sink) && has_extra(sink, batch))
        rc = widen(sink, batch, error);
    if (rc == 0)
        rc = prepare(sink, true, error);
    if (rc == 0 && sink->rejects && first && sink->target.length > 0)
        rc = tail_learn(&sink->tail, &sink->target, sink->writer.delimiter, error);
    if (rc < 0)
        return rc;
    if (!sink->cells &&
        !(sink->cells = calloc(sink->layout.count ? sink->layout.count : 1, sizeof *sink->cells)))
        return fail_memory(sink, error);
    for (uint32_t c = 0; c < sink->layout.count; c++)
        sink->cells[c] = find_cells(batch, sink->layout.columns[c].field);
    say_lack(sink, batch);
    sink->codes = find_named(batch, "result_code");
    sink->ids = find_named(batch, "order_id");
    return 0;
}

/* ---- rows --------------------------------------------------------------------------------- */

static bool put_header(struct sink *sink) {
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
    written = written && writer_end_row(writer);
    writer->excel = excel;
    writer->guarded = guarded;
    return written;
}

static bool put_formed(struct sink *sink, uint32_t c, uint32_t row) {
    sluice_text cell = sink->cells[c] ? sink->cells[c][row] : (sluice_text){NULL, 0};
    enum layout_form form = sink->layout.columns[c].form;
    if (form == LAYOUT_CODE && !cell.len && sink->codes)
        cell = sink->codes[row];
    return form_cell(&sink->form, form, &cell) && writer_cell(&sink->writer, cell);
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

static int32_t take_row(struct sink *sink, uint32_t row, sluice_changes *out, sluice_error *error) {
    struct writer *writer = &sink->writer;
    size_t begin = writer->used;
    if (!put_row(sink, row)) {
        static const char reason[] = "the row is larger than 32 MiB";
        writer_undo(writer);
        if (row_length(sink, row) < WRITER_MOST / 2)
            return fail_memory(sink, error);
        sink->host->reject(out, row, "row_too_long", (sluice_text){reason, sizeof reason - 1});
        return 0;
    }
    if (is_known(sink, row, begin))
        writer->used = writer->row = begin;
    return writer->used >= WRITER_FLUSH ? flush(sink, error) : 0;
}

/* None of the rows since the last commit are kept: the file, too, is as it was then. */
static int32_t take_back(struct sink *sink, int32_t failure) {
    sluice_error second = {.size = sizeof second}; /* the first failure is the one to tell */
    sink->writer.used = sink->writer.row = 0;
    target_cut(&sink->target, sink->target.kept, &second);
    return failure;
}

static int32_t sink_write(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct sink *sink = instance;
    if (!batch->selected)
        return 0;
    int32_t rc = find_columns(sink, batch, error);
    if (rc == 0 && !put_header(sink))
        rc = fail_memory(sink, error);
    for (uint32_t i = 0; i < batch->selected && rc == 0; i++)
        rc = take_row(sink, sluice_selected(batch, i), out, error);
    return rc < 0 ? take_back(sink, rc) : 0;
}

static int32_t sink_commit(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int32_t rc = flush(sink, error);
    if (rc == 0)
        rc = target_commit(&sink->target, error);
    return rc < 0 ? take_back(sink, rc) : 0;
}

static int32_t sink_finish(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int32_t rc = 0;
    if (sink->target.mode == TARGET_REPLACE) {
        /* A run without a record leaves a file without one, not the rows of the run before. */
        rc = prepare(sink, false, error);
        if (rc == 0 && sink->laid_out && !put_header(sink))
            rc = fail_memory(sink, error);
    }
    if (rc == 0)
        rc = sink_commit(sink, error);
    if (rc == 0)
        rc = target_finish(&sink->target, error);
    if (rc == 0)
        tail_free(&sink->tail);
    return rc;
}

const sluice_sink csv_sink_callbacks = {
    .size = sizeof csv_sink_callbacks,
    .probe = sink_probe,
    .write = sink_write,
    .commit = sink_commit,
    .finish = sink_finish,
    .columns = sink_columns,
};
