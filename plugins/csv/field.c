#include "field.h"

#include <stdint.h>
#include <string.h>

enum { FORM_ROOM = 64 }; /* a longer name is none of ours */

/* In normal form. A field's own name needs no entry: it is among `fields`. */
static const struct alias {
    const char *form;
    const char *field;
} aliases[] = {
    {"imeino", "imei"},   {"imeinumber", "imei"},      {"imei1", "imei"},
    {"imei#", "imei"},    {"networkid", "service_id"}, {"packageid", "service_id"},
    {"imei2no", "imei2"}, {"imei2number", "imei2"},    {"findmyiphone", "fmi"},
};

static const char *const fields[] = {
    "imei",    "service_id", "order_id", "service_name", "imei2",      "credits",     "status",
    "carrier", "simlock",    "model",    "fmi",          "order_date", "result_code", "result_code_display",
    "notes",   "provider",   "account",  "raw_response",
};

/* Without case and separators. False: too long. */
static bool normal_form(sluice_text text, char form[FORM_ROOM]) {
    size_t n = 0;
    for (uint64_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\xc2' && i + 1 < text.len && text.ptr[i + 1] == '\xa0') { /* a non-breaking space */
            i++;
            continue;
        }
        if (strchr(" \t._-", c))
            continue;
        if (n == FORM_ROOM - 1)
            return false;
        form[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    form[n] = 0;
    return true;
}

bool field_same(sluice_text a, sluice_text b) {
    char one[FORM_ROOM], other[FORM_ROOM];
    if (a.len && a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0)
        return true;
    return normal_form(a, one) && normal_form(b, other) && *one && strcmp(one, other) == 0;
}

const char *field_known(sluice_text header) {
    char form[FORM_ROOM];
    if (!normal_form(header, form))
        return NULL;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(form, aliases[i].form) == 0)
            return aliases[i].field;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (field_same(header, (sluice_text){fields[i], strlen(fields[i])}))
            return fields[i];
    return NULL;
}
