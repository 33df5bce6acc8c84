#include "layout.h"

#include <stdlib.h>
#include <string.h>

void layout_free(struct layout *layout) {
    free(layout->values);
    free(layout->names);
    free(layout->name_bytes);
    if (layout->extra)
        sqlite.free(layout->extra);
    *layout = (struct layout){0};
}

bool layout_suits(const struct layout *layout, const sluice_batch *batch) {
    if (!layout->values || layout->name_count != batch->column_count)
        return false;
    for (uint32_t c = 0; c < batch->column_count; c++)
        if (layout->names[c].len != batch->names[c].len ||
            memcmp(layout->names[c].ptr, batch->names[c].ptr, batch->names[c].len) != 0)
            return false;
    return true;
}

int32_t layout_find(const struct layout *layout, const struct table_info *info, const char *name) {
    int32_t column = table_info_find(info, (sluice_text){name, strlen(name)});
    for (uint32_t i = 0; i < layout->count && column >= 0; i++)
        if (layout->values[i].target == (uint32_t)column)
            return (int32_t)i;
    return -1;
}

static int remember_names(struct layout *layout, const sluice_batch *batch) {
    size_t bytes = 0;
    for (uint32_t c = 0; c < batch->column_count; c++)
        bytes += batch->names[c].len;
    layout->names = calloc(batch->column_count + 1u, sizeof *layout->names);
    char *at = layout->name_bytes = malloc(bytes + 1);
    if (!layout->names || !at)
        return -1;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        memcpy(at, batch->names[c].ptr, batch->names[c].len);
        layout->names[c] = (sluice_text){at, batch->names[c].len};
        at += batch->names[c].len;
    }
    layout->name_count = batch->column_count;
    return 0;
}

static bool is_taken(const struct layout *layout, uint32_t target) {
    for (uint32_t i = 0; i < layout->count; i++)
        if (layout->values[i].target == target)
            return true;
    return false;
}

uint32_t layout_field(const sluice_batch *batch, sluice_text name) {
    for (uint32_t c = 0; c < batch->column_count; c++)
        if (batch->names[c].len == name.len &&
            sqlite.strnicmp(batch->names[c].ptr, name.ptr, (int)name.len) == 0)
            return c;
    return LAYOUT_ABSENT;
}

static int add_keys(struct layout *layout, struct database *db, const sluice_batch *batch,
                    const struct table_info *info, sluice_texts keys, sluice_error *error) {
    for (uint64_t i = 0; i < keys.count; i++) {
        int32_t target = table_info_find(info, keys.items[i]);
        if (target < 0)
            return db->host->fail(
                error, SLUICE_E_CONFIG,
                "%s: option 'conflict': the table has no column '%.*s'; name a column with a unique "
                "value",
                db->path, (int)keys.items[i].len, keys.items[i].ptr);
        if (!is_taken(layout, (uint32_t)target))
            layout->values[layout->count++] =
                (struct layout_value){layout_field(batch, keys.items[i]), (uint32_t)target};
    }
    layout->key_count = layout->count;
    return 0;
}

static void add_fields(struct layout *layout, const sluice_batch *batch, const struct table_info *info,
                       bool (*skips)(const char *), sqlite3_str *extra) {
    const char *separator = "";
    for (uint32_t c = 0; c < batch->column_count; c++) {
        int32_t target = table_info_find(info, batch->names[c]);
        bool known = target >= 0 && !info->columns[target].hidden;
        if (known && skips && skips(info->columns[target].name))
            continue;
        if (known && !is_taken(layout, (uint32_t)target)) {
            layout->values[layout->count++] = (struct layout_value){c, (uint32_t)target};
        } else if (!known ||
                   layout->values[layout_find(layout, info, info->columns[target].name)].source != c) {
            sqlite.str_appendf(extra, "%s%.*s", separator, (int)batch->names[c].len, batch->names[c].ptr);
            separator = ", ";
        }
    }
}

int layout_make(struct layout *layout, struct database *db, const sluice_batch *batch,
                const struct table_info *info, sluice_texts keys, bool (*skips)(const char *column),
                sluice_error *error) {
    layout_free(layout);
    layout->values = calloc(keys.count + batch->column_count + 1, sizeof *layout->values);
    if (!layout->values || remember_names(layout, batch)) {
        layout_free(layout);
        return database_fail_memory(db, error);
    }
    int failed = add_keys(layout, db, batch, info, keys, error);
    if (failed) {
        layout_free(layout);
        return failed;
    }
    sqlite3_str *extra = sqlite.str_new(db->handle);
    add_fields(layout, batch, info, skips, extra);
    layout->extra = sqlite.str_finish(extra);
    return 0;
}
