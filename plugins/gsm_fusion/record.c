#include "record.h"

#include <stdlib.h>

#include <sluice/text.h>

enum { RECORD_BYTES = 1024 * 1024, RECORD_FIELDS = 4096 };

/* ---- names -------------------------------------------------------------------------------- */

static const char *const names[NAME_COUNT] = {
    [NAME_OTHER] = "",
    [NAME_RESULT] = "result",
    [NAME_PACKAGES] = "packages",
    [NAME_IMEIS] = "imeis",
    [NAME_IMEIDUPLICATES] = "imeiduplicates",
    [NAME_IMEIERRORS] = "imeierrors",
    [NAME_ERROR] = "error",
    [NAME_PACKAGE] = "package",
    [NAME_CLIENT] = "client",
    [NAME_ID] = "id",
    [NAME_IMEI] = "imei",
    [NAME_STATUSID] = "statusid",
    [NAME_STATUS] = "status",
    [NAME_CODE] = "code",
    [NAME_REQUESTEDAT] = "requestedat",
    [NAME_CATEGORY] = "category",
    [NAME_PACKAGEID] = "packageid",
    [NAME_PACKAGETITLE] = "packagetitle",
    [NAME_PACKAGEPRICE] = "packageprice",
    [NAME_PACKAGEPRICEWITHCURRENCY] = "packagepricewithcurrency",
    [NAME_TIMETAKEN] = "timetaken",
    [NAME_MUSTREAD] = "mustread",
    [NAME_FIELDNAME] = "fieldname",
    [NAME_CLIENTCREDITS] = "clientcredits",
    [NAME_MAIL] = "mail",
    [NAME_CREDIT] = "credit",
    [NAME_CURRENCY] = "currency",
};

enum name name_find(const char *element) {
    for (int i = NAME_OTHER + 1; i < NAME_COUNT; i++)
        if (strcasecmp(element, names[i]) == 0)
            return (enum name)i;
    return NAME_OTHER;
}

/* ---- making one --------------------------------------------------------------------------- */

static bool grow(void **items, uint32_t *room, uint32_t needed, uint32_t most, size_t size) {
    uint32_t more = *room ? *room : 64;
    if (needed > most)
        return false;
    while (more < needed)
        more *= 2;
    void *grown = realloc(*items, more * size);
    if (!grown)
        return false;
    *items = grown;
    *room = more;
    return true;
}

void record_begin(struct record_maker *maker, enum name name, unsigned level) {
    maker->record.name = name;
    maker->record.count = 0;
    maker->text_length = 0;
    maker->field = NO_FIELD;
    maker->level = level;
}

bool record_enter(struct record_maker *maker, enum name name, const char *element, unsigned level) {
    struct record *record = &maker->record;
    if (record->count == maker->field_room && !grow((void **)&maker->fields, &maker->field_room,
                                                    record->count + 1, RECORD_FIELDS, sizeof *maker->fields))
        return false;
    maker->fields[record->count] =
        (struct field){.name = name, .element = element, .start = maker->text_length};
    maker->field = (int32_t)record->count++;
    maker->field_level = level;
    return true;
}

bool record_append(struct record_maker *maker, const char *text, uint32_t length) {
    uint32_t needed = maker->text_length + length;
    if (length > RECORD_BYTES)
        return false;
    if (needed > maker->text_room &&
        !grow((void **)&maker->text, &maker->text_room, needed, RECORD_BYTES, sizeof *maker->text))
        return false;
    memcpy(maker->text + maker->text_length, text, length);
    maker->text_length = needed;
    return true;
}

void record_leave(struct record_maker *maker, unsigned level) {
    if (maker->field == NO_FIELD)
        return;
    struct field *field = &maker->fields[maker->field];
    field->length = maker->text_length - field->start;
    if (level > maker->field_level &&
        text_is_blank((sluice_text){maker->text + field->start, field->length})) {
        maker->text_length = field->start;
        maker->record.count--;
    }
    maker->field = NO_FIELD;
}

const struct record *record_end(struct record_maker *maker) {
    maker->record.text = maker->text ? maker->text : "";
    maker->record.fields = maker->fields;
    maker->level = 0;
    return &maker->record;
}

void record_free(struct record_maker *maker) {
    free(maker->fields);
    free(maker->text);
}

/* ---- reading one -------------------------------------------------------------------------- */

sluice_text record_text(const struct record *record, const struct field *field) {
    return text_trim((sluice_text){record->text + field->start, field->length});
}

sluice_text record_value(const struct record *record, enum name name) {
    for (uint32_t i = 0; i < record->count; i++)
        if (record->fields[i].name == name)
            return record_text(record, &record->fields[i]);
    return (sluice_text){NULL, 0};
}
