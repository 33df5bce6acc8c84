#include "place.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/text.h>

#include "answer.h"
#include "query.h"

/* An entry of the option `fields`. */
struct parameter {
    char *name;
    sluice_texts columns; /* the first that isn't empty is sent */
};

struct place {
    struct provider provider;
    sluice_text service; /* the option, in normal form; null: not given */
    char service_room[SERVICE_TEXT];
    struct parameter *parameters; /* sorted by name */
    uint64_t parameter_count;
};

/* order_id, service_id, service_name, credits, order_date, provider and account are the core's to say:
 * it knows the ledger, the catalogue and the clock. This action fills status, raw_response and imei. */
const char *const place_adds[] = {"order_id",     "status",   "service_name", "credits", "order_date",
                                  "raw_response", "provider", "account",      "imei",    NULL};

static const struct query *const queries[] = {&query_services, &query_balance, &query_orders, NULL};

/* ---- open --------------------------------------------------------------------------------- */

static int compare_parameters(const void *a, const void *b) {
    return strcmp(((const struct parameter *)a)->name, ((const struct parameter *)b)->name);
}

static bool is_reserved(const char *name) {
    static const char *const reserved[] = {"userId", "apiKey", "action", "networkId", "imei"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcasecmp(name, reserved[i]) == 0)
            return true;
    return false;
}

static int32_t take_parameters(struct place *place, sluice_error *error) {
    const sluice_host *host = place->provider.host;
    const sluice_pairs fields = place->provider.settings->fields;
    if (fields.count && place->provider.settings->list > 1)
        return host->fail(error, SLUICE_E_CONFIG, "'fields' are sent for one order at a time; set list to 1");
    place->parameters = calloc(fields.count + 1, sizeof *place->parameters);
    if (!place->parameters)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint64_t i = 0; i < fields.count; i++) {
        struct parameter *parameter = &place->parameters[place->parameter_count++];
        parameter->columns = fields.items[i].values;
        parameter->name = strndup(fields.items[i].key.ptr, fields.items[i].key.len);
        if (!parameter->name)
            return host->fail(error, SLUICE_E_IO, "out of memory");
        if (is_reserved(parameter->name))
            return host->fail(error, SLUICE_E_CONFIG,
                              "'fields' can't set %s: the action sends it itself; remove it",
                              parameter->name);
    }
    qsort(place->parameters, place->parameter_count, sizeof *place->parameters, compare_parameters);
    return SLUICE_OK;
}

static int32_t take_service(struct place *place, const sluice_host *host, const struct settings *settings,
                            sluice_error *error) {
    sluice_text option = text_trim(settings->service_id);
    if (!option.len)
        return SLUICE_OK;
    place->service = service_read(option, place->service_room);
    if (place->service.ptr)
        return SLUICE_OK;
    return host->fail(error, SLUICE_E_CONFIG,
                      "service_id '%.*s' is no service number; see 'sluice services gsm_fusion'",
                      TEXT_ARG(text_cut(option, 64)));
}

int32_t place_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error) {
    struct place *place = calloc(1, sizeof *place);
    if (!place)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    int32_t failed = take_service(place, host, config, error);
    if (!failed)
        failed = provider_open(&place->provider, host, self, config, place->service, error);
    if (!failed)
        failed = take_parameters(place, error);
    if (failed)
        place_close(place);
    else
        *instance = place;
    return failed;
}

void place_close(void *instance) {
    struct place *place = instance;
    for (uint64_t i = 0; i < place->parameter_count; i++)
        free(place->parameters[i].name);
    free(place->parameters);
    provider_close(&place->provider);
    free(place);
}

/* ---- rows --------------------------------------------------------------------------------- */

static sluice_text cell(const sluice_row *row, sluice_text column) {
    int32_t at = sluice_find_column(row->batch, column.ptr, column.len);
    return at < 0 ? (sluice_text){NULL, 0} : row->batch->cells[at][row->row];
}

static sluice_text parameter_value(const struct parameter *parameter, const sluice_row *row) {
    sluice_text value = {NULL, 0};
    for (uint64_t i = 0; i < parameter->columns.count && !value.len; i++)
        value = text_trim(cell(row, parameter->columns.items[i]));
    return value;
}

/* A column that isn't there at all is a slip in the pipeline, and orders without the parameter would be
 * paid for. */
static int32_t check_columns(const struct place *place, const sluice_row *row, sluice_error *error) {
    for (uint64_t p = 0; p < place->parameter_count; p++) {
        const sluice_texts columns = place->parameters[p].columns;
        for (uint64_t i = 0; i < columns.count; i++)
            if (sluice_find_column(row->batch, columns.items[i].ptr, columns.items[i].len) < 0)
                return place->provider.host->fail(
                    error, SLUICE_E_CONFIG,
                    "'fields' takes %s from the column '%.*s', which the records don't have",
                    place->parameters[p].name, TEXT_ARG(columns.items[i]));
    }
    return SLUICE_OK;
}

static uint64_t escaped_length(sluice_text text) {
    uint64_t length = text.len;
    for (uint64_t i = 0; i < text.len; i++)
        length += strchr("&=%", text.ptr[i]) && text.ptr[i] ? 2 : 0;
    return length;
}

static char *escape(char *out, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (strchr("&=%", text.ptr[i]) && text.ptr[i])
            out += sprintf(out, "%%%02X", (unsigned)text.ptr[i]);
        else
            *out++ = text.ptr[i];
    return out;
}

/* "mep=123&network=4": what else would be sent, in one way only. */
static int32_t canonical(const struct place *place, const sluice_row *row, sluice_arena *arena,
                         sluice_text *out, sluice_error *error) {
    const sluice_host *host = place->provider.host;
    uint64_t room = 1;
    int32_t failed = check_columns(place, row, error);
    if (failed)
        return failed;
    for (uint64_t p = 0; p < place->parameter_count; p++)
        room += strlen(place->parameters[p].name) +
                escaped_length(parameter_value(&place->parameters[p], row)) + 2;
    char *text = host->alloc(arena, room), *end = text;
    if (!text)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint64_t p = 0; p < place->parameter_count; p++) {
        sluice_text value = parameter_value(&place->parameters[p], row);
        if (!value.len)
            continue;
        end += sprintf(end, "%s%s=", end > text ? "&" : "", place->parameters[p].name);
        end = escape(end, value);
    }
    *out = (sluice_text){text, (uint64_t)(end - text)};
    return SLUICE_OK;
}

static int32_t refuse(sluice_identity *out, const char *code, const char *reason) {
    out->code = text_of(code);
    out->reason = text_of(reason);
    return 1;
}

/* The row's service, else the option's. 0, 1: refused, or a failure. */
static int32_t choose_service(const struct place *place, const sluice_row *row, sluice_arena *arena,
                              sluice_identity *out, sluice_error *error) {
    sluice_text own = text_trim(cell(row, TEXT("service_id")));
    if (!own.len && place->service.ptr) {
        out->service = place->service;
        return SLUICE_OK;
    }
    if (!own.len)
        return refuse(out, "no_service", "the row has no service_id, and neither has the pipeline");
    char *room = place->provider.host->alloc(arena, SERVICE_TEXT);
    if (!room)
        return place->provider.host->fail(error, SLUICE_E_IO, "out of memory");
    out->service = service_read(own, room);
    return out->service.ptr ? SLUICE_OK
                            : refuse(out, "invalid_service", "the row's service_id is no service number");
}

static int32_t identity(void *instance, const sluice_row *row, sluice_arena *arena, sluice_identity *out,
                        sluice_error *error) {
    const struct place *place = instance;
    struct identifier identifier;
    int32_t answer =
        identifier_read(place->provider.host, arena, cell(row, TEXT("imei")), &identifier, error);
    if (answer > 0)
        return refuse(out, identifier.code, identifier.reason);
    if (!answer)
        answer = choose_service(place, row, arena, out, error);
    out->identifier = identifier.key;
    if (!answer && place->parameter_count)
        answer = canonical(place, row, arena, &out->parameters, error);
    return answer;
}

/* ---- the paid call ------------------------------------------------------------------------ */

static int32_t read_rows(struct place *place, sluice_call *call, sluice_request *request,
                         sluice_error *error) {
    const sluice_host *host = place->provider.host;
    struct answer *answer = call->state;
    for (uint32_t i = 0; i < call->row_count; i++) {
        struct identifier identifier;
        int32_t failed =
            identifier_read(host, request->arena, cell(&call->rows[i], TEXT("imei")), &identifier, error);
        if (failed)
            return failed < 0 ? failed : host->fail(error, SLUICE_E_DATA, "%s", identifier.reason);
        answer->rows[i].key = identifier.key;
        answer->rows[i].wire = identifier.wire;
        answer->row_count++;
    }
    return SLUICE_OK;
}

static sluice_text comma_list(const struct answer *answer, const sluice_host *host, sluice_arena *arena) {
    uint64_t room = 1;
    if (answer->row_count == 1)
        return answer->rows[0].wire;
    for (uint32_t i = 0; i < answer->row_count; i++)
        room += answer->rows[i].wire.len + 1;
    char *text = host->alloc(arena, room), *end = text;
    for (uint32_t i = 0; text && i < answer->row_count; i++) {
        if (i)
            *end++ = ',';
        end = mempcpy(end, answer->rows[i].wire.ptr, answer->rows[i].wire.len);
    }
    return (sluice_text){text, text ? (uint64_t)(end - text) : 0};
}

static int32_t build_order(struct place *place, sluice_call *call, sluice_request *request,
                           sluice_error *error) {
    struct provider *provider = &place->provider;
    const sluice_host *host = provider->host;
    if (!call->row_count || !call->service.len)
        return host->fail(error, SLUICE_E_SOFTWARE, "an order needs a row and a service");
    if (!exchange_new(provider, call, sizeof(struct answer) + call->row_count * sizeof(struct answer_row),
                      answer_record, error))
        return error->code;
    int32_t failed = read_rows(place, call, request, error);
    if (failed)
        return failed;
    sluice_text imeis = comma_list(call->state, host, request->arena);
    if (!imeis.ptr)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    provider_request(provider, request, "placeorder");
    host->request_form(request, "networkId", call->service);
    host->request_form(request, "imei", imeis);
    for (uint64_t p = 0; p < place->parameter_count; p++) {
        sluice_text value = parameter_value(&place->parameters[p], &call->rows[0]);
        if (value.len)
            host->request_form(request, place->parameters[p].name, value);
    }
    return SLUICE_OK;
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct place *place = instance;
    if (call->op == SLUICE_OP_PLACE)
        return build_order(place, call, request, error);
    const struct query *query = query_find(queries, call->op);
    if (!query)
        return place->provider.host->fail(error, SLUICE_E_SOFTWARE, "gsm_fusion.place has no op %u",
                                          call->op);
    return query_build(query, &place->provider, call, request, error);
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    char came[REPLY_DESCRIPTION];
    (void)instance;
    if (call->op != SLUICE_OP_PLACE)
        return query_parse(query_find(queries, call->op), call, reply, error);
    enum reply_state state = exchange_read(call->state, reply, came);
    if (state != REPLY_OPEN)
        answer_end(call->state, reply, state, came);
    return SLUICE_OK;
}

static void finish(void *instance, sluice_call *call) {
    (void)instance;
    if (call->op == SLUICE_OP_PLACE && call->state)
        buffer_free(&((struct answer *)call->state)->notes);
    exchange_free(call);
}

const sluice_exchanger place_exchanger = {
    .size = sizeof place_exchanger,
    .build = build,
    .parse = parse,
    .finish = finish,
    .identity = identity,
};
