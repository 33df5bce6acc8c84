#include "layout.h"

#include <stdlib.h>
#include <string.h>

static bool room_for(struct layout *layout, uint64_t count) {
    *layout = (struct layout){.columns = calloc(count ? count : 1, sizeof *layout->columns)};
    layout->count = (uint32_t)count;
    return layout->columns != NULL;
}

void layout_free(struct layout *layout) {
    free(layout->columns);
    free(layout->memory);
    free(layout->wider);
    *layout = (struct layout){0};
}

bool layout_from_option(struct layout *layout, sluice_pairs chosen) {
    if (!room_for(layout, chosen.count))
        return false;
    for (uint64_t i = 0; i < chosen.count; i++) {
        const sluice_pair *pair = &chosen.items[i];
        layout->columns[i] = (struct layout_column){
            .field = pair->key, .header = pair->values.count ? pair->values.items[0] : pair->key};
    }
    return true;
}

bool layout_from_names(struct layout *layout, const sluice_text *names, uint32_t count) {
    uint64_t bytes = 1;
    for (uint32_t c = 0; c < count; c++)
        bytes += names[c].len;
    if (!room_for(layout, count))
        return false;
    char *at = layout->memory = malloc(bytes);
    if (!at)
        return false;
    for (uint32_t c = 0; c < count; c++) {
        sluice_text name = {at, names[c].len};
        if (name.len)
            memcpy(at, names[c].ptr, name.len);
        at += name.len;
        layout->columns[c] = (struct layout_column){.field = name, .header = name};
    }
    return true;
}

bool layout_join(struct layout *layout, const sluice_batch *batch) {
    struct layout joined = {0};
    uint32_t count = layout->count;
    sluice_text *names = calloc((size_t)layout->count + batch->column_count + 1, sizeof *names);
    if (!names)
        return false;
    for (uint32_t c = 0; c < layout->count; c++)
        names[c] = layout->columns[c].field;
    for (uint32_t c = 0; c < batch->column_count; c++)
        if (!layout_has(layout, batch->names[c]))
            names[count++] = batch->names[c];
    bool good = layout_from_names(&joined, names, count);
    free(names);
    joined.may_lack = layout->may_lack;
    layout_free(good ? layout : &joined);
    if (good)
        *layout = joined;
    return good;
}

bool layout_gsm_fusion(struct layout *layout) {
    static const struct {
        const char *header, *field;
        enum layout_form form;
    } columns[] = {
        {"SERVICE", "service_name", LAYOUT_PLAIN},
        {"IMEI NO.", "imei", LAYOUT_PLAIN},
        {"CREDITS", "credits", LAYOUT_CREDITS},
        {"STATUS", "status", LAYOUT_PLAIN},
        {"CODE", "result_code_display", LAYOUT_CODE},
        {"IMEI 2", "imei2", LAYOUT_PLAIN},
        {"CARRIER", "carrier", LAYOUT_PLAIN},
        {"SIMLOCK", "simlock", LAYOUT_PLAIN},
        {"MODEL", "model", LAYOUT_PLAIN},
        {"FMI", "fmi", LAYOUT_PLAIN},
        {"ORDER DATE", "order_date", LAYOUT_DATE},
        {"NOTES", "notes", LAYOUT_PLAIN},
    };
    enum { COUNT = sizeof columns / sizeof *columns };
    if (!room_for(layout, COUNT))
        return false;
    for (uint32_t c = 0; c < COUNT; c++)
        layout->columns[c] = (struct layout_column){
            .header = {columns[c].header, strlen(columns[c].header)},
            .field = {columns[c].field, strlen(columns[c].field)},
            .form = columns[c].form,
        };
    return true;
}

static bool same(sluice_text a, sluice_text b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool layout_has(const struct layout *layout, sluice_text field) {
    uint32_t c = 0;
    while (c < layout->count && !same(layout->columns[c].field, field))
        c++;
    return c < layout->count;
}

static uint32_t find(const struct layout *layout, uint32_t from, sluice_text header) {
    while (from < layout->count && !same(layout->columns[from].header, header))
        from++;
    return from;
}

static bool has_all(const struct layout *layout, const sluice_text *header, uint32_t count) {
    uint32_t c = 0;
    while (c < count && find(layout, 0, header[c]) < count)
        c++;
    return count == layout->count && c == count;
}

bool layout_adopt(struct layout *layout, const sluice_text *header, uint32_t count) {
    if (!has_all(layout, header, count))
        return false;
    for (uint32_t c = 0; c < count; c++) {
        uint32_t found = find(layout, c, header[c]);
        if (found == count) /* a name that is there twice */
            return false;
        struct layout_column moved = layout->columns[found];
        layout->columns[found] = layout->columns[c];
        layout->columns[c] = moved;
    }
    return true;
}

static bool is_within(const struct layout *layout, const sluice_text *header, uint32_t count) {
    struct layout file = {.columns = calloc(count + 1, sizeof *file.columns), .count = count};
    bool good = file.columns && count > layout->count;
    for (uint32_t c = 0; good && c < count; c++)
        file.columns[c].header = header[c];
    for (uint32_t c = 0; good && c < count; c++)
        good = find(&file, c + 1, header[c]) == count; /* not twice */
    for (uint32_t c = 0; good && c < layout->count; c++)
        good = find(&file, 0, layout->columns[c].header) < count;
    free(file.columns);
    return good;
}

bool layout_widen(struct layout *layout, const sluice_text *header, uint32_t count) {
    uint64_t bytes = 1;
    for (uint32_t c = 0; c < count; c++)
        bytes += header[c].len;
    if (layout->wider || !is_within(layout, header, count))
        return false;
    struct layout_column *columns = calloc(count, sizeof *columns);
    char *at = layout->wider = malloc(bytes);
    if (!columns || !at) {
        free(columns);
        return false;
    }
    for (uint32_t c = 0; c < count; c++) {
        uint32_t found = find(layout, 0, header[c]);
        sluice_text name = {at, header[c].len};
        if (header[c].len)
            memcpy(at, header[c].ptr, header[c].len);
        at += header[c].len;
        columns[c] = found < layout->count ? layout->columns[found]
                                           : (struct layout_column){.field = name, .header = name};
    }
    free(layout->columns);
    layout->columns = columns;
    layout->count = count;
    return true;
}
