#include "answer.h"

#include <stdio.h>

#include <sluice/text.h>

#include "errors.h"
#include "place.h"
#include "status.h"

/* ---- records ------------------------------------------------------------------------------ */

static bool is_row(const struct answer_row *row, sluice_text imei) {
    return text_same(imei, row->key) || text_same(imei, row->wire);
}

/* Replies come in the order of the request: the next row is nearly always the right one. */
static struct answer_row *find_row(struct answer *answer, sluice_text imei) {
    for (uint32_t i = 0; imei.len && i < answer->row_count; i++) {
        uint32_t at = (answer->next + i) % answer->row_count;
        if (is_row(&answer->rows[at], imei)) {
            answer->next = (at + 1) % answer->row_count;
            return &answer->rows[at];
        }
    }
    return NULL;
}

static void warn_foreign(struct answer *answer, sluice_text imei, sluice_text id) {
    const struct provider *provider = answer->exchange.provider;
    if (answer->foreign++ < 3)
        provider->host->log(provider->self, SLUICE_LOG_WARN,
                            "the reply names '%.*s' (order '%.*s'), which wasn't asked for",
                            TEXT_ARG(text_cut(imei, 64)), TEXT_ARG(text_cut(id, 64)));
}

static struct note keep(struct answer *answer, sluice_text text) {
    struct note note = {answer->notes.length, text.len};
    buffer_add(&answer->notes, text);
    return answer->notes.failed ? (struct note){0, 0} : note;
}

static struct note keep_format(struct answer *answer, const char *format, sluice_text a, sluice_text b) {
    struct note note = {answer->notes.length, 0};
    buffer_format(&answer->notes, format, TEXT_ARG(a), TEXT_ARG(b));
    note.length = answer->notes.length - note.start;
    return note;
}

static sluice_text note_text(const struct answer *answer, struct note note) {
    return note.length ? (sluice_text){answer->notes.text + note.start, note.length} : (sluice_text){NULL, 0};
}

/* A second, different answer for a row: none of them can be believed. */
static void contradict(struct answer *answer, struct answer_row *row, const char *other) {
    const char *first = row->order_id[0] ? row->order_id : row->code;
    row->text = keep_format(answer, "the reply contradicts itself: '%.*s', but also '%.*s'", text_of(first),
                            text_of(other));
    row->kind = SLUICE_VERDICT_IN_DOUBT;
    row->code = "contradiction";
}

static void say(struct answer *answer, struct answer_row *row, uint32_t kind, const char *code,
                sluice_text text) {
    if (row->kind == kind)
        return;
    if (row->kind) {
        contradict(answer, row, code);
        return;
    }
    row->kind = kind;
    row->code = code;
    row->text = keep(answer, text);
}

/* Letters, digits, '-' and '_'; not all zeros, which is how PHP says "none". */
static bool is_order_id(sluice_text id) {
    bool zero = true;
    if (!id.len || id.len >= ORDER_ID_TEXT)
        return false;
    for (uint64_t i = 0; i < id.len; i++) {
        char c = id.ptr[i], letter = (char)(c | 0x20);
        if (!text_is_digit(c) && !(letter >= 'a' && letter <= 'z') && c != '-' && c != '_')
            return false;
        zero &= c == '0';
    }
    return !zero;
}

/* {"place": {…}}: the store keeps what later calls say beside it. The same element twice: the first. */
static struct note keep_raw(struct answer *answer, const struct record *record) {
    struct buffer *notes = &answer->notes;
    struct note note = {notes->length, 0};
    buffer_string(notes, "{\"place\":{");
    for (uint32_t i = 0, written = 0; i < record->count && i < 64; i++) {
        const struct field *field = &record->fields[i];
        uint32_t before = 0;
        while (before < i && strcmp(record->fields[before].element, field->element) != 0)
            before++;
        if (before < i)
            continue;
        if (written++)
            buffer_string(notes, ",");
        buffer_json(notes, text_of(field->element));
        buffer_string(notes, ":");
        buffer_json(notes, record_text(record, field));
    }
    buffer_string(notes, "}}");
    note.length = notes->failed ? 0 : notes->length - note.start;
    return note;
}

static void on_order(struct answer *answer, const struct record *record) {
    sluice_text imei = record_value(record, NAME_IMEI), id = record_value(record, NAME_ID);
    struct answer_row *row = find_row(answer, imei);
    if (!row) {
        warn_foreign(answer, imei, id);
        return;
    }
    if (row->kind == SLUICE_VERDICT_PLACED && text_equal(id, text_of(row->order_id)))
        return;
    if (row->kind) {
        char other[ORDER_ID_TEXT];
        snprintf(other, sizeof other, "%.*s", TEXT_ARG(id));
        contradict(answer, row, other);
        return;
    }
    if (!is_order_id(id)) {
        row->kind = SLUICE_VERDICT_IN_DOUBT;
        row->code = "no_order_id";
        row->text =
            keep_format(answer, "the reply has an order for '%.*s', but '%.*s' is no order id", imei, id);
        return;
    }
    sluice_text number = record_value(record, NAME_STATUSID), word = record_value(record, NAME_STATUS);
    sluice_text status = status_name(number, word);
    row->kind = SLUICE_VERDICT_PLACED;
    memcpy(row->order_id, id.ptr, id.len);
    if (!status.len || status.len >= STATUS_TEXT || status_contradicts(number, word)) /* it is asked about */
        status = TEXT("Pending");
    memcpy(row->status, status.ptr, status.len);
    row->raw = keep_raw(answer, record);
}

static void on_duplicates(struct answer *answer, const struct record *record) {
    for (uint32_t i = 0; i < record->count; i++) {
        enum name name = record->fields[i].name;
        sluice_text list = record_text(record, &record->fields[i]), imei;
        if (name != NAME_IMEI && name != NAME_IMEIDUPLICATES)
            continue;
        while ((imei = text_next(&list)).ptr) {
            struct answer_row *row = find_row(answer, imei);
            if (row)
                say(answer, row, SLUICE_VERDICT_DUPLICATE, "already_exists",
                    TEXT("the provider already has an order for it"));
            else if (imei.len)
                warn_foreign(answer, imei, TEXT("duplicate"));
        }
    }
}

static void refuse_row(struct answer *answer, struct answer_row *row, sluice_text text) {
    static const uint32_t kinds[] = {
        [ERROR_OTHER] = SLUICE_VERDICT_REJECTED,      [ERROR_AUTH] = SLUICE_VERDICT_REFUSED_AUTH,
        [ERROR_NO_CREDIT] = SLUICE_VERDICT_NO_CREDIT, [ERROR_MAINTENANCE] = SLUICE_VERDICT_RETRY_LATER,
        [ERROR_DUPLICATE] = SLUICE_VERDICT_DUPLICATE, [ERROR_REJECTED] = SLUICE_VERDICT_REJECTED,
        [ERROR_NO_ORDER] = SLUICE_VERDICT_REJECTED,
    };
    const struct error_kind *kind = error_classify(text);
    say(answer, row, kinds[kind->class], kind->code, text);
}

/* Pairs of imei and error, in this order; a lone pair in any order. */
static void on_refusal(struct answer *answer, const struct record *record) {
    sluice_text imei = {NULL, 0}, error = {NULL, 0};
    for (uint32_t i = 0; i < record->count; i++) {
        if (record->fields[i].name == NAME_IMEI)
            imei = record_text(record, &record->fields[i]);
        else if (record->fields[i].name == NAME_ERROR)
            error = record_text(record, &record->fields[i]);
        if (!imei.ptr || !error.ptr)
            continue;
        struct answer_row *row = find_row(answer, imei);
        if (row)
            refuse_row(answer, row, error);
        else
            warn_foreign(answer, imei, error);
        imei = error = (sluice_text){NULL, 0};
    }
}

void answer_record(void *state, const struct record *record) {
    struct answer *answer = state;
    if (record->name == NAME_IMEIS)
        on_order(answer, record);
    else if (record->name == NAME_IMEIDUPLICATES)
        on_duplicates(answer, record);
    else if (record->name == NAME_IMEIERRORS)
        on_refusal(answer, record);
    else
        exchange_error(&answer->exchange, record);
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static void give(const struct answer *answer, sluice_verdict *verdict) {
    verdict->size = sizeof *verdict;
    answer->exchange.provider->host->verdict(answer->exchange.call, verdict);
}

static void give_row(const struct answer *answer, uint32_t index, int64_t retry_after_ms) {
    const struct answer_row *row = &answer->rows[index];
    /* The IMEI as it was ordered, whatever it looked like in the input: by that it is looked for later. */
    const sluice_text columns[] = {TEXT("status"), TEXT("raw_response"), TEXT("imei")};
    const sluice_text values[] = {text_of(row->status), note_text(answer, row->raw), row->wire};
    sluice_verdict verdict = {
        .kind = row->kind,
        .row = index,
        .code = text_of(row->code),
        .text = note_text(answer, row->text),
        .retry_after_ms = row->kind == SLUICE_VERDICT_RETRY_LATER ? retry_after_ms : -1,
    };
    if (row->kind == SLUICE_VERDICT_PLACED) {
        verdict.order_id = text_of(row->order_id);
        verdict.columns = columns;
        verdict.values = values;
        verdict.column_count = 3;
    }
    if (row->kind)
        give(answer, &verdict);
}

/* Rows that have no proof of an order are in doubt, and this is why. */
static void doubt_rows(const struct answer *answer, const char *code, sluice_text why) {
    for (uint32_t i = 0; i < answer->row_count; i++) {
        if (answer->rows[i].kind == SLUICE_VERDICT_PLACED) {
            give_row(answer, i, -1);
            continue;
        }
        sluice_verdict verdict = {.kind = SLUICE_VERDICT_IN_DOUBT,
                                  .row = i,
                                  .code = text_of(code),
                                  .text = why,
                                  .retry_after_ms = -1};
        give(answer, &verdict);
    }
}

static bool nothing_said(const struct answer *answer) {
    for (uint32_t i = 0; i < answer->row_count; i++)
        if (answer->rows[i].kind)
            return false;
    return true;
}

/* <error> for the whole call. Of several rows only what concerns the account or the site is free for
 * all; "IMEI already exists!" and the like may be about one of them, and the others bought. */
static void give_error(const struct answer *answer, int64_t retry_after_ms) {
    static const uint32_t kinds[] = {
        [ERROR_OTHER] = SLUICE_VERDICT_IN_DOUBT,      [ERROR_AUTH] = SLUICE_VERDICT_REFUSED_AUTH,
        [ERROR_NO_CREDIT] = SLUICE_VERDICT_NO_CREDIT, [ERROR_MAINTENANCE] = SLUICE_VERDICT_RETRY_LATER,
        [ERROR_DUPLICATE] = SLUICE_VERDICT_DUPLICATE, [ERROR_REJECTED] = SLUICE_VERDICT_REJECTED,
        [ERROR_NO_ORDER] = SLUICE_VERDICT_IN_DOUBT,
    };
    sluice_text text = text_of(answer->exchange.error);
    const struct error_kind *kind = error_classify(text);
    bool whole = kind->class == ERROR_AUTH || kind->class == ERROR_MAINTENANCE;
    if (!nothing_said(answer) || (answer->row_count > 1 && !whole)) {
        doubt_rows(answer, kind->code, text);
        return;
    }
    sluice_verdict verdict = {
        .kind = kinds[kind->class],
        .row = whole ? SLUICE_ALL_ROWS : 0,
        .code = text_of(kind->code),
        .text = text,
        .retry_after_ms = kind->class == ERROR_MAINTENANCE ? retry_after_ms : -1,
    };
    give(answer, &verdict);
}

void answer_end(struct answer *answer, const sluice_reply *reply, enum reply_state state, const char *came) {
    char why[REPLY_DESCRIPTION + 400];
    if (exchange_redirects(reply)) {
        snprintf(why, sizeof why, "HTTP %d: the provider redirects to %.*s: change base_url", reply->status,
                 TEXT_ARG(exchange_target(reply)));
        doubt_rows(answer, "redirect", text_of(why));
    } else if (answer->notes.failed) {
        doubt_rows(answer, "no_memory", TEXT("the reply came, but there was no memory to keep it"));
    } else if (state != REPLY_COMPLETE) {
        snprintf(why, sizeof why, "no whole reply of the API came: %s", came);
        doubt_rows(answer, state == REPLY_DAMAGED ? "damaged_reply" : "foreign_reply", text_of(why));
    } else if (reply->status >= 500) {
        snprintf(why, sizeof why, "HTTP %d: %s", reply->status,
                 answer->exchange.error[0] ? answer->exchange.error : "no proof of what became of the order");
        doubt_rows(answer, "server_error", text_of(why));
    } else if (answer->exchange.error[0]) {
        give_error(answer, reply->retry_after_ms);
    } else {
        for (uint32_t i = 0; i < answer->row_count; i++)
            give_row(answer, i, reply->retry_after_ms);
    }
}
