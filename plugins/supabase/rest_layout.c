#include "rest_layout.h"

#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "rest_url.h"

/* ---- columns -------------------------------------------------------------------------------- */

static struct rest_column *find(const struct rest_columns *columns, sluice_text name) {
    for (uint32_t i = 0; i < columns->count; i++)
        if (text_is(name, columns->items[i].name))
            return &columns->items[i];
    return NULL;
}

bool rest_columns_want(struct rest_columns *columns, sluice_text name) {
    if (find(columns, name))
        return true;
    if (columns->count == columns->room) {
        uint32_t room = columns->room ? columns->room * 2 : 32;
        struct rest_column *more = realloc(columns->items, room * sizeof *more);
        if (!more)
            return false;
        columns->items = more;
        columns->room = room;
    }
    char *copy = strndup(name.ptr, name.len);
    if (copy)
        columns->items[columns->count++] = (struct rest_column){.name = copy};
    return copy != NULL;
}

enum rest_there rest_columns_find(const struct rest_columns *columns, sluice_text name) {
    const struct rest_column *column = find(columns, name);
    return column ? column->there : REST_UNKNOWN;
}

bool rest_columns_unknown(const struct rest_columns *columns, struct sql *url) {
    bool any = false;
    for (uint32_t i = 0; i < columns->count; i++) {
        if (columns->items[i].there != REST_UNKNOWN)
            continue;
        if (url && any)
            sql_add(url, ",");
        if (url)
            rest_url_name(url, text_of(columns->items[i].name));
        any = true;
    }
    return any;
}

/* column orders.nope does not exist; column "x y" does not exist; Could not find the 'nope' column of … */
bool rest_columns_miss(struct rest_columns *columns, const char *words) {
    struct rest_column *missing = NULL;
    for (uint32_t i = 0; i < columns->count; i++) {
        struct rest_column *column = &columns->items[i];
        const char *at = column->there == REST_UNKNOWN ? strstr(words, column->name) : NULL;
        size_t length = strlen(column->name);
        for (; at; at = strstr(at + 1, column->name)) {
            bool begins = at > words && strchr(" .'\"", at[-1]),
                 ends = at[length] && strchr(" '\"", at[length]);
            if (begins && ends && (!missing || strlen(missing->name) < length))
                missing = column;
        }
    }
    if (missing)
        missing->there = REST_MISSING;
    return missing != NULL;
}

void rest_columns_settle(struct rest_columns *columns) {
    for (uint32_t i = 0; i < columns->count; i++)
        if (columns->items[i].there == REST_UNKNOWN)
            columns->items[i].there = REST_THERE;
}

void rest_columns_free(struct rest_columns *columns) {
    for (uint32_t i = 0; i < columns->count; i++)
        free(columns->items[i].name);
    free(columns->items);
    *columns = (struct rest_columns){0};
}

/* ---- layout --------------------------------------------------------------------------------- */

static void add(struct rest_layout *layout, const sluice_batch *batch, sluice_text name) {
    int32_t source = sluice_find_column(batch, name.ptr, name.len);
    struct rest_value *value = &layout->values[layout->count];
    for (uint32_t i = 0; i < layout->count; i++)
        if (text_equal(layout->values[i].name, name))
            return;
    *value = (struct rest_value){.source = source < 0 ? REST_ABSENT : (uint32_t)source,
                                 .rule = layout->orders ? orders_rule(name) : MERGE_NEWS,
                                 .name = name};
    int32_t *known = text_is(name, "provider")  ? &layout->provider
                     : text_is(name, "account") ? &layout->account
                     : text_is(name, "imei")    ? &layout->imei
                     : text_is(name, "status")  ? &layout->status
                                                : NULL;
    if (known)
        *known = (int32_t)layout->count;
    layout->count++;
}

/* The names must outlive the batch. */
static bool keep_names(struct rest_layout *layout, const sluice_batch *batch) {
    uint64_t bytes = 0;
    for (uint32_t c = 0; c < batch->column_count; c++)
        bytes += batch->names[c].len;
    layout->names = malloc(batch->column_count * sizeof *layout->names + bytes + 1);
    if (!layout->names)
        return false;
    char *at = (char *)(layout->names + batch->column_count);
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (name.len)
            memcpy(at, name.ptr, name.len);
        layout->names[c] = (sluice_text){at, name.len};
        at += name.len;
    }
    layout->name_count = batch->column_count;
    return true;
}

static bool is_stores_own(const struct rest_layout *layout, sluice_text name) {
    return layout->orders && (text_is(name, "id") || text_is(name, "updated_at"));
}

bool rest_layout_make(struct rest_layout *layout, const struct rest_columns *columns, sluice_texts keys,
                      bool orders, const sluice_batch *batch) {
    static const sluice_text owners[] = {TEXT("provider"), TEXT("account")};
    rest_layout_free(layout);
    layout->orders = orders;
    layout->values = calloc(batch->column_count + keys.count + 2, sizeof *layout->values);
    if (!layout->values || !keep_names(layout, batch)) {
        rest_layout_free(layout);
        return false;
    }
    for (uint64_t i = 0; i < keys.count; i++)
        add(layout, batch, keys.items[i]);
    layout->key_count = layout->count;
    for (size_t i = 0; orders && i < 2; i++)
        if (rest_columns_find(columns, owners[i]) == REST_THERE)
            add(layout, batch, owners[i]);
    for (uint32_t c = 0; c < batch->column_count; c++) {
        if (rest_columns_find(columns, batch->names[c]) == REST_MISSING)
            sql_add(&layout->extra, "%s%.*s", layout->extra.length ? ", " : "", TEXT_ARG(batch->names[c]));
        else if (!is_stores_own(layout, batch->names[c]))
            add(layout, batch, layout->names[c]);
    }
    return !layout->extra.failed;
}

bool rest_layout_suits(const struct rest_layout *layout, const sluice_batch *batch) {
    if (!layout->values || layout->name_count != batch->column_count)
        return false;
    for (uint32_t c = 0; c < batch->column_count; c++)
        if (!text_equal(layout->names[c], batch->names[c]))
            return false;
    return true;
}

void rest_layout_free(struct rest_layout *layout) {
    free(layout->values);
    free(layout->names);
    sql_free(&layout->extra);
    *layout = (struct rest_layout){.provider = -1, .account = -1, .imei = -1, .status = -1};
}
