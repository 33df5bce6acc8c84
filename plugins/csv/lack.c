#include "lack.h"

#include <stdio.h>

#include "field.h"

enum { NAMES_SAID = 1000 }; /* bytes of field names in a warning */

/* "; did you mean 'imei'?": fields are named exactly here, and a source's header isn't. */
static void suggest_field(const sluice_batch *batch, const struct layout_column *column, char *out,
                          size_t room) {
    *out = 0;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (field_same(name, column->field)) {
            snprintf(out, room, "; did you mean '%.*s'?", (int)name.len, name.ptr);
            return;
        }
        if (field_same(name, column->header))
            snprintf(out, room, "; the field stands first: {%.*s: %.*s}", (int)name.len, name.ptr,
                     (int)column->field.len, column->field.ptr);
    }
}

void lack_say_empty(const struct target *target, const sluice_batch *batch,
                    const struct layout_column *column) {
    char hint[200];
    suggest_field(batch, column, hint, sizeof hint);
    target->host->log(target->self, SLUICE_LOG_WARN,
                      "%s: the records have no field '%.*s', so its column stays empty%s", target->name,
                      (int)column->field.len, column->field.ptr, hint);
}

bool lack_has_extra(const struct layout *layout, const sluice_batch *batch) {
    uint32_t c = 0;
    while (c < batch->column_count && layout_has(layout, batch->names[c]))
        c++;
    return c < batch->column_count;
}

void lack_say_extra(const struct target *target, const struct layout *layout, const sluice_batch *batch) {
    char names[NAMES_SAID] = "";
    size_t used = 0;
    uint32_t more = 0;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (layout_has(layout, name))
            continue;
        if (more || used + name.len + sizeof ", ''" + sizeof " and 65535 more" > sizeof names)
            more++;
        else
            used += (size_t)snprintf(names + used, sizeof names - used, "%s'%.*s'", used ? ", " : "",
                                     (int)name.len, name.ptr);
    }
    if (more)
        snprintf(names + used, sizeof names - used, "%s%u more", used ? " and " : "", more);
    target->host->log(
        target->self, SLUICE_LOG_WARN,
        "%s: fields that came up after the header was written are left out: %s; list the fields "
        "in the option columns",
        target->name, names);
}
