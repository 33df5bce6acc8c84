/* check.c - a free call about a record: what became of its order, or what a service knows about it. */
#include <stdio.h>

#include <sluice/text.h>

#include "action.h"

static sluice_text cell(const sluice_row *row, const char *column) {
    int32_t at = sluice_find_column(row->batch, column, strlen(column));
    return at < 0 ? (sluice_text){NULL, 0} : text_trim(row->batch->cells[at][row->row]);
}

/* ---- build --------------------------------------------------------------------------------- */

static int find_missing(void *user, sluice_text name) {
    const struct scope *scope = user;
    return scope_has(scope, name) ? 0 : 1;
}

int32_t check_build(struct action *action, sluice_call *call, sluice_request *request, sluice_error *error) {
    const sluice_host *host = action->host;
    sluice_text name;
    if (call->row_count != 1 || action->settings->spends)
        return host->fail(error, SLUICE_E_SOFTWARE, "this action has no such call");
    struct scope scope = {.row = call->rows};
    if (shape_each_name(&action->shape, find_missing, &scope))
        return host->fail(
            error, SLUICE_E_CONFIG,
            "the request takes something from a column that the records don't have; the names in "
            "{{ }} are those of columns");
    const char *wrong = shape_check(&action->shape, &scope, &name);
    if (wrong)
        return host->fail(error, SLUICE_E_DATA, "'%.*s' %s", TEXT_ARG(text_cut(name, 64)), wrong);
    return shape_build(&action->shape, &action->shape.target, (sluice_text){NULL, 0}, &scope, request, error);
}

/* ---- parse --------------------------------------------------------------------------------- */

static void give(const struct action *action, sluice_call *call, uint32_t row, uint32_t kind,
                 const char *code, const char *text, int64_t retry_after_ms) {
    sluice_verdict verdict = {.size = sizeof verdict,
                              .kind = kind,
                              .row = row,
                              .code = text_of(code),
                              .text = text_of(text),
                              .retry_after_ms = retry_after_ms};
    action->host->verdict(call, &verdict);
}

static void give_news(struct action *action, sluice_call *call, struct reply *reply, sluice_text status) {
    struct columns *columns = &action->columns;
    bool rejected = text_is(status, "Rejected"), refunded = rejected && action->settings->refunds;
    if (!columns_fill(columns, reply, status, "check")) {
        give(action, call, 0, SLUICE_VERDICT_NO_NEWS, "too_large", "the reply is too large to keep", -1);
        return;
    }
    sluice_text why = words_own(action->settings, reply);
    if (!why.len)
        why = reply_at(reply, action->settings->status);
    sluice_verdict verdict = {
        .size = sizeof verdict,
        .kind = refunded ? SLUICE_VERDICT_REFUNDED : SLUICE_VERDICT_CHECKED,
        .order_id = cell(call->rows, "order_id"),
        .code = rejected ? TEXT("rejected") : TEXT(""),
        .text = rejected ? why : (sluice_text){NULL, 0},
        .columns = columns->names,
        .values = columns->values,
        .column_count = columns->count,
        .retry_after_ms = -1,
    };
    action->host->verdict(call, &verdict);
}

static bool is_other(const struct action *action, const sluice_call *call, struct reply *reply) {
    sluice_text said = text_trim(reply_at(reply, action->settings->identifier));
    sluice_text own = cell(call->rows, "imei");
    return said.len && own.len && !text_same(said, own);
}

static void judge(struct action *action, sluice_call *call, struct reply *reply) {
    char why[200];
    sluice_text status = columns_status(&action->columns, reply);
    if (is_other(action, call, reply)) {
        give(action, call, 0, SLUICE_VERDICT_IN_DOUBT, "other_imei",
             "the reply is for another identifier than the record", -1);
    } else if (action->settings->status.ptr && !status.ptr) {
        sluice_text word = reply_at(reply, action->settings->status);
        snprintf(why, sizeof why, "its status, '%.*s', is none of 'statuses'", TEXT_ARG(text_cut(word, 64)));
        give(action, call, 0, SLUICE_VERDICT_NO_NEWS, "unknown_status", why, -1);
    } else {
        give_news(action, call, reply, status);
    }
}

int32_t check_parse(struct action *action, sluice_call *call, const sluice_reply *from, sluice_error *error) {
    char words[WORDS_TEXT];
    struct reply reply;
    (void)error;
    reply_read(&reply, from->body);
    words_of(action->settings, &reply, from, words);
    enum class refusal =
        reply.kind == REPLY_JSON ? verdicts_refusal(&action->verdicts, &reply, from->status) : CLASSES;
    if (refusal == CLASS_AUTH || from->status == 401 || from->status == 403)
        give(action, call, SLUICE_ALL_ROWS, SLUICE_VERDICT_REFUSED_AUTH, "auth", words, -1);
    else if (reply.kind != REPLY_JSON && from->status < 400)
        give(action, call, SLUICE_ALL_ROWS, SLUICE_VERDICT_RETRY_LATER, "foreign_reply", words,
             from->retry_after_ms);
    else if (refusal == CLASS_RETRY_LATER)
        give(action, call, SLUICE_ALL_ROWS, SLUICE_VERDICT_RETRY_LATER, "retry_later", words,
             from->retry_after_ms);
    else if (from->status >= 300) /* an error is no rejection: of the order it says nothing */
        give(action, call, 0, SLUICE_VERDICT_NO_NEWS, "refused", words, -1);
    else
        judge(action, call, &reply);
    reply_free(&reply);
    return SLUICE_OK;
}
