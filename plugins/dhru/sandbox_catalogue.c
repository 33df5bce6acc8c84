/* imeiservicelist: with everything that makes real catalogues hard to read. The key that a service stands
 * under is never its id, blocks and groups are several, and what is empty is a list. */
#include <sluice/identity.h>
#include <sluice/text.h>

#include "sandbox.h"

static const struct sandbox_service services[] = {
    {"1739", "Apple Checks", "Apple Carrier + Sim-Lock & FMI check ⚡", "0.08", "Instant",
     "Check the IMEI <b>twice</b>.", "IMEI", NULL, true},
    {"1740", "Apple Checks", "#1 Apple Basic Info 🍏", "0.03", "1-5 Minutes", "", "IMEI", NULL, true},
    {"1752", "Apple Checks", "Apple Sold By & Coverage", "1.50", "1-24 Hours", "", "IMEI", NULL, true},
    {"1801", "Blacklist Checks", "Worldwide Blacklist Status 🌍", "0.02", "Instant", "", "IMEI", NULL, true},
    {"1850", "Samsung", "Samsung Info: Modèle, région, Knox", "0.10", "Instant", "", "IMEI", NULL, true},
    {"1900", "Carrier Unlocks", "AT&T USA – iPhone clean #premium", "1,234.50", "1-5 Days", "Clean only.",
     "IMEI", NULL, true},
    {"1901", "Carrier Unlocks", "T-Mobile USA, by policy id", "14.00", "2-7 Days", "Give the policy id.",
     "IMEI", "Policy id", true},
    {"1902", "Carrier Unlocks", "Orange France (suspended)", "22.00", "1-9 Days", "", "IMEI", NULL, false},
    {"1960", "Huawei", "Huawei Info (price on request)", "-", "-", "-", "IMEI", NULL, true},
    {"2001", "Server Services", "Tool activation, 12 months", "49.00", "Instant", "", "SERVER", NULL, true},
};

enum { COUNT = sizeof services / sizeof *services, FIRST_BLOCK = 5, FIRST_KEY = 101 };

const struct sandbox_service *sandbox_service_find(sluice_text id) {
    char room[SERVICE_TEXT];
    sluice_text number = service_read(id, room);
    for (size_t i = 0; i < COUNT; i++)
        if (number.len && text_is(number, services[i].id))
            return &services[i];
    return NULL;
}

static void write_custom(struct sandbox *sandbox, const char *name) {
    struct buffer *out = &sandbox->out;
    buffer_string(out, ",\"Requires.Custom\":");
    if (!name) {
        buffer_string(out, sandbox->settings->dialect == DIALECT_STRING ? "\"\"" : "[]");
        return;
    }
    buffer_string(out, "[{");
    sandbox_member(sandbox, "type", TEXT("serviceimei"));
    buffer_string(out, ",");
    sandbox_member(sandbox, "fieldname", text_of(name));
    buffer_string(out, ",");
    sandbox_member(sandbox, "required", TEXT("on"));
    buffer_string(out, "}]");
}

static void write_service(struct sandbox *sandbox, size_t index) {
    const struct sandbox_service *service = &services[index];
    struct buffer *out = &sandbox->out;
    buffer_format(out, "\"%zu\":{", FIRST_KEY + index);
    sandbox_member(sandbox, "SERVICEID", text_of(service->id));
    buffer_string(out, ",");
    sandbox_member(sandbox, "SERVICETYPE", text_of(service->type));
    buffer_string(out, ",");
    sandbox_member(sandbox, "SERVICENAME", text_of(service->title));
    buffer_string(out, ",");
    sandbox_member(sandbox, "CREDIT", text_of(service->price));
    buffer_string(out, ",");
    sandbox_member(sandbox, "TIME", text_of(service->time));
    buffer_string(out, ",");
    sandbox_member(sandbox, "INFO", text_of(service->info));
    buffer_string(out,
                  ",\"Requires.Network\":\"None\",\"Requires.Mobile\":\"None\",\"Requires.PIN\":\"None\"");
    write_custom(sandbox, service->custom);
    buffer_string(out, "}");
}

/* From service `i`: those of its group; returns the one behind them. */
static size_t write_group(struct sandbox *sandbox, size_t i, size_t end) {
    struct buffer *out = &sandbox->out;
    const char *group = services[i].group;
    buffer_json(out, text_of(group));
    buffer_string(out, ":{");
    sandbox_member(sandbox, "GROUPNAME", text_of(group));
    buffer_string(out, ",");
    sandbox_member(sandbox, "GROUPTYPE", text_of(services[i].type));
    buffer_string(out, ",\"SERVICES\":{");
    for (size_t first = i; i < end && strcmp(services[i].group, group) == 0; i++) {
        buffer_string(out, i > first ? "," : "");
        write_service(sandbox, i);
    }
    buffer_string(out, "}}");
    return i;
}

static void write_block(struct sandbox *sandbox, size_t from, size_t to) {
    struct buffer *out = &sandbox->out;
    buffer_string(out, "{");
    sandbox_member(sandbox, "MESSAGE", TEXT("IMEI Service List"));
    buffer_string(out, ",\"LIST\":{");
    while (from < to) {
        from = write_group(sandbox, from, to);
        buffer_string(out, ",");
    }
    buffer_format(out, "\"Empty %zu\":{", to);
    sandbox_member(sandbox, "GROUPNAME", TEXT("Nothing yet"));
    buffer_string(out, to == COUNT ? "}}}" : ",\"SERVICES\":[]}}}");
}

void sandbox_services(struct sandbox *sandbox) {
    struct buffer *out = &sandbox->out;
    buffer_string(out, "\"SUCCESS\":[");
    write_block(sandbox, 0, FIRST_BLOCK);
    buffer_string(out, ",");
    write_block(sandbox, FIRST_BLOCK, COUNT);
    buffer_string(out, ",{\"LIST\":[]}]");
}
