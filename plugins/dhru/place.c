#include "place.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/text.h>

#include "answer.h"
#include "base64.h"
#include "query.h"

enum { OWN_PARAMETERS = 3 }; /* ID, IMEI, CUSTOMFIELD */

/* An entry of the option `fields` or `custom`. */
struct field {
    char *name;
    sluice_texts columns; /* the first that isn't empty is sent */
};

/* Sorted by name. */
struct fields {
    struct field *items;
    uint32_t count;
};

struct place {
    struct provider provider;
    sluice_text service; /* the option, in normal form; null: not given */
    char service_room[SERVICE_TEXT];
    struct fields fields, custom;
};

/* The core knows the rest: this action fills status and raw_response. */
const char *const place_adds[] = {"order_id",     "status",   "service_name", "credits", "order_date",
                                  "raw_response", "provider", "account",      NULL};

static const struct query *const queries[] = {&query_services, &query_balance, &query_order, NULL};

/* ---- open --------------------------------------------------------------------------------- */

static int compare_fields(const void *a, const void *b) {
    return strcmp(((const struct field *)a)->name, ((const struct field *)b)->name);
}

/* A tag of the XML: in upper case, as servers want them. */
static const char *spoil(char *name) {
    static const char *const own[] = {"ID", "IMEI", "CUSTOMFIELD", "PARAMETERS"};
    for (char *at = name; *at; at++) {
        bool letter = (*at | 0x20) >= 'a' && (*at | 0x20) <= 'z';
        if (!letter && (at == name || !text_is_digit(*at)) && *at != '_')
            return "is no name of a parameter; letters, digits and _ are";
        if (letter)
            *at = (char)(*at & ~0x20);
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0)
            return "is the action's own to send; remove it";
    return *name ? NULL : "is empty";
}

static int32_t take_fields(struct place *place, sluice_pairs option, const char *name, struct fields *fields,
                           sluice_error *error) {
    const sluice_host *host = place->provider.host;
    fields->items = calloc(option.count + 1, sizeof *fields->items);
    if (!fields->items)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint64_t i = 0; i < option.count; i++) {
        struct field *field = &fields->items[fields->count++];
        field->columns = option.items[i].values;
        field->name = strndup(option.items[i].key.ptr, option.items[i].key.len);
        if (!field->name)
            return host->fail(error, SLUICE_E_IO, "out of memory");
        const char *wrong = fields == &place->fields ? spoil(field->name) : NULL;
        if (wrong)
            return host->fail(error, SLUICE_E_CONFIG, "'%s': '%s' %s", name, field->name, wrong);
    }
    qsort(fields->items, fields->count, sizeof *fields->items, compare_fields);
    for (uint32_t i = 1; i < fields->count; i++)
        if (strcmp(fields->items[i - 1].name, fields->items[i].name) == 0)
            return host->fail(error, SLUICE_E_CONFIG, "'%s' has %s twice", name, fields->items[i].name);
    return SLUICE_OK;
}

/* What the balance says is no proof: it also falls when somebody else orders on the account, and it rises
 * when an earlier order is rejected and paid back, just when this one is charged. */
static int32_t check_settle(const sluice_host *host, const struct settings *settings, sluice_error *error) {
    if (settings->settle == SETTLE_NONE)
        return SLUICE_OK;
    return host->fail(error, SLUICE_E_CONFIG,
                      "settle: balance can't be relied on: a refund, or anybody else's order on the account, "
                      "hides what was charged; remove it, look at the site's own list of orders, and say "
                      "what became of one with 'sluice ledger resolve'");
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
                      "service_id '%.*s' is no service number; see 'sluice services dhru'",
                      TEXT_ARG(text_cut(option, 64)));
}

int32_t place_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error) {
    const struct settings *settings = config;
    struct place *place = calloc(1, sizeof *place);
    if (!place)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    int32_t failed = take_service(place, host, settings, error);
    if (!failed)
        failed = check_settle(host, settings, error);
    if (!failed)
        failed = provider_open(&place->provider, host, self, settings, place->service, error);
    if (!failed)
        failed = take_fields(place, settings->fields, "fields", &place->fields, error);
    if (!failed)
        failed = take_fields(place, settings->custom, "custom", &place->custom, error);
    if (failed)
        place_close(place);
    else
        *instance = place;
    return failed;
}

static void free_fields(struct fields *fields) {
    for (uint32_t i = 0; i < fields->count; i++)
        free(fields->items[i].name);
    free(fields->items);
}

void place_close(void *instance) {
    struct place *place = instance;
    free_fields(&place->fields);
    free_fields(&place->custom);
    free(place);
}

/* ---- rows --------------------------------------------------------------------------------- */

static sluice_text cell(const sluice_row *row, sluice_text column) {
    int32_t at = sluice_find_column(row->batch, column.ptr, column.len);
    return at < 0 ? (sluice_text){NULL, 0} : row->batch->cells[at][row->row];
}

static sluice_text field_value(const struct field *field, const sluice_row *row) {
    sluice_text value = {NULL, 0};
    for (uint64_t i = 0; i < field->columns.count && !value.len; i++)
        value = text_trim(cell(row, field->columns.items[i]));
    return value;
}

/* A column that isn't there at all is a slip in the pipeline, and orders without the parameter would be paid
 * for. */
static int32_t check_columns(const struct place *place, const struct fields *fields, const sluice_row *row,
                             sluice_error *error) {
    for (uint32_t f = 0; f < fields->count; f++) {
        const sluice_texts columns = fields->items[f].columns;
        for (uint64_t i = 0; i < columns.count; i++)
            if (sluice_find_column(row->batch, columns.items[i].ptr, columns.items[i].len) < 0)
                return place->provider.host->fail(
                    error, SLUICE_E_CONFIG,
                    "'%s' is taken from the column '%.*s', which the records don't have",
                    fields->items[f].name, TEXT_ARG(columns.items[i]));
    }
    return SLUICE_OK;
}

static void write_fields(struct buffer *out, const struct fields *fields, const sluice_row *row) {
    const char *comma = "";
    buffer_string(out, "{");
    for (uint32_t f = 0; f < fields->count; f++) {
        sluice_text value = field_value(&fields->items[f], row);
        if (!value.len)
            continue;
        buffer_string(out, comma);
        buffer_json(out, text_of(fields->items[f].name));
        buffer_string(out, ":");
        buffer_json(out, value);
        comma = ",";
    }
    buffer_string(out, "}");
}

/* What else would be sent, in one way only; null: nothing. */
static int32_t canonical(const struct place *place, const sluice_row *row, sluice_arena *arena,
                         sluice_text *out, sluice_error *error) {
    const sluice_host *host = place->provider.host;
    struct buffer text = {0};
    int32_t failed = check_columns(place, &place->fields, row, error);
    if (!failed)
        failed = check_columns(place, &place->custom, row, error);
    if (failed)
        return failed;
    if (place->fields.count)
        write_fields(&text, &place->fields, row);
    if (place->custom.count)
        write_fields(&text, &place->custom, row);
    char *copy = text.failed ? NULL : host->alloc(arena, text.length + 1);
    if (copy)
        *out = (sluice_text){memcpy(copy, text.text, text.length), text.length};
    buffer_free(&text);
    return copy ? SLUICE_OK : host->fail(error, SLUICE_E_IO, "out of memory");
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
    if (!answer && place->fields.count + place->custom.count)
        answer = canonical(place, row, arena, &out->parameters, error);
    return answer;
}

/* ---- the paid call ------------------------------------------------------------------------ */

static struct answer *begin(struct place *place, sluice_call *call, sluice_error *error) {
    struct answer *answer = calloc(1, sizeof *answer + call->row_count * sizeof *answer->rows);
    if (!answer) {
        place->provider.host->fail(error, SLUICE_E_IO, "out of memory");
        return NULL;
    }
    answer->provider = &place->provider;
    answer->call = call;
    call->state = answer;
    return answer;
}

/* Several rows go by reference. */
static int32_t read_rows(struct place *place, sluice_call *call, sluice_request *request,
                         sluice_error *error) {
    const sluice_host *host = place->provider.host;
    struct answer *answer = call->state;
    for (uint32_t i = 0; i < call->row_count; i++) {
        struct answer_row *row = &answer->rows[i];
        struct identifier identifier;
        int32_t failed =
            identifier_read(host, request->arena, cell(&call->rows[i], TEXT("imei")), &identifier, error);
        if (failed)
            return failed < 0 ? failed : host->fail(error, SLUICE_E_DATA, "%s", identifier.reason);
        row->key = identifier.key;
        row->wire = identifier.wire;
        row->retry_after_ms = -1;
        if (call->row_count > 1)
            row->reference = call->client_refs[i];
        answer->row_count++;
    }
    return SLUICE_OK;
}

/* ID, IMEI, the fields, and CUSTOMFIELD: base64 of an object, whatever the rest is written in. `custom` holds
 * its text. */
static uint32_t list_parameters(const struct place *place, const sluice_call *call, uint32_t index,
                                struct parameter *list, struct buffer *custom) {
    const struct answer *answer = call->state;
    struct buffer json = {0};
    uint32_t count = 0;
    list[count++] = (struct parameter){"ID", call->service};
    list[count++] = (struct parameter){"IMEI", answer->rows[index].wire};
    for (uint32_t f = 0; f < place->fields.count; f++) {
        sluice_text value = field_value(&place->fields.items[f], &call->rows[index]);
        if (value.len)
            list[count++] = (struct parameter){place->fields.items[f].name, value};
    }
    if (!place->custom.count)
        return count;
    write_fields(&json, &place->custom, &call->rows[index]);
    custom->length = 0;
    base64_write(custom, (sluice_text){json.text, json.length});
    custom->failed |= json.failed;
    buffer_free(&json);
    list[count++] = (struct parameter){"CUSTOMFIELD", {custom->text, custom->length}};
    return count;
}

static void write_order(const struct place *place, const sluice_call *call, struct parameter *list,
                        struct buffer *out) {
    struct buffer custom = {0};
    uint32_t count = list_parameters(place, call, 0, list, &custom);
    parameters_write(out, (enum parameters_form)place->provider.settings->parameters, list, count);
    out->failed |= custom.failed;
    buffer_free(&custom);
}

/* base64 of {reference: {…}, …} */
static void write_orders(const struct place *place, const sluice_call *call, struct parameter *list,
                         struct buffer *out) {
    const struct answer *answer = call->state;
    struct buffer json = {0}, custom = {0};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t count = list_parameters(place, call, i, list, &custom);
        buffer_string(&json, i ? "," : "{");
        buffer_json(&json, answer->rows[i].reference);
        buffer_string(&json, ":");
        parameters_json(&json, list, count);
    }
    buffer_string(&json, "}");
    base64_write(out, (sluice_text){json.text, json.length});
    out->failed |= json.failed || custom.failed;
    buffer_free(&json);
    buffer_free(&custom);
}

static int32_t build_order(struct place *place, sluice_call *call, sluice_request *request,
                           sluice_error *error) {
    struct provider *provider = &place->provider;
    struct buffer text = {0};
    bool bulk = call->row_count > 1;
    if (!call->row_count || !call->service.len || (bulk && !call->client_refs))
        return provider->host->fail(error, SLUICE_E_SOFTWARE, "an order needs a row, a service, a reference");
    if (!begin(place, call, error))
        return error->code;
    int32_t failed = read_rows(place, call, request, error);
    if (failed)
        return failed;
    struct parameter *list = calloc(place->fields.count + OWN_PARAMETERS, sizeof *list);
    if (!list)
        return provider->host->fail(error, SLUICE_E_IO, "out of memory");
    if (bulk)
        write_orders(place, call, list, &text);
    else
        write_order(place, call, list, &text);
    free(list);
    provider_request(provider, request, bulk ? "placeimeiorderbulk" : "placeimeiorder");
    return provider_parameters(provider, request, &text, error);
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct place *place = instance;
    if (call->op == SLUICE_OP_PLACE)
        return build_order(place, call, request, error);
    return query_build(queries, &place->provider, call, request, error);
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    struct place *place = instance;
    if (call->op != SLUICE_OP_PLACE)
        return query_parse(queries, &place->provider, call, reply, error);
    answer_read(call->state, reply);
    return SLUICE_OK;
}

static void finish(void *instance, sluice_call *call) {
    (void)instance;
    free(call->state);
    call->state = NULL;
}

const sluice_exchanger place_exchanger = {
    .size = sizeof place_exchanger,
    .build = build,
    .parse = parse,
    .finish = finish,
    .identity = identity,
};
