#include "sandbox_table.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { FIRST_INDEX = 64 };

/* Where the key stands in the index, or the free place where it would. */
static size_t place(const struct sandbox_table *table, sluice_text key) {
    size_t i = text_hash(key) & (table->index_size - 1);
    while (table->index[i] && !text_equal(table->entries[table->index[i] - 1].key, key))
        i = (i + 1) & (table->index_size - 1);
    return i;
}

struct sandbox_entry *sandbox_table_find(const struct sandbox_table *table, sluice_text key) {
    if (!table->index_size)
        return NULL;
    uint32_t number = table->index[place(table, key)];
    return number ? &table->entries[number - 1] : NULL;
}

static bool grow_index(struct sandbox_table *table) {
    size_t size = table->index_size ? table->index_size * 2 : FIRST_INDEX;
    uint32_t *index = calloc(size, sizeof *index);
    if (!index)
        return false;
    free(table->index);
    table->index = index;
    table->index_size = size;
    for (size_t i = 0; i < table->count; i++)
        table->index[place(table, table->entries[i].key)] = (uint32_t)i + 1;
    return true;
}

static bool make_room(struct sandbox_table *table) {
    if (table->count * 2 >= table->index_size && !grow_index(table))
        return false;
    if (table->count < table->room)
        return true;
    size_t room = table->room ? table->room * 2 : FIRST_INDEX;
    struct sandbox_entry *entries =
        room < UINT32_MAX ? realloc(table->entries, room * sizeof *entries) : NULL;
    if (!entries)
        return false;
    table->entries = entries;
    table->room = room;
    return true;
}

static bool copy(sluice_text *out, sluice_text text) {
    char *bytes = malloc(text.len + 1);
    if (!bytes)
        return false;
    if (text.len)
        memcpy(bytes, text.ptr, text.len);
    *out = (sluice_text){bytes, text.len};
    return true;
}

static void let_go(sluice_text text) {
    free((void *)(uintptr_t)text.ptr);
}

struct sandbox_entry *sandbox_table_add(struct sandbox_table *table, sluice_text key) {
    struct sandbox_entry *found = sandbox_table_find(table, key);
    sluice_text own;
    if (found)
        return found;
    if (!make_room(table) || !copy(&own, key))
        return NULL;
    table->index[place(table, key)] = (uint32_t)table->count + 1;
    table->bytes += key.len + sizeof *found;
    found = &table->entries[table->count++];
    *found = (struct sandbox_entry){.key = own};
    return found;
}

bool sandbox_table_set(struct sandbox_table *table, struct sandbox_entry *entry, sluice_text value) {
    sluice_text own = {NULL, 0};
    if (value.ptr && !copy(&own, value))
        return false;
    table->bytes += own.len;
    table->bytes -= entry->value.len;
    let_go(entry->value);
    entry->value = own;
    return true;
}

void sandbox_table_free(struct sandbox_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        let_go(table->entries[i].key);
        let_go(table->entries[i].value);
    }
    free(table->entries);
    free(table->index);
    *table = (struct sandbox_table){0};
}
