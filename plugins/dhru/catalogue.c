/* catalogue.c - imeiservicelist: the services as a catalogue (SERVICES) and as records (PAGE). */
#include <sluice/amount.h>
#include <sluice/identity.h>
#include <sluice/json.h>
#include <sluice/text.h>

#include "query.h"
#include "services.h"

enum { FIELDS_MOST = 16 * 1024 };

const char *const services_adds[] = {"service_id", "title", "price",  "category", "type",
                                     "time",       "info",  "fields", NULL};

struct listing {
    const struct provider *provider;
    sluice_call *call;
    struct reply *reply;
    bool records;
    sluice_text group; /* its name */
};

struct entry {
    sluice_service service;
    char id[SERVICE_TEXT], price[AMOUNT_TEXT];
};

static sluice_text member(const struct listing *listing, sluice_text object, const char *name) {
    sluice_text text = text_trim(reply_member_text(listing->reply, object, name));
    return text.len ? text : (sluice_text){NULL, 0};
}

/* A service is known by its SERVICEID; the key that it stands under is another number. */
static bool read_entry(const struct listing *listing, sluice_text object, struct entry *entry) {
    sluice_text id = member(listing, object, "SERVICEID"), credit = member(listing, object, "CREDIT");
    if (!id.len)
        return false;
    sluice_text number = service_read(id, entry->id);
    entry->service = (sluice_service){
        .size = sizeof entry->service,
        .id = number.ptr ? number : id,
        .title = member(listing, object, "SERVICENAME"),
        .price = amount_read(credit, entry->price),
        .category = listing->group,
        .time = member(listing, object, "TIME"),
    };
    if (entry->service.price.len && entry->service.price.ptr[0] == '-')
        entry->service.price = (sluice_text){NULL, 0};
    return true;
}

/* ---- what an order needs ------------------------------------------------------------------- */

struct needs {
    const struct listing *listing;
    struct buffer text;
};

static void add_need(struct needs *needs, sluice_text name) {
    if (!name.len)
        return;
    buffer_string(&needs->text, needs->text.length ? ", " : "");
    buffer_add(&needs->text, name);
}

static int add_custom(void *user, sluice_text item) {
    struct needs *needs = user;
    sluice_text name = member(needs->listing, item, "fieldname");
    add_need(needs, name.len ? name : member(needs->listing, item, "name"));
    return 0;
}

/* Requires.Network, …: "None", "" and [] ask for nothing. */
static void list_needs(struct needs *needs, sluice_text object) {
    static const sluice_text start = TEXT("Requires.");
    struct json_walk walk;
    sluice_text key, value;
    json_walk_object(&walk, object);
    while (json_next_member(&walk, &key, &value)) {
        sluice_text name = {key.ptr + 1, key.len - 2};
        if (!text_starts(name, start) || reply_is_empty(value) || json_is(value, "None"))
            continue;
        name = (sluice_text){name.ptr + start.len, name.len - start.len};
        if (text_same(name, TEXT("Custom")))
            reply_each_object(value, add_custom, needs);
        else
            add_need(needs, name);
    }
}

/* ---- one service --------------------------------------------------------------------------- */

static void give(const struct listing *listing, sluice_text object) {
    struct entry entry;
    struct needs needs = {.listing = listing, .text = {.most = FIELDS_MOST}};
    const sluice_host *host = listing->provider->host;
    if (!read_entry(listing, object, &entry))
        return;
    const sluice_service *service = &entry.service;
    if (!listing->records) {
        host->service(listing->call, service);
        return;
    }
    list_needs(&needs, object);
    sluice_text values[] = {service->id,
                            service->title,
                            service->price,
                            service->category,
                            member(listing, object, "SERVICETYPE"),
                            service->time,
                            member(listing, object, "INFO"),
                            {needs.text.text, needs.text.length}};
    host->record(listing->call, values);
    buffer_free(&needs.text);
}

static int take_service(void *user, sluice_text object) {
    give(user, object);
    return 0;
}

/* A group, or a service that stands outside of any. */
static int take_group(void *user, sluice_text object) {
    struct listing *listing = user;
    sluice_text services = reply_member(object, "SERVICES");
    listing->group = member(listing, object, "GROUPNAME");
    if (services.ptr)
        reply_each(services, take_service, listing);
    else
        give(listing, object);
    return 0;
}

static void read_list(const struct provider *provider, sluice_call *call, struct reply *reply,
                      sluice_text item) {
    struct listing listing = {
        .provider = provider, .call = call, .reply = reply, .records = call->op == SLUICE_OP_PAGE};
    reply_each(reply_member(item, "LIST"), take_group, &listing);
}

const struct query query_services = {
    .op = SLUICE_OP_SERVICES,
    .action = "imeiservicelist",
    .read = read_list,
};

const struct query query_page = {
    .op = SLUICE_OP_PAGE,
    .action = "imeiservicelist",
    .read = read_list,
};
