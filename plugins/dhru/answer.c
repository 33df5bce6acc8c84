#include "answer.h"

#include <stdarg.h>
#include <stdio.h>

#include <sluice/json.h>
#include <sluice/text.h>

enum { FOREIGN_NAMED = 3, WORD = 100 };

/* ---- one row ------------------------------------------------------------------------------- */

bool answer_is_order_id(sluice_text id) {
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

static void warn_foreign(struct answer *answer, sluice_text what, sluice_text id) {
    const struct provider *provider = answer->provider;
    if (answer->foreign++ < FOREIGN_NAMED)
        provider->host->log(provider->self, SLUICE_LOG_WARN,
                            "the reply names '%.*s' (order '%.*s'), which wasn't asked for",
                            TEXT_ARG(text_cut(what, 64)), TEXT_ARG(text_cut(id, 64)));
}

static void doubt(struct answer_row *row, const char *code, const char *format, ...) SLUICE_PRINTF(3, 4);

static void doubt(struct answer_row *row, const char *code, const char *format, ...) {
    va_list arguments;
    row->kind = SLUICE_VERDICT_IN_DOUBT;
    row->code = code;
    va_start(arguments, format);
    vsnprintf(row->text, sizeof row->text, format, arguments);
    va_end(arguments);
}

static const char *word(sluice_text text, char out[WORD]) {
    snprintf(out, WORD, "%.*s", TEXT_ARG(text_cut(text, WORD - 1)));
    return out;
}

static void contradict(struct answer_row *row, sluice_text first, sluice_text other) {
    char a[WORD], b[WORD];
    doubt(row, "contradiction", "the reply contradicts itself: '%s', but also '%s'", word(first, a),
          word(other, b));
}

/* A number with a point or an exponent isn't what was sent, but what some library made of it. */
static bool is_exact(sluice_text value) {
    for (uint64_t i = 0; value.len && value.ptr[0] != '"' && i < value.len; i++)
        if (!text_is_digit(value.ptr[i]))
            return false;
    return true;
}

/* An order id for the row. */
static void take_id(struct answer *answer, struct answer_row *row, sluice_text item, sluice_text value) {
    char a[WORD];
    sluice_text id = text_trim(reply_text(&answer->reply, value));
    if (row->kind == SLUICE_VERDICT_IN_DOUBT ||
        (row->kind == SLUICE_VERDICT_PLACED && text_equal(id, text_of(row->order_id))))
        return;
    if (row->kind) {
        contradict(row, row->order_id[0] ? text_of(row->order_id) : text_of(row->code), id);
    } else if (!answer_is_order_id(id) || !is_exact(value)) {
        doubt(row, "no_order_id", "the order was received, but '%s' is no order id", word(id, a));
    } else {
        row->kind = SLUICE_VERDICT_PLACED;
        row->code = "";
        row->item = item;
        memcpy(row->order_id, id.ptr, id.len);
    }
}

static bool is_other(const struct answer_row *row, sluice_text imei) {
    return imei.len && !text_same(imei, row->key) && !text_same(imei, row->wire);
}

/* Where a row is judged: what `each` of its items is given. */
struct judging {
    struct answer *answer;
    struct answer_row *row;
};

/* An item of SUCCESS. */
static int take_item(void *user, sluice_text item) {
    struct judging *judging = user;
    struct answer *answer = judging->answer;
    sluice_text imei = text_trim(reply_member_text(&answer->reply, item, "IMEI"));
    sluice_text id = reply_member(item, "REFERENCEID");
    if (is_other(judging->row, imei))
        warn_foreign(answer, imei, reply_text(&answer->reply, id));
    else
        take_id(answer, judging->row, item, id);
    return 0;
}

/* The error of one row, or of a call with one. */
static void refuse(struct answer_row *row, const struct refusal *refusal) {
    static const uint32_t kinds[] = {
        [ERROR_OTHER] = SLUICE_VERDICT_IN_DOUBT,        [ERROR_AUTH] = SLUICE_VERDICT_REFUSED_AUTH,
        [ERROR_ACTION] = SLUICE_VERDICT_REFUSED_CONFIG, [ERROR_NO_CREDIT] = SLUICE_VERDICT_NO_CREDIT,
        [ERROR_LATER] = SLUICE_VERDICT_RETRY_LATER,     [ERROR_DUPLICATE] = SLUICE_VERDICT_DUPLICATE,
        [ERROR_REJECTED] = SLUICE_VERDICT_REJECTED,     [ERROR_NO_ORDER] = SLUICE_VERDICT_IN_DOUBT,
    };
    if (row->kind == SLUICE_VERDICT_PLACED || row->kind == SLUICE_VERDICT_IN_DOUBT)
        return;
    if (row->kind && row->kind != kinds[refusal->kind->class]) {
        contradict(row, text_of(row->code), text_of(refusal->kind->code));
        return;
    }
    row->kind = kinds[refusal->kind->class];
    row->code = refusal->kind->code;
    row->retry_after_ms = refusal->retry_after_ms;
    memcpy(row->text, refusal->text, sizeof row->text);
}

/* {SUCCESS: […]} or {ERROR: …}, of the whole call or of one reference. False: it has neither. */
static bool judge(struct answer *answer, struct answer_row *row, sluice_text object) {
    struct judging judging = {answer, row};
    struct reply_walk walk = {NULL};
    struct refusal refusal;
    sluice_text value, echo = text_trim(reply_member_text(&answer->reply, object, "IMEI"));
    char a[WORD], b[WORD];
    bool said = false;
    if (is_other(row, echo)) {
        doubt(row, "other_imei", "the reply is for '%s', the order is for '%s'", word(echo, a),
              word(row->key, b));
        return true;
    }
    while (reply_next_member(object, "SUCCESS", &walk, &value)) {
        if (reply_is_empty(value))
            continue;
        said = true;
        reply_each_object(value, take_item, &judging);
    }
    bool refused = refusal_find(&refusal, &answer->reply, object, answer->provider->settings->refusals);
    if (refused)
        refuse(row, &refusal);
    else if (said && !row->kind)
        doubt(row, "no_order_id", "the reply says that it was received, and has no order id for '%s'",
              word(row->key, a));
    return said || refused;
}

/* The dialect {status, message, referenceid}. False: it is something else. */
static bool judge_plain(struct answer *answer, struct answer_row *row, sluice_text object) {
    struct reply *reply = &answer->reply;
    struct refusal refusal;
    char a[WORD], b[WORD];
    sluice_text status = reply_member_text(reply, object, "status"), id = reply_member(object, "referenceid");
    if (!status.ptr && !id.ptr)
        return false;
    bool bad = status.len && !text_same(status, TEXT("success"));
    if (!reply_is_empty(id))
        take_id(answer, row, object, id);
    if (bad && row->kind == SLUICE_VERDICT_PLACED) {
        contradict(row, text_of(row->order_id), status);
    } else if (bad) {
        refusal_read(&refusal, reply, reply_member(object, "message"), answer->provider->settings->refusals);
        refuse(row, &refusal);
    } else if (!row->kind) {
        doubt(row, "no_order_id", "the reply says '%s', and has no order id for '%s'", word(status, a),
              word(row->key, b));
    }
    return true;
}

/* ---- a bulk reply -------------------------------------------------------------------------- */

static struct answer_row *find_row(struct answer *answer, sluice_text key) {
    sluice_text reference = {key.ptr + 1, key.len - 2};
    for (uint32_t i = 0; i < answer->row_count; i++)
        if (text_equal(answer->rows[i].reference, reference))
            return &answer->rows[i];
    return NULL;
}

static bool is_answer(sluice_text value) {
    return reply_member(value, "SUCCESS").ptr || reply_member(value, "ERROR").ptr ||
           reply_member(value, "referenceid").ptr || reply_member(value, "status").ptr;
}

/* References with what is said of each. */
static uint32_t read_references(struct answer *answer, sluice_text object) {
    struct json_walk walk;
    sluice_text key, value;
    uint32_t found = 0;
    if (!object.len || !json_walk_object(&walk, object))
        return 0;
    while (json_next_member(&walk, &key, &value)) {
        struct answer_row *row = find_row(answer, key);
        if (row)
            found += judge(answer, row, value) || judge_plain(answer, row, value);
        else if (is_answer(value))
            warn_foreign(answer, (sluice_text){key.ptr + 1, key.len - 2}, TEXT(""));
    }
    return found;
}

static int read_block(void *user, sluice_text block) {
    read_references(user, block);
    return 0;
}

/* ---- verdicts ------------------------------------------------------------------------------ */

static sluice_text write_raw(struct answer *answer, const struct answer_row *row, struct buffer *raw) {
    buffer_string(raw, "{\"place\":");
    reply_write_flat(&answer->reply, raw, row->item, NULL);
    buffer_string(raw, "}");
    return raw->failed ? (sluice_text){NULL, 0} : (sluice_text){raw->text, raw->length};
}

static void give_row(struct answer *answer, uint32_t index) {
    const struct answer_row *row = &answer->rows[index];
    struct buffer raw = {0};
    const sluice_text columns[] = {TEXT("status"), TEXT("raw_response")};
    sluice_text values[] = {TEXT("Pending"), {NULL, 0}};
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = row->kind,
        .row = index,
        .code = text_of(row->code),
        .text = text_of(row->text),
        .retry_after_ms = row->kind == SLUICE_VERDICT_RETRY_LATER ? row->retry_after_ms : -1,
    };
    if (!row->kind)
        return;
    if (row->kind == SLUICE_VERDICT_PLACED) {
        values[1] = write_raw(answer, row, &raw);
        verdict.order_id = text_of(row->order_id);
        verdict.columns = columns;
        verdict.values = values;
        verdict.column_count = 2;
    }
    answer->provider->host->verdict(answer->call, &verdict);
    buffer_free(&raw);
}

/* Rows that have no proof of an order are in doubt, and this is why. */
static void doubt_rows(struct answer *answer, const char *code, const char *why) {
    for (uint32_t i = 0; i < answer->row_count; i++) {
        struct answer_row *row = &answer->rows[i];
        if (row->kind != SLUICE_VERDICT_PLACED) {
            row->kind = SLUICE_VERDICT_IN_DOUBT;
            row->code = code;
            snprintf(row->text, sizeof row->text, "%.*s",
                     TEXT_ARG(text_cut(text_of(why), sizeof row->text - 1)));
        }
        give_row(answer, i);
    }
}

/* An ERROR of a call with several rows: only what concerns the account or the site is free for all of them;
 * anything else may be about one of them, and the others bought. */
static void give_root_error(struct answer *answer, const struct refusal *refusal, int64_t retry_after_ms) {
    enum error_class class = refusal->kind->class;
    bool later = class == ERROR_LATER;
    for (uint32_t i = 0; i < answer->row_count; i++)
        if (answer->rows[i].kind || (!later && class != ERROR_AUTH && class != ERROR_ACTION)) {
            doubt_rows(answer, refusal->kind->code, refusal->text);
            return;
        }
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = later                   ? SLUICE_VERDICT_RETRY_LATER
                : class == ERROR_ACTION ? SLUICE_VERDICT_REFUSED_CONFIG
                                        : SLUICE_VERDICT_REFUSED_AUTH,
        .row = SLUICE_ALL_ROWS,
        .code = text_of(refusal->kind->code),
        .text = text_of(refusal->text),
        .retry_after_ms = !later                         ? -1
                          : refusal->retry_after_ms >= 0 ? refusal->retry_after_ms
                                                         : retry_after_ms,
    };
    answer->provider->host->verdict(answer->call, &verdict);
}

static void give_rows(struct answer *answer, const sluice_reply *from) {
    char why[REFUSAL_TEXT + 40] = "";
    for (uint32_t i = 0; i < answer->row_count && from->status >= 500; i++)
        if (answer->rows[i].kind && answer->rows[i].kind != SLUICE_VERDICT_PLACED && !why[0])
            snprintf(why, sizeof why, "HTTP %d: %s", from->status, answer->rows[i].text);
    if (from->status >= 500) {
        doubt_rows(answer, "server_error", why[0] ? why : "no proof of what became of the order");
        return;
    }
    for (uint32_t i = 0; i < answer->row_count; i++) {
        if (answer->rows[i].retry_after_ms < 0)
            answer->rows[i].retry_after_ms = from->retry_after_ms;
        give_row(answer, i);
    }
}

/* References stand at the root, or in SUCCESS. False: the reply has nothing of the API in it. */
static bool read_bulk(struct answer *answer) {
    sluice_text root = answer->reply.root, value;
    struct reply_walk walk = {NULL};
    bool found = read_references(answer, root) > 0 || reply_member(root, "apiversion").ptr;
    while (reply_next_member(root, "SUCCESS", &walk, &value)) {
        found |= !reply_is_empty(value);
        if (value.len && value.ptr[0] == '[')
            reply_each(value, read_block, answer);
        else
            read_references(answer, value);
    }
    return found;
}

/* False, and nothing is said yet: the reply has nothing of the API in it. */
static bool read_rows(struct answer *answer, const sluice_reply *from) {
    struct refusal refusal;
    sluice_text root = answer->reply.root;
    bool single = !answer->rows[0].reference.ptr;
    bool found = single ? judge(answer, &answer->rows[0], root) : read_bulk(answer);
    bool refused =
        !single && refusal_find(&refusal, &answer->reply, root, answer->provider->settings->refusals);
    if (refused && from->status >= 500)
        doubt_rows(answer, "server_error", refusal.text);
    else if (refused)
        give_root_error(answer, &refusal, from->retry_after_ms);
    else if (found)
        give_rows(answer, from);
    return found || refused;
}

void answer_read(struct answer *answer, const sluice_reply *from) {
    char came[REPLY_DESCRIPTION], why[REPLY_DESCRIPTION + 400];
    struct reply *reply = &answer->reply;
    reply_read(reply, from->body);
    if (provider_redirects(from)) {
        snprintf(why, sizeof why, "HTTP %d: the provider redirects to %.*s: change base_url", from->status,
                 TEXT_ARG(text_cut(provider_target(from), 200)));
        doubt_rows(answer, "redirect", why);
    } else if (reply->kind != REPLY_JSON || !read_rows(answer, from)) {
        reply_describe(reply, from, came);
        snprintf(why, sizeof why, "no whole reply of the API came: %s", came);
        doubt_rows(answer, reply->kind == REPLY_DAMAGED ? "damaged_reply" : "foreign_reply", why);
    }
    reply_free(reply);
}
