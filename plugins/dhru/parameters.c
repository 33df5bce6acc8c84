#include "parameters.h"

#include <string.h>

#include "base64.h"

static const char *entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

static void write_xml_text(struct buffer *out, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++) {
        const char *as = entity(text.ptr[i]);
        if (as)
            buffer_string(out, as);
        else
            buffer_add(out, (sluice_text){text.ptr + i, 1});
    }
}

static void write_xml(struct buffer *out, const struct parameter *list, uint32_t count) {
    buffer_string(out, "<PARAMETERS>");
    for (uint32_t i = 0; i < count; i++) {
        buffer_format(out, "<%s>", list[i].name);
        write_xml_text(out, list[i].value);
        buffer_format(out, "</%s>", list[i].name);
    }
    buffer_string(out, "</PARAMETERS>");
}

void parameters_json(struct buffer *out, const struct parameter *list, uint32_t count) {
    buffer_string(out, "{");
    for (uint32_t i = 0; i < count; i++) {
        buffer_string(out, i ? "," : "");
        buffer_json(out, (sluice_text){list[i].name, strlen(list[i].name)});
        buffer_string(out, ":");
        buffer_json(out, list[i].value);
    }
    buffer_string(out, "}");
}

void parameters_write(struct buffer *out, enum parameters_form form, const struct parameter *list,
                      uint32_t count) {
    struct buffer json = {0};
    if (form == PARAMETERS_XML) {
        write_xml(out, list, count);
        return;
    }
    parameters_json(&json, list, count);
    base64_write(out, (sluice_text){json.text, json.length});
    out->failed |= json.failed;
    buffer_free(&json);
}
