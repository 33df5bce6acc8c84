#include <sluice/identity.h>
#include <sluice/text.h>

#include "sandbox.h"

static const struct sandbox_service services[] = {
    {"1739", "Apple Checks", "Apple Carrier + Sim-Lock & FMI check ⚡", "0.08", "Instant",
     "Check the IMEI twice.", NULL},
    {"1740", "Apple Checks", "#1 Apple Basic Info 🍏", "0.03", "1-5 Minutes", "-", NULL},
    {"1752", "Apple Checks", "Apple Sold By & Coverage", "1.50", "1-24 Hours", "-", NULL},
    {"1760", "Apple Checks", "MDM Status (on/off)", "0.40", "Instant", "", NULL},
    {"1801", "Blacklist Checks", "Worldwide Blacklist Status 🌍", "0.02", "Instant", "-", NULL},
    {"1802", "Blacklist Checks", "Blacklist Pro: who, when & why", "2.25", "1-6 Hours", "-", NULL},
    {"1850", "Samsung", "Samsung Info: Modèle, région, Knox", "0.10", "Instant", "-", NULL},
    {"1851", "Samsung", "Samsung Unlock Code (EU) 🔓", "9.90", "1-3 Days", "No refund for wrong codes.", NULL},
    {"1900", "Carrier Unlocks", "AT&T USA – iPhone clean #premium", "1,234.50", "1-5 Days", "Clean only.",
     NULL},
    {"1901", "Carrier Unlocks", "T-Mobile USA, by policy id", "14.00", "2-7 Days", "Give the policy id.",
     "PolicyID"},
    {"1950", "Xiaomi", "Xiaomi Mi Account Info", "0.15", "Instant", "-", NULL},
    {"1960", "Huawei", "Huawei Info (price on request)", "-", "-", "-", NULL},
};

const struct sandbox_service *sandbox_service_find(sluice_text id) {
    char room[SERVICE_TEXT];
    sluice_text number = service_read(id, room);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (number.len && text_equal(number, text_of(services[i].id)))
            return &services[i];
    return NULL;
}

static void custom_field(struct sandbox *sandbox, const char *name) {
    buffer_string(&sandbox->out, "<CustomFields><CustomField>");
    sandbox_element(sandbox, "FieldLabel", TEXT("Policy id"));
    sandbox_element(sandbox, "FieldName", text_of(name));
    buffer_string(&sandbox->out,
                  "<MinQnt>-</MinQnt><MaxQnt>-</MaxQnt><MinLength>2</MinLength><MaxLength>12</MaxLength>"
                  "<UseAsQuantity>-</UseAsQuantity><UseAsIMEI>-</UseAsIMEI><Mandatory>1</Mandatory>"
                  "<FieldType>text</FieldType><FieldInfo></FieldInfo><FieldOptions></FieldOptions>"
                  "</CustomField></CustomFields>");
}

void sandbox_services(struct sandbox *sandbox) {
    struct buffer *out = &sandbox->out;
    buffer_string(out, "<Packages>");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const struct sandbox_service *service = &services[i];
        buffer_format(out, "<Package><CategoryId>%.2s</CategoryId>", service->id);
        sandbox_element(sandbox, "Category", text_of(service->category));
        sandbox_element(sandbox, "PackageId", text_of(service->id));
        sandbox_element(sandbox, "PackageTitle", text_of(service->title));
        sandbox_element(sandbox, "PackagePrice", text_of(service->price));
        if (service->price[0] != '-')
            buffer_format(out, "<PackagePriceWithCurrency>$ %s USD</PackagePriceWithCurrency>",
                          service->price);
        sandbox_element(sandbox, "TimeTaken", text_of(service->time));
        sandbox_element(sandbox, "MustRead", text_of(service->must_read));
        if (service->field)
            custom_field(sandbox, service->field);
        buffer_string(out, "</Package>");
    }
    buffer_string(out, "</Packages>");
}
