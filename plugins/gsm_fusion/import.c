/* The export has no order ids. An order that has none gets one made up of what tells it apart there: service,
 * IMEI and date; so the same row is the same order, however often it is imported.
 *
 * A file of rejected records is taken as well. Those with an order id were paid, and refused by a store: what
 * they know of themselves stays, also whose they are. Those without were never ordered. */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/amount.h>
#include <sluice/buffer.h>
#include <shared/code.h>
#include <sluice/json.h>
#include <sluice/text.h>
#include <sluice/made_id.h>

#include "news.h"
#include "status.h"

/* In the order of enum column. */
const char *const import_adds[] = {
    "order_id",
    "provider",
    "account",
    "service_name",
    "credits",
    "status",
    "carrier",
    "simlock",
    "model",
    "fmi",
    "imei2",
    "result_code",
    "result_code_display",
    "notes",
    "raw_response",
    NULL,
};
const char *const import_reads[] = {"SERVICE", "imei",  "credits", "status",     "CODE",  "imei2", "carrier",
                                    "simlock", "model", "fmi",     "order_date", "notes", "_code", NULL};

enum column {
    ORDER_ID,
    PROVIDER,
    ACCOUNT,
    SERVICE_NAME,
    CREDITS,
    STATUS,
    CARRIER,
    SIMLOCK,
    MODEL,
    FMI,
    IMEI2,
    RESULT_CODE,
    DISPLAY,
    NOTES,
    RAW_RESPONSE,
    COLUMNS
};

struct import {
    const sluice_host *host;
    const struct import_settings *settings;
    struct code code;
    struct buffer raw;
};

/* A batch at work. */
struct work {
    struct import *import;
    const sluice_batch *in;
    sluice_changes *out;
    sluice_error *error;
    sluice_text *cells[COLUMNS];
    int32_t from[COLUMNS]; /* where the batch has it; -1: nowhere */
    int32_t imei, order_date, rejected;
};

int32_t import_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error) {
    struct import *import = calloc(1, sizeof *import);
    (void)self;
    if (!import)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    import->host = host;
    import->settings = config;
    *instance = import;
    return SLUICE_OK;
}

void import_close(void *instance) {
    struct import *import = instance;
    code_free(&import->code);
    buffer_free(&import->raw);
    free(import);
}

/* ---- cells -------------------------------------------------------------------------------- */

/* In any letter case: what has no field of its own keeps the header's spelling. */
static int32_t find(const sluice_batch *batch, const char *name) {
    for (uint32_t c = 0; c < batch->column_count; c++)
        if (text_same(batch->names[c], text_of(name)))
            return (int32_t)c;
    return -1;
}

static int32_t find_either(const sluice_batch *batch, const char *name, const char *other) {
    int32_t column = find(batch, name);
    return column < 0 ? find(batch, other) : column;
}

/* Without the apostrophe that keeps a spreadsheet from running the cell. */
static sluice_text cell(const struct work *work, int32_t column, uint32_t row) {
    sluice_text text = column < 0 ? (sluice_text){NULL, 0} : text_trim(work->in->cells[column][row]);
    if (text.len > 1 && text.ptr[0] == '\'' && strchr("=+-@\t\r", text.ptr[1]))
        return (sluice_text){text.ptr + 1, text.len - 1};
    return text;
}

static bool keep(struct work *work, enum column column, uint32_t row, sluice_text value) {
    char *copy = value.len ? work->import->host->alloc(work->out->arena, value.len) : NULL;
    if (value.len && !copy)
        return false;
    if (value.len)
        memcpy(copy, value.ptr, value.len);
    work->cells[column][row] = (sluice_text){copy, value.len};
    return true;
}

/* ---- an order ----------------------------------------------------------------------------- */

static sluice_text either(sluice_text text, sluice_text other) {
    return text.len ? text : other;
}

/* Its own; else nothing of the file: the same order in another one is no news. */
static sluice_text write_raw(struct work *work, uint32_t row) {
    struct buffer *raw = &work->import->raw;
    sluice_text own = json_whole(cell(work, work->from[RAW_RESPONSE], row), '{');
    if (own.len)
        return own;
    raw->length = 0;
    raw->failed = false;
    buffer_string(raw, "{\"import\":true");
    code_write_pairs(raw, &work->import->code);
    buffer_string(raw, "}");
    return raw->failed ? (sluice_text){NULL, 0} : (sluice_text){raw->text, raw->length};
}

/* What the export has in a column of its own counts; else what its CODE says. */
static bool keep_result(struct work *work, uint32_t row) {
    static const enum code_field fields[] = {[CARRIER - CARRIER] = CODE_CARRIER,
                                             [SIMLOCK - CARRIER] = CODE_SIMLOCK,
                                             [MODEL - CARRIER] = CODE_MODEL,
                                             [FMI - CARRIER] = CODE_FMI,
                                             [IMEI2 - CARRIER] = CODE_IMEI2};
    sluice_text code = cell(work, work->from[RESULT_CODE], row);
    bool kept = code_read(&work->import->code, code);
    for (int column = CARRIER; column <= IMEI2 && kept; column++) {
        sluice_text own = cell(work, work->from[column], row);
        kept = keep(work, column, row, either(own, work->import->code.fields[fields[column - CARRIER]]));
    }
    return kept && keep(work, RESULT_CODE, row, code) &&
           keep(work, DISPLAY, row,
                either(cell(work, work->from[DISPLAY], row), work->import->code.display)) &&
           keep(work, RAW_RESPONSE, row, write_raw(work, row));
}

/* Somebody else's word in a column of that name is no provider: what is stored under it would be paid again.
 */
static sluice_text provider_of(const struct work *work, uint32_t row) {
    sluice_text none = {NULL, 0};
    bool ours = cell(work, work->rejected, row).len != 0;
    return either(ours ? cell(work, work->from[PROVIDER], row) : none, TEXT("gsm_fusion"));
}

static bool keep_order(struct work *work, uint32_t row, sluice_text imei) {
    char made[SLUICE_MADE_ID], amount[AMOUNT_TEXT];
    sluice_text service = cell(work, work->from[SERVICE_NAME], row);
    sluice_text id = cell(work, work->from[ORDER_ID], row);
    sluice_text credits = cell(work, work->from[CREDITS], row), plain = amount_read(credits, amount);
    sluice_text account = cell(work, work->from[ACCOUNT], row);
    if (!id.len)
        id = sluice_made_id(service, imei, cell(work, work->order_date, row), made);
    sluice_text provider = provider_of(work, row);
    if (text_equal(provider, TEXT("gsm_fusion")))
        account = either(account, work->import->settings->account);
    return keep(work, ORDER_ID, row, id) && keep(work, PROVIDER, row, provider) &&
           keep(work, ACCOUNT, row, account) && keep(work, SERVICE_NAME, row, service) &&
           keep(work, CREDITS, row, either(plain, credits)) &&
           keep(work, STATUS, row,
                status_name((sluice_text){NULL, 0}, cell(work, work->from[STATUS], row))) &&
           keep(work, NOTES, row, cell(work, work->from[NOTES], row)) && keep_result(work, row);
}

static int32_t take_row(struct work *work, uint32_t row) {
    const sluice_host *host = work->import->host;
    sluice_text imei = cell(work, work->imei, row);
    if (!imei.len)
        host->reject(work->out, row, "no_imei", TEXT("the order has no IMEI"));
    else if (cell(work, work->rejected, row).len && !cell(work, work->from[ORDER_ID], row).len)
        host->reject(work->out, row, "not_ordered",
                     TEXT("it was rejected before it became an order: there is nothing to store"));
    else if (!keep_order(work, row, imei))
        return host->fail(work->error, SLUICE_E_IO, "out of memory");
    return SLUICE_OK;
}

/* ---- a batch ------------------------------------------------------------------------------ */

static int32_t find_columns(struct work *work) {
    const sluice_batch *in = work->in;
    for (int column = 0; column < COLUMNS; column++)
        work->from[column] = find(in, import_adds[column]);
    work->from[SERVICE_NAME] = find_either(in, "service_name", "SERVICE");
    work->from[RESULT_CODE] = find_either(in, "CODE", "result_code");
    work->imei = find(in, "imei");
    work->order_date = find(in, "order_date");
    work->rejected = find(in, "_code");
    if (work->imei >= 0 && work->from[SERVICE_NAME] >= 0)
        return SLUICE_OK;
    return work->import->host->fail(work->error, SLUICE_E_DATA,
                                    "%.*s: has no column %s, so it is no export of a GSM Fusion site",
                                    TEXT_ARG(in->file), work->imei < 0 ? "IMEI NO." : "SERVICE");
}

static int32_t make_cells(struct work *work) {
    for (int column = 0; column < COLUMNS; column++) {
        size_t bytes = work->in->row_count * sizeof *work->cells[column];
        work->cells[column] = work->import->host->alloc(work->out->arena, bytes);
        if (!work->cells[column])
            return work->import->host->fail(work->error, SLUICE_E_IO, "out of memory");
        memset(work->cells[column], 0, bytes);
    }
    return SLUICE_OK;
}

/* Of the export's own columns nothing is left to be told of: the order has what they say. */
static int32_t take_away(const struct work *work, const char *name) {
    char header[64];
    int32_t at = find(work->in, name);
    if (at < 0)
        return SLUICE_OK;
    snprintf(header, sizeof header, "%.*s", TEXT_ARG(work->in->names[at]));
    return work->import->host->set_column(work->out, header, NULL, work->error);
}

static int32_t process(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    struct work work = {.import = instance, .in = in, .out = out, .error = error};
    if (!in->selected)
        return SLUICE_OK;
    int32_t failed = find_columns(&work);
    if (!failed)
        failed = make_cells(&work);
    for (uint32_t i = 0; i < in->selected && !failed; i++)
        failed = take_row(&work, sluice_selected(in, i));
    for (int column = 0; column < COLUMNS && !failed; column++)
        failed = work.import->host->set_column(out, import_adds[column], work.cells[column], error);
    if (!failed)
        failed = take_away(&work, "SERVICE");
    return failed ? failed : take_away(&work, "CODE");
}

const sluice_action import_action = {.size = sizeof import_action, .process = process};
