#include "sink.h"

#include <stdlib.h>
#include <string.h>

#include "aside.h"
#include "delimiter.h"
#include "header.h"
#include "sink_parts.h"

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

int32_t sink_fail_memory(const struct sink *sink, sluice_error *error) {
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
        rc = sink_fail_memory(sink, error);
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
    free(sink->scratch);
    free(sink->home);
    free(sink);
}

/* Paid for, or rejected: there is no run to end for its columns any more. */
bool sink_may_go_aside(const struct sink *sink) {
    return (sink->rejects || sink->spends) && sink->target.mode == TARGET_APPEND && sink->target.regular &&
           !sink->config->columns.count && !sink->formed;
}

static int32_t go_aside(struct sink *sink, sluice_error *error) {
    if (!sink->home && !(sink->home = strdup(sink->target.path)))
        return sink_fail_memory(sink, error);
    return aside_open(&sink->target, sink->home,
                      sink->rejects ? "records that are rejected" : "orders that are placed", &sink->tail,
                      &sink->layout, &sink->writer, error);
}

/* Open the target once, and know the layout's place in what is there already. `written`: there are records.
 */
int32_t sink_prepare(struct sink *sink, bool written, sluice_error *error) {
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
    if (rc == SLUICE_E_CONFIG && written && sink_may_go_aside(sink))
        rc = go_aside(sink, error);
    sink->headed = rc == 0;
    return rc;
}

static int32_t sink_probe(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int32_t rc = sink_prepare(sink, false, error);
    return rc < 0 ? rc : target_prove(&sink->target, error);
}

/* Else the first records would decide, and those of a list know less than what is ordered. */
static int32_t sink_columns(void *instance, const sluice_text *names, uint32_t count, sluice_error *error) {
    struct sink *sink = instance;
    if (sink->laid_out || !count)
        return 0;
    sink->laid_out = sink->layout.may_lack = layout_from_names(&sink->layout, names, count);
    return sink->laid_out ? 0 : sink_fail_memory(sink, error);
}

/* ---- batches ------------------------------------------------------------------------------ */

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
    int32_t rc = sink_find_columns(sink, batch, error);
    if (rc == 0 && !sink_put_header(sink))
        rc = sink_fail_memory(sink, error);
    for (uint32_t i = 0; i < batch->selected && rc == 0; i++)
        rc = sink_take_row(sink, sluice_selected(batch, i), out, error);
    return rc < 0 ? take_back(sink, rc) : 0;
}

static int32_t sink_commit(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int32_t rc = sink_flush(sink, error);
    if (rc == 0)
        rc = target_commit(&sink->target, error);
    return rc < 0 ? take_back(sink, rc) : 0;
}

static int32_t sink_finish(void *instance, sluice_error *error) {
    struct sink *sink = instance;
    int32_t rc = 0;
    if (sink->target.mode == TARGET_REPLACE && !sink->laid_out && sink->host->rejects(sink->self) == 1)
        return target_remove(&sink->target, error); /* nothing was rejected */
    if (sink->target.mode == TARGET_REPLACE) {
        /* A run without a record leaves a file without one, not the rows of the run before. */
        rc = sink_prepare(sink, false, error);
        if (rc == 0 && sink->laid_out && !sink_put_header(sink))
            rc = sink_fail_memory(sink, error);
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
