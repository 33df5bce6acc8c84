#include "news.h"

#include <stdio.h>

#include <shared/code_pairs.h>
#include <sluice/json.h>
#include <sluice/text.h>

#include "check.h"
#include "status.h"

/* In the order of enum column. */
const char *const check_adds[] = {
    "status", "result_code", "result_code_display", "carrier", "simlock", "model",
    "fmi",    "imei2",       "raw_response",        NULL};

enum column { STATUS, RESULT_CODE, DISPLAY, CARRIER, SIMLOCK, MODEL, FMI, IMEI2, RAW_RESPONSE, COLUMNS };

/* ---- verdicts ----------------------------------------------------------------------------- */

static void give_row(const struct news *news, uint32_t row, uint32_t kind, const char *code,
                     const char *text) {
    sluice_verdict verdict = {.size = sizeof verdict,
                              .kind = kind,
                              .row = row,
                              .code = text_of(code),
                              .text = text_of(text),
                              .retry_after_ms = -1};
    news->provider->host->verdict(news->call, &verdict);
}

static void give_whole(const struct news *news, uint32_t kind, const char *code, const char *text,
                       int64_t retry_after_ms) {
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = kind,
        .row = SLUICE_ALL_ROWS,
        .code = text_of(code),
        .text = text_of(text),
        .retry_after_ms = kind == SLUICE_VERDICT_RETRY_LATER ? retry_after_ms : -1,
        .split = news->row_count > 1 && kind == SLUICE_VERDICT_NO_NEWS,
    };
    news->provider->host->verdict(news->call, &verdict);
}

/* ---- an order ----------------------------------------------------------------------------- */

static sluice_text or_null(sluice_text text) {
    return text.len ? text : (sluice_text){NULL, 0};
}

/* The order's own members but for CODE, which is kept as it is in result_code. */
static sluice_text write_raw(struct news *news, sluice_text item, struct buffer *raw) {
    static const char *const code[] = {"CODE", NULL};
    buffer_string(raw, "{\"check\":");
    reply_write_flat(&news->reply, raw, item, code);
    code_write_pairs(raw, news->code);
    buffer_string(raw, "}");
    return raw->failed ? (sluice_text){NULL, 0} : (sluice_text){raw->text, raw->length};
}

static void tell(struct news *news, uint32_t row, sluice_text item, sluice_text status) {
    struct buffer raw = {0};
    sluice_text names[COLUMNS], result = or_null(reply_member_text(&news->reply, item, "CODE"));
    bool rejected = status_is_rejected(status);
    if (!code_read(news->code, result) || news->reply.failed) {
        give_row(news, row, SLUICE_VERDICT_IN_DOUBT, "no_memory", "there was no memory to read the result");
        return;
    }
    const sluice_text *fields = news->code->fields;
    const sluice_text values[COLUMNS] = {
        [STATUS] = status,
        [RESULT_CODE] = result,
        [DISPLAY] = news->code->display,
        [CARRIER] = fields[CODE_CARRIER],
        [SIMLOCK] = fields[CODE_SIMLOCK],
        [MODEL] = fields[CODE_MODEL],
        [FMI] = fields[CODE_FMI],
        [IMEI2] = fields[CODE_IMEI2],
        [RAW_RESPONSE] = write_raw(news, item, &raw),
    };
    for (int i = 0; i < COLUMNS; i++)
        names[i] = text_of(check_adds[i]);
    sluice_text why =
        result.len ? news->code->display : or_null(reply_member_text(&news->reply, item, "COMMENTS"));
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = rejected ? SLUICE_VERDICT_REFUNDED : SLUICE_VERDICT_CHECKED,
        .row = row,
        .order_id = news->rows[row].order_id,
        .code = rejected ? TEXT("rejected") : TEXT(""),
        .text = rejected ? why : (sluice_text){NULL, 0},
        .columns = names,
        .values = values,
        .column_count = COLUMNS,
        .retry_after_ms = -1,
    };
    news->provider->host->verdict(news->call, &verdict);
    buffer_free(&raw);
}

/* The items of SUCCESS that are about one row: the first, and whether another contradicts it. */
struct found {
    struct news *news;
    sluice_text item, number;
    uint32_t count;
    bool contradicts;
};

static int take_item(void *user, sluice_text item) {
    struct found *found = user;
    sluice_text number = text_trim(reply_member_text(&found->news->reply, item, "STATUS"));
    found->contradicts |= found->count && !text_equal(number, found->number);
    if (!found->count++) {
        found->item = item;
        found->number = number;
    }
    return 0;
}

static bool is_other_imei(const struct asked *asked, sluice_text imei) {
    return imei.len && asked->imei.len && !text_same(imei, asked->imei) &&
           !text_same(imei, asked->imei_as_written);
}

static void answer_item(struct news *news, uint32_t row, const struct found *found) {
    char why[200];
    const struct asked *asked = &news->rows[row];
    sluice_text imei = text_trim(reply_member_text(&news->reply, found->item, "IMEI"));
    sluice_text status = status_name(found->number);
    if (is_other_imei(asked, imei)) {
        snprintf(why, sizeof why, "the reply says that it is for IMEI %.*s, the record for %.*s",
                 TEXT_ARG(text_cut(imei, 48)), TEXT_ARG(text_cut(asked->imei, 48)));
        give_row(news, row, SLUICE_VERDICT_IN_DOUBT, "other_imei", why);
    } else if (found->contradicts) {
        give_row(news, row, SLUICE_VERDICT_IN_DOUBT, "contradiction",
                 "the reply contradicts itself: it has the order with two statuses");
    } else if (!status.ptr) {
        snprintf(why, sizeof why, "its status, '%.*s', is none of 0, 1, 3 and 4",
                 TEXT_ARG(text_cut(found->number, 64)));
        give_row(news, row, SLUICE_VERDICT_NO_NEWS, "unknown_status", why);
    } else {
        tell(news, row, found->item, status);
    }
}

/* {SUCCESS: […]} or {ERROR: …}, of the whole call or of one order. False: it has neither. */
static bool answer_row(struct news *news, uint32_t row, sluice_text object) {
    struct found found = {.news = news};
    struct reply_walk walk = {NULL};
    struct refusal refusal;
    sluice_text value;
    bool refused = refusal_find(&refusal, &news->reply, object, (sluice_texts){NULL, 0});
    while (reply_next_member(object, "SUCCESS", &walk, &value))
        if (!reply_is_empty(value))
            reply_each_object(value, take_item, &found);
    if (found.count && !refused)
        answer_item(news, row, &found);
    else if (refused) /* no rejection: of the order it says nothing */
        give_row(news, row, SLUICE_VERDICT_NO_NEWS, refusal.kind->code, refusal.text);
    return found.count || refused;
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* An error of the whole call. One of several orders may be its cause, or a site that has no bulk calls: then
 * each half is asked again, down to single calls. */
static void give_error(const struct news *news, const struct refusal *refusal, int64_t retry_after_ms) {
    bool single = news->row_count == 1;
    switch (refusal->kind->class) {
    case ERROR_AUTH:
        give_whole(news, SLUICE_VERDICT_REFUSED_AUTH, refusal->kind->code, refusal->text, -1);
        break;
    case ERROR_LATER:
        give_whole(news, SLUICE_VERDICT_RETRY_LATER, refusal->kind->code, refusal->text,
                   refusal->retry_after_ms >= 0 ? refusal->retry_after_ms : retry_after_ms);
        break;
    case ERROR_ACTION:
        give_whole(news, single ? SLUICE_VERDICT_REFUSED_CONFIG : SLUICE_VERDICT_NO_NEWS, refusal->kind->code,
                   refusal->text, -1);
        break;
    default:
        give_whole(news, SLUICE_VERDICT_NO_NEWS, refusal->kind->code, refusal->text, -1);
    }
}

static bool is_key(sluice_text key, sluice_text order_id) {
    return key.len == order_id.len + 3 && key.ptr[1] == NEWS_KEY &&
           memcmp(key.ptr + 2, order_id.ptr, order_id.len) == 0;
}

/* An order may stand in several rows. */
static uint32_t read_keys(struct news *news, sluice_text object) {
    struct json_walk walk;
    sluice_text key, value;
    uint32_t found = 0;
    if (!object.len || !json_walk_object(&walk, object))
        return 0;
    while (json_next_member(&walk, &key, &value))
        for (uint32_t i = 0; i < news->row_count; i++)
            if (is_key(key, news->rows[i].order_id))
                found += answer_row(news, i, value);
    return found;
}

/* False: the reply has nothing of the API in it. */
static bool read_rows(struct news *news, const sluice_reply *from) {
    struct refusal refusal;
    sluice_text root = news->reply.root;
    if (refusal_find(&refusal, &news->reply, root, (sluice_texts){NULL, 0})) {
        give_error(news, &refusal, from->retry_after_ms);
        return true;
    }
    if (news->row_count == 1)
        return answer_row(news, 0, root);
    uint32_t found = read_keys(news, root) + read_keys(news, reply_member(root, "SUCCESS"));
    return found || reply_member(root, "apiversion").ptr;
}

void news_read(struct news *news, const sluice_reply *from) {
    char came[REPLY_DESCRIPTION];
    reply_read(&news->reply, from->body);
    if (news->reply.kind != REPLY_JSON || provider_redirects(from) || !read_rows(news, from)) {
        reply_describe(&news->reply, from, came);
        give_whole(news, SLUICE_VERDICT_RETRY_LATER,
                   news->reply.kind == REPLY_DAMAGED ? "damaged_reply" : "foreign_reply", came,
                   from->retry_after_ms);
    }
    reply_free(&news->reply);
}
