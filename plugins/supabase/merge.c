#include "merge.h"

#include <stdlib.h>
#include <string.h>

#include "orders.h"

static bool is(sluice_text text, const char *name) {
    return text.len == strlen(name) && memcmp(text.ptr, name, text.len) == 0;
}

sluice_text merge_name(const struct merge *merge, uint32_t value) {
    return merge->table->columns[merge->values[value].target].name;
}

int32_t merge_find(const struct merge *merge, const char *name) {
    for (uint32_t i = 0; i < merge->count; i++)
        if (is(merge_name(merge, i), name))
            return (int32_t)i;
    return -1;
}

/* ---- which field goes where --------------------------------------------------------------- */

static uint32_t source_of(const sluice_batch *batch, sluice_text name) {
    int32_t column = sluice_find_column(batch, name.ptr, name.len);
    return column < 0 ? MERGE_ABSENT : (uint32_t)column;
}

static void add_value(struct merge *merge, uint32_t source, int32_t target) {
    merge->values[merge->count++] = (struct merge_value){source, (uint32_t)target};
}

/* order_id alone where that is unique, for it is the stricter key. */
static int choose_order_key(struct merge *merge, const sluice_batch *batch, const sluice_host *host,
                            sluice_error *error) {
    static const sluice_text names[] = {{"order_id", 8}, {"provider", 8}, {"account", 7}};
    uint32_t keys = table_has_key(merge->table, names, 1) ? 1 : table_has_key(merge->table, names, 3) ? 3 : 0;
    if (!keys)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "table %s: order_id isn't unique in it, so an order that is delivered twice would be there "
            "twice; run 'sluice store init'",
            merge->table->name);
    for (uint32_t i = 0; i < 3; i++) {
        int32_t target = table_find(merge->table, names[i]);
        if (target >= 0)
            add_value(merge, source_of(batch, names[i]), target);
    }
    merge->key_count = keys;
    return 0;
}

static int choose_key(struct merge *merge, sluice_texts keys, const sluice_batch *batch,
                      const sluice_host *host, sluice_error *error) {
    for (uint64_t i = 0; i < keys.count; i++) {
        int32_t target = table_find(merge->table, keys.items[i]);
        uint32_t source = source_of(batch, keys.items[i]);
        if (target < 0 || source == MERGE_ABSENT)
            return host->fail(
                error, SLUICE_E_CONFIG, "option 'conflict': %s no '%.*s'; name one that they have",
                target < 0 ? "the table has" : "the records have", (int)keys.items[i].len, keys.items[i].ptr);
        add_value(merge, source, target);
    }
    merge->key_count = merge->count;
    if (!table_has_key(merge->table, keys.items, keys.count))
        return host->fail(
            error, SLUICE_E_CONFIG,
            "option 'conflict': table %s has no unique key over just these columns; name some that "
            "have, or add one",
            merge->table->name);
    return 0;
}

static bool is_taken(const struct merge *merge, uint32_t target) {
    for (uint32_t i = 0; i < merge->count; i++)
        if (merge->values[i].target == target)
            return true;
    return false;
}

static bool is_stores_own(const struct merge *merge, uint32_t target) {
    sluice_text name = merge->table->columns[target].name;
    return merge->table->columns[target].generated ||
           (merge->orders && (is(name, "id") || is(name, "updated_at")));
}

static void choose_others(struct merge *merge, const sluice_batch *batch) {
    for (uint32_t c = 0; c < batch->column_count; c++) {
        int32_t target = table_find(merge->table, batch->names[c]);
        if (target < 0)
            sql_add(&merge->extra, "%s%.*s", merge->extra.length ? ", " : "", (int)batch->names[c].len,
                    batch->names[c].ptr);
        else if (!is_taken(merge, (uint32_t)target) && !is_stores_own(merge, (uint32_t)target))
            add_value(merge, c, target);
    }
}

static bool keep_names(struct merge *merge, const sluice_batch *batch) {
    uint64_t bytes = 0;
    for (uint32_t c = 0; c < batch->column_count; c++)
        bytes += batch->names[c].len;
    merge->names = malloc(batch->column_count * sizeof *merge->names + bytes + 1);
    if (!merge->names)
        return false;
    char *at = (char *)(merge->names + batch->column_count);
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (name.len)
            memcpy(at, name.ptr, name.len);
        merge->names[c] = (sluice_text){at, name.len};
        at += name.len;
    }
    merge->name_count = batch->column_count;
    return true;
}

int merge_make(struct merge *merge, const struct table *table, sluice_texts keys, bool orders,
               const sluice_batch *batch, const sluice_host *host, sluice_error *error) {
    merge_free(merge);
    merge->table = table;
    merge->orders = orders;
    merge->values = calloc(table->column_count + keys.count + 1, sizeof *merge->values);
    if (!merge->values || !keep_names(merge, batch))
        return host->fail(error, SLUICE_E_IO, "out of memory");
    int failed =
        orders ? choose_order_key(merge, batch, host, error) : choose_key(merge, keys, batch, host, error);
    if (!failed)
        choose_others(merge, batch);
    return failed;
}

void merge_free(struct merge *merge) {
    free(merge->values);
    free(merge->names);
    sql_free(&merge->extra);
    *merge = (struct merge){0};
}

bool merge_suits(const struct merge *merge, const sluice_batch *batch) {
    if (!merge->values || merge->name_count != batch->column_count)
        return false;
    for (uint32_t c = 0; c < batch->column_count; c++)
        if (merge->names[c].len != batch->names[c].len ||
            memcmp(merge->names[c].ptr, batch->names[c].ptr, batch->names[c].len) != 0)
            return false;
    return true;
}

/* ---- rows --------------------------------------------------------------------------------- */

/* Empty is null in a table of orders, so that it erases nothing; provider and account are of the key. */
sluice_text merge_cell(const struct merge *merge, const sluice_batch *batch, uint32_t row, uint32_t value) {
    uint32_t source = merge->values[value].source;
    sluice_text text = source == MERGE_ABSENT ? (sluice_text){NULL, 0} : batch->cells[source][row];
    sluice_text name = merge_name(merge, value);
    if (!merge->orders || text.len)
        return text;
    return (sluice_text){is(name, "provider") || is(name, "account") ? "" : NULL, 0};
}

void merge_add_copied(struct sql *data, const struct merge *merge, const sluice_batch *batch, uint32_t row,
                      uint32_t number) {
    sql_add(data, "%u", number);
    for (uint32_t i = 0; i < merge->count; i++) {
        sql_bytes(data, "\t", 1);
        sql_cell(data, merge_cell(merge, batch, row, i));
    }
    sql_bytes(data, "\n", 1);
}

void merge_add_literal(struct sql *data, const struct merge *merge, const sluice_batch *batch, uint32_t row,
                       uint32_t number) {
    sql_add(data, "%s(%u", data->length ? ", " : "", number);
    for (uint32_t i = 0; i < merge->count; i++) {
        sql_bytes(data, ", ", 2);
        sql_literal(data, merge_cell(merge, batch, row, i));
    }
    sql_bytes(data, ")", 1);
}
