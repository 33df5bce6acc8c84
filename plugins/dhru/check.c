#include "check.h"

#include <stdlib.h>

#include <sluice/identity.h>
#include <sluice/text.h>

#include "answer.h"
#include "base64.h"
#include "news.h"

struct check {
    struct provider provider;
    struct code code;
};

/* ---- open --------------------------------------------------------------------------------- */

int32_t check_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error) {
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    int32_t failed = provider_open(&check->provider, host, self, config, (sluice_text){NULL, 0}, error);
    if (failed)
        free(check);
    else
        *instance = check;
    return failed;
}

void check_close(void *instance) {
    struct check *check = instance;
    code_free(&check->code);
    free(check);
}

/* ---- build -------------------------------------------------------------------------------- */

static sluice_text cell(const sluice_row *row, sluice_text column) {
    int32_t at = sluice_find_column(row->batch, column.ptr, column.len);
    return at < 0 ? (sluice_text){NULL, 0} : text_trim(row->batch->cells[at][row->row]);
}

static int32_t read_row(struct check *check, const sluice_row *row, struct asked *asked,
                        sluice_request *request, sluice_error *error) {
    const sluice_host *host = check->provider.host;
    struct identifier identifier;
    sluice_text imei = cell(row, TEXT("imei"));
    asked->order_id = cell(row, TEXT("order_id"));
    if (!answer_is_order_id(asked->order_id))
        return host->fail(error, SLUICE_E_DATA, "'%.*s' is no order id of a Dhru site",
                          TEXT_ARG(text_cut(asked->order_id, 64)));
    int32_t answer = imei.len ? identifier_read(host, request->arena, imei, &identifier, error) : 1;
    if (answer < 0)
        return answer;
    asked->imei = answer ? imei : identifier.key;
    asked->imei_as_written = answer ? imei : identifier.wire;
    return SLUICE_OK;
}

static bool stands_before(const struct news *news, uint32_t row) {
    for (uint32_t i = 0; i < row; i++)
        if (text_equal(news->rows[i].order_id, news->rows[row].order_id))
            return true;
    return false;
}

/* base64 of {"o5000001": {"ID": "5000001"}, …} */
static void write_orders(const struct news *news, struct buffer *out) {
    struct buffer json = {0};
    for (uint32_t i = 0; i < news->row_count; i++) {
        sluice_text id = news->rows[i].order_id;
        if (stands_before(news, i))
            continue;
        buffer_format(&json, "%s\"%c%.*s\":", i ? "," : "{", NEWS_KEY, TEXT_ARG(id));
        parameters_json(&json, &(struct parameter){"ID", id}, 1);
    }
    buffer_string(&json, "}");
    base64_write(out, (sluice_text){json.text, json.length});
    out->failed |= json.failed;
    buffer_free(&json);
}

static struct news *begin(struct check *check, sluice_call *call, sluice_error *error) {
    struct news *news = calloc(1, sizeof *news + call->row_count * sizeof *news->rows);
    if (!news) {
        check->provider.host->fail(error, SLUICE_E_IO, "out of memory");
        return NULL;
    }
    news->provider = &check->provider;
    news->call = call;
    news->code = &check->code;
    news->row_count = call->row_count;
    call->state = news;
    return news;
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct check *check = instance;
    struct provider *provider = &check->provider;
    struct buffer text = {0};
    if (call->op != SLUICE_OP_CHECK || !call->row_count)
        return provider->host->fail(error, SLUICE_E_SOFTWARE, "dhru.check has no op %u", call->op);
    struct news *news = begin(check, call, error);
    if (!news)
        return error->code;
    for (uint32_t i = 0; i < call->row_count; i++) {
        int32_t failed = read_row(check, &call->rows[i], &news->rows[i], request, error);
        if (failed)
            return failed;
    }
    if (call->row_count > 1)
        write_orders(news, &text);
    else
        parameters_write(&text, (enum parameters_form)provider->settings->parameters,
                         &(struct parameter){"ID", news->rows[0].order_id}, 1);
    provider_request(provider, request, call->row_count > 1 ? "getimeiorderbulk" : "getimeiorder");
    return provider_parameters(provider, request, &text, error);
}

/* ---- parse -------------------------------------------------------------------------------- */

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    (void)instance, (void)error;
    news_read(call->state, reply);
    return SLUICE_OK;
}

static void finish(void *instance, sluice_call *call) {
    (void)instance;
    free(call->state);
    call->state = NULL;
}

const sluice_exchanger check_exchanger = {
    .size = sizeof check_exchanger,
    .build = build,
    .parse = parse,
    .finish = finish,
};
