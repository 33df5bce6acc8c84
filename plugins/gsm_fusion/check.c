#include "check.h"

#include <stdlib.h>

#include <sluice/text.h>

#include "news.h"

struct check {
    struct provider provider;
    struct news_writer writer;
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
    provider_close(&check->provider);
    news_writer_free(&check->writer);
    free(check);
}

/* ---- build -------------------------------------------------------------------------------- */

static sluice_text cell(const sluice_row *row, sluice_text column) {
    int32_t at = sluice_find_column(row->batch, column.ptr, column.len);
    return at < 0 ? (sluice_text){NULL, 0} : text_trim(row->batch->cells[at][row->row]);
}

/* Part of a list of ids: a comma in one would ask for two orders, and 0 asks for all there are. */
static bool is_order_id(sluice_text id) {
    bool zero = true;
    for (uint64_t i = 0; i < id.len; i++) {
        char c = id.ptr[i], letter = (char)(c | 0x20);
        if (!text_is_digit(c) && !(letter >= 'a' && letter <= 'z') && c != '-' && c != '_')
            return false;
        zero &= c == '0';
    }
    return !zero && id.len <= ORDER_ID_MOST;
}

static int32_t read_row(struct check *check, const sluice_row *row, struct asked *asked,
                        sluice_request *request, sluice_error *error) {
    const sluice_host *host = check->provider.host;
    struct identifier identifier;
    sluice_text imei = cell(row, TEXT("imei"));
    asked->order_id = cell(row, TEXT("order_id"));
    if (!is_order_id(asked->order_id))
        return host->fail(error, SLUICE_E_DATA, "'%.*s' is no order id of a GSM Fusion site",
                          TEXT_ARG(text_cut(asked->order_id, 64)));
    int32_t answer = imei.len ? identifier_read(host, request->arena, imei, &identifier, error) : 1;
    if (answer < 0)
        return answer;
    asked->imei = answer ? imei : identifier.key;
    asked->imei_as_written = answer ? imei : identifier.wire;
    return SLUICE_OK;
}

static sluice_text comma_list(const struct news *news, const sluice_host *host, sluice_arena *arena) {
    uint64_t room = 1;
    for (uint32_t i = 0; i < news->row_count; i++)
        room += news->rows[i].order_id.len + 1;
    char *text = host->alloc(arena, room), *end = text;
    for (uint32_t i = 0; text && i < news->row_count; i++) {
        if (i)
            *end++ = ',';
        end = mempcpy(end, news->rows[i].order_id.ptr, news->rows[i].order_id.len);
    }
    return (sluice_text){text, text ? (uint64_t)(end - text) : 0};
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct check *check = instance;
    struct provider *provider = &check->provider;
    if (call->op != SLUICE_OP_CHECK || !call->row_count)
        return provider->host->fail(error, SLUICE_E_SOFTWARE, "gsm_fusion.check has no op %u", call->op);
    struct news *news =
        exchange_new(provider, call, sizeof *news + call->row_count * sizeof *news->rows, news_record, error);
    if (!news)
        return error->code;
    news->writer = &check->writer;
    news->row_count = call->row_count;
    for (uint32_t i = 0; i < call->row_count; i++) {
        int32_t failed = read_row(check, &call->rows[i], &news->rows[i], request, error);
        if (failed)
            return failed;
    }
    news_begin(news);
    sluice_text ids = comma_list(news, provider->host, request->arena);
    if (!ids.ptr)
        return provider->host->fail(error, SLUICE_E_IO, "out of memory");
    provider_request(provider, request, "getimeis");
    provider->host->request_form(request, "orderIds", ids);
    return SLUICE_OK;
}

/* ---- parse -------------------------------------------------------------------------------- */

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    char came[REPLY_DESCRIPTION];
    (void)instance, (void)error;
    enum reply_state state = exchange_read(call->state, reply, came);
    if (state != REPLY_OPEN)
        news_end(call->state, reply, state, came);
    return SLUICE_OK;
}

static void finish(void *instance, sluice_call *call) {
    (void)instance;
    exchange_free(call);
}

const sluice_exchanger check_exchanger = {
    .size = sizeof check_exchanger,
    .build = build,
    .parse = parse,
    .finish = finish,
};
