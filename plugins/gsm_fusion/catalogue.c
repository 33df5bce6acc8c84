/* catalogue.c - imeiservices: the services as a catalogue (SERVICES) and as records (PAGE). */
#include <sluice/amount.h>
#include <sluice/buffer.h>
#include <sluice/identity.h>
#include <sluice/text.h>

#include "query.h"
#include "services.h"

struct entry {
    sluice_service service;
    sluice_text must_read;
    char id[SERVICE_TEXT], price[AMOUNT_TEXT], currency[CURRENCY_TEXT];
};

/* A value of the catalogue; `-` and the empty text mean that there is none. */
static sluice_text value_of(const struct record *record, enum name name) {
    sluice_text value = record_value(record, name);
    return value.len == 0 || text_equal(value, TEXT("-")) ? (sluice_text){NULL, 0} : value;
}

static void read_price(const struct record *record, struct entry *entry) {
    sluice_text price = value_of(record, NAME_PACKAGEPRICE),
                full = value_of(record, NAME_PACKAGEPRICEWITHCURRENCY);
    sluice_service *service = &entry->service;
    service->price = amount_read(price, entry->price);
    if (!service->price.ptr)
        service->price = amount_read(full, entry->price);
    if (service->price.len && service->price.ptr[0] == '-')
        service->price = (sluice_text){NULL, 0};
    service->currency = amount_currency(full, entry->currency);
    if (!service->currency.ptr)
        service->currency = amount_currency(price, entry->currency);
}

static bool read_entry(const struct record *record, struct entry *entry) {
    sluice_text id = value_of(record, NAME_PACKAGEID);
    if (record->name != NAME_PACKAGE || !id.len)
        return false;
    sluice_text number = service_read(id, entry->id);
    entry->service = (sluice_service){
        .size = sizeof entry->service,
        .id = number.ptr ? number : id,
        .title = value_of(record, NAME_PACKAGETITLE),
        .category = value_of(record, NAME_CATEGORY),
        .time = value_of(record, NAME_TIMETAKEN),
    };
    entry->must_read = value_of(record, NAME_MUSTREAD);
    read_price(record, entry);
    return true;
}

static void on_service(void *state, const struct record *record) {
    struct exchange *exchange = state;
    struct entry entry;
    if (!exchange_error(exchange, record) && read_entry(record, &entry))
        exchange->provider->host->service(exchange->call, &entry.service);
}

const struct query query_services = {
    .op = SLUICE_OP_SERVICES,
    .action = "imeiservices",
    .state = sizeof(struct exchange),
    .record = on_service,
};

/* ---- as records --------------------------------------------------------------------------- */

const char *const services_adds[] = {"service_id", "title",     "price",  "currency", "category",
                                     "time",       "must_read", "fields", NULL};

/* The names of the service's own parameters, for the option `fields` of place. */
static void list_fields(const struct record *record, struct buffer *out) {
    for (uint32_t i = 0; i < record->count; i++) {
        sluice_text name = record_text(record, &record->fields[i]);
        if (record->fields[i].name != NAME_FIELDNAME || !name.len || text_equal(name, TEXT("-")))
            continue;
        if (out->length)
            buffer_string(out, ", ");
        buffer_add(out, name);
    }
}

static void on_page(void *state, const struct record *record) {
    struct exchange *exchange = state;
    struct buffer fields = {0};
    struct entry entry;
    if (exchange_error(exchange, record) || !read_entry(record, &entry))
        return;
    list_fields(record, &fields);
    const sluice_service *service = &entry.service;
    sluice_text values[] = {service->id,       service->title, service->price,  service->currency,
                            service->category, service->time,  entry.must_read, {fields.text, fields.length}};
    exchange->provider->host->record(exchange->call, values);
    buffer_free(&fields);
}

const struct query query_page = {
    .op = SLUICE_OP_PAGE,
    .action = "imeiservices",
    .state = sizeof(struct exchange),
    .record = on_page,
};
