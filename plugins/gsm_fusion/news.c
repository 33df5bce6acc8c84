#include "news.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/text.h>

#include "check.h"
#include "errors.h"
#include "status.h"

enum { FOREIGN_NAMED = 3, RAW_FIELDS = 64 };

/* In the order of enum column. */
const char *const check_adds[] = {
    "status", "result_code", "result_code_display", "carrier", "simlock", "model",
    "fmi",    "imei2",       "raw_response",        NULL};

enum column { STATUS, RESULT_CODE, DISPLAY, CARRIER, SIMLOCK, MODEL, FMI, IMEI2, RAW_RESPONSE, COLUMNS };

/* ---- rows --------------------------------------------------------------------------------- */

static bool stands_before(const struct news *news, uint32_t row) {
    for (uint32_t i = 0; i < row; i++)
        if (text_equal(news->rows[i].order_id, news->rows[row].order_id))
            return true;
    return false;
}

/* Ids that grow from row to row, the usual case, repeat none. */
static bool grows(const struct news *news) {
    for (uint32_t i = 1; i < news->row_count; i++) {
        sluice_text a = news->rows[i - 1].order_id, b = news->rows[i].order_id;
        if (a.len > b.len || (a.len == b.len && memcmp(a.ptr, b.ptr, a.len) >= 0))
            return false;
    }
    return true;
}

void news_begin(struct news *news) {
    for (uint32_t i = 1; i < news->row_count && !news->repeats && !(i == 1 && grows(news)); i++)
        news->repeats = stands_before(news, i);
}

/* Replies come in the order of the request: the next row is nearly always the right one. */
static struct asked *find_row(struct news *news, sluice_text order_id) {
    for (uint32_t i = 0; order_id.len && i < news->row_count; i++) {
        uint32_t at = (news->next + i) % news->row_count;
        if (text_equal(news->rows[at].order_id, order_id)) {
            news->next = (at + 1) % news->row_count;
            return &news->rows[at];
        }
    }
    return NULL;
}

static void warn_foreign(struct news *news, sluice_text id, sluice_text imei) {
    const struct provider *provider = news->exchange.provider;
    if (news->foreign++ < FOREIGN_NAMED)
        provider->host->log(provider->self, SLUICE_LOG_WARN,
                            "the reply has order '%.*s' (IMEI '%.*s'), which wasn't asked for",
                            TEXT_ARG(text_cut(id, 64)), TEXT_ARG(text_cut(imei, 64)));
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static void give(const struct news *news, sluice_verdict *verdict) {
    verdict->size = sizeof *verdict;
    news->exchange.provider->host->verdict(news->exchange.call, verdict);
}

static void give_whole(const struct news *news, uint32_t kind, const char *code, const char *text,
                       int64_t retry_after_ms) {
    sluice_verdict verdict = {
        .kind = kind,
        .row = SLUICE_ALL_ROWS,
        .code = text_of(code),
        .text = text_of(text),
        .retry_after_ms = kind == SLUICE_VERDICT_RETRY_LATER ? retry_after_ms : -1,
        .split = news->row_count > 1 && (kind == SLUICE_VERDICT_NO_NEWS || kind == SLUICE_VERDICT_IN_DOUBT),
    };
    give(news, &verdict);
}

static void give_row(const struct news *news, const struct asked *asked, uint32_t kind, const char *code,
                     const char *text) {
    sluice_verdict verdict = {.kind = kind,
                              .row = (uint32_t)(asked - news->rows),
                              .code = text_of(code),
                              .text = text_of(text),
                              .retry_after_ms = -1};
    give(news, &verdict);
}

/* ---- raw_response ------------------------------------------------------------------------- */

static bool came_before(const struct record *record, uint32_t field) {
    for (uint32_t i = 0; i < field; i++)
        if (strcmp(record->fields[i].element, record->fields[field].element) == 0)
            return true;
    return false;
}

/* The order's own elements but for CODE, which is kept as it is in result_code. */
static void write_elements(struct buffer *raw, const struct record *record) {
    const char *comma = "";
    buffer_string(raw, "\"check\":{");
    for (uint32_t i = 0; i < record->count && i < RAW_FIELDS; i++) {
        const struct field *field = &record->fields[i];
        if (field->name == NAME_CODE || came_before(record, i))
            continue;
        buffer_string(raw, comma);
        buffer_json(raw, text_of(field->element));
        buffer_string(raw, ":");
        buffer_json(raw, record_text(record, field));
        comma = ",";
    }
    buffer_string(raw, "}");
}

static sluice_text write_raw(struct news_writer *writer, const struct record *record) {
    struct buffer *raw = &writer->raw;
    raw->length = 0;
    raw->failed = false;
    buffer_string(raw, "{");
    write_elements(raw, record);
    code_write_pairs(raw, &writer->code);
    buffer_string(raw, "}");
    return raw->failed ? (sluice_text){NULL, 0} : (sluice_text){raw->text, raw->length};
}

/* ---- an order ----------------------------------------------------------------------------- */

static sluice_text or_null(sluice_text text) {
    return text.len ? text : (sluice_text){NULL, 0};
}

static void tell(struct news *news, const struct asked *asked, const struct record *record,
                 sluice_text status) {
    struct news_writer *writer = news->writer;
    sluice_text names[COLUMNS], raw_code = or_null(record_value(record, NAME_CODE));
    bool rejected = text_equal(status, TEXT("Rejected"));
    if (!code_read(&writer->code, raw_code)) {
        give_row(news, asked, SLUICE_VERDICT_IN_DOUBT, "no_memory", "there was no memory to read the result");
        return;
    }
    const sluice_text *fields = writer->code.fields;
    const sluice_text values[COLUMNS] = {
        [STATUS] = status,
        [RESULT_CODE] = raw_code,
        [DISPLAY] = writer->code.display,
        [CARRIER] = fields[CODE_CARRIER],
        [SIMLOCK] = fields[CODE_SIMLOCK],
        [MODEL] = fields[CODE_MODEL],
        [FMI] = fields[CODE_FMI],
        [IMEI2] = fields[CODE_IMEI2],
        [RAW_RESPONSE] = write_raw(writer, record),
    };
    for (int i = 0; i < COLUMNS; i++)
        names[i] = text_of(check_adds[i]);
    sluice_verdict verdict = {
        .kind = rejected ? SLUICE_VERDICT_REFUNDED : SLUICE_VERDICT_CHECKED,
        .row = (uint32_t)(asked - news->rows),
        .order_id = asked->order_id,
        .code = rejected ? TEXT("rejected") : TEXT(""),
        .text = rejected ? writer->code.display : (sluice_text){NULL, 0},
        .columns = names,
        .values = values,
        .column_count = COLUMNS,
        .retry_after_ms = -1,
    };
    give(news, &verdict);
}

/* One of the four that there are: another one could be anything, and is no reason to stop asking. */
static bool is_known(sluice_text status) {
    static const char *const known[] = {"Pending", "Completed", "Rejected", "In Process"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_equal(status, text_of(known[i])))
            return true;
    return false;
}

static bool is_other_imei(const struct asked *asked, sluice_text imei) {
    return imei.len && asked->imei.len && !text_same(imei, asked->imei) &&
           !text_same(imei, asked->imei_as_written);
}

static void answer_row(struct news *news, struct asked *asked, const struct record *record) {
    char why[200];
    sluice_text imei = record_value(record, NAME_IMEI);
    sluice_text number = record_value(record, NAME_STATUSID), word = record_value(record, NAME_STATUS);
    sluice_text status = status_name(number, word);
    if (is_other_imei(asked, imei)) {
        snprintf(why, sizeof why, "the reply says that it is for IMEI %.*s, the record for %.*s",
                 TEXT_ARG(text_cut(imei, 48)), TEXT_ARG(text_cut(asked->imei, 48)));
        give_row(news, asked, SLUICE_VERDICT_IN_DOUBT, "other_imei", why);
    } else if (status_contradicts(number, word)) {
        snprintf(why, sizeof why, "the reply contradicts itself: its status is number %.*s, but also '%.*s'",
                 TEXT_ARG(text_cut(number, 8)), TEXT_ARG(text_cut(word, 64)));
        give_row(news, asked, SLUICE_VERDICT_IN_DOUBT, "contradiction", why);
    } else if (!is_known(status)) {
        snprintf(why, sizeof why,
                 "its status, '%.*s', is none of Pending, In Process, Completed and Rejected",
                 TEXT_ARG(text_cut(status, 64)));
        give_row(news, asked, SLUICE_VERDICT_NO_NEWS, "unknown_status", why);
    } else if (asked->status.ptr && !text_equal(asked->status, status)) {
        snprintf(why, sizeof why, "the reply contradicts itself: %.*s, but also %.*s",
                 TEXT_ARG(asked->status), TEXT_ARG(status));
        give_row(news, asked, SLUICE_VERDICT_IN_DOUBT, "contradiction", why);
    } else if (!asked->status.ptr) {
        asked->status = status; /* a constant */
        tell(news, asked, record, status);
    }
}

void news_record(void *state, const struct record *record) {
    struct news *news = state;
    if (exchange_error(&news->exchange, record) || record->name != NAME_IMEIS)
        return;
    sluice_text id = record_value(record, NAME_ID);
    struct asked *asked = find_row(news, id);
    if (!asked)
        warn_foreign(news, id, record_value(record, NAME_IMEI));
    else if (!news->repeats)
        answer_row(news, asked, record);
    for (uint32_t i = 0; asked && news->repeats && i < news->row_count; i++)
        if (text_equal(news->rows[i].order_id, id))
            answer_row(news, &news->rows[i], record);
}

/* ---- the end ------------------------------------------------------------------------------ */

/* An error of the whole call. One of several orders may be its cause: then each half is asked again. */
static void give_error(const struct news *news, int64_t retry_after_ms) {
    const char *text = news->exchange.error;
    const struct error_kind *kind = error_classify(text_of(text));
    switch (kind->class) {
    case ERROR_AUTH:
        give_whole(news, SLUICE_VERDICT_REFUSED_AUTH, kind->code, text, -1);
        break;
    case ERROR_MAINTENANCE:
        give_whole(news, SLUICE_VERDICT_RETRY_LATER, kind->code, text, retry_after_ms);
        break;
    case ERROR_NO_ORDER:
        if (news->row_count == 1)
            give_row(news, &news->rows[0], SLUICE_VERDICT_NO_NEWS, kind->code, text);
        else
            give_whole(news, SLUICE_VERDICT_NO_NEWS, kind->code, text, -1);
        break;
    default:
        give_whole(news, SLUICE_VERDICT_IN_DOUBT, kind->code, text, -1);
    }
}

void news_end(struct news *news, const sluice_reply *reply, enum reply_state state, const char *came) {
    if (state != REPLY_COMPLETE)
        give_whole(news, SLUICE_VERDICT_RETRY_LATER,
                   state == REPLY_DAMAGED ? "damaged_reply" : "foreign_reply", came, reply->retry_after_ms);
    else if (news->exchange.error[0])
        give_error(news, reply->retry_after_ms);
}

void news_writer_free(struct news_writer *writer) {
    code_free(&writer->code);
    buffer_free(&writer->raw);
}
