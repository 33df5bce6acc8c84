#include "option_text.h"

#include <string.h>

#include "text.h"
#include "value.h"

static const sluice_option *find(const sluice_component *type, sluice_text name) {
    for (uint32_t i = 0; i < type->option_count; i++)
        if (text_is(name, type->options[i].name))
            return &type->options[i];
    return NULL;
}

static int add_text(const sluice_option *row, sluice_text value, void *config, sluice_arena *arena,
                    sluice_error *error) {
    sluice_texts *list = (void *)((char *)config + row->offset);
    sluice_text *items = arena_array(arena, list->count + 1, sizeof *items);
    if (!items)
        return fail_memory(error);
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = arena_copy(arena, value);
    *list = (sluice_texts){items, list->count + 1};
    return 0;
}

/* The same key again adds a value to it. */
static int add_pair(const sluice_option *row, sluice_text key, sluice_text value, void *config,
                    sluice_arena *arena, sluice_error *error) {
    sluice_pairs *list = (void *)((char *)config + row->offset);
    sluice_pair *items = arena_array(arena, list->count + 1, sizeof *items);
    uint64_t at = 0;
    if (!items)
        return fail_memory(error);
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    while (at < list->count && !text_equal(items[at].key, key))
        at++;
    if (at == list->count)
        items[list->count++] = (sluice_pair){arena_copy(arena, key), {NULL, 0}};
    sluice_text *values = arena_array(arena, items[at].values.count + 1, sizeof *values);
    if (!values)
        return fail_memory(error);
    if (items[at].values.count)
        memcpy(values, items[at].values.items, items[at].values.count * sizeof *values);
    values[items[at].values.count] = arena_copy(arena, value);
    items[at].values = (sluice_texts){values, items[at].values.count + 1};
    list->items = items;
    return 0;
}

int option_text_defaults(const sluice_component *type, void *config, sluice_arena *arena,
                         sluice_error *error) {
    for (uint32_t i = 0; i < type->option_count; i++) {
        const sluice_option *row = &type->options[i];
        bool scalar = row->type != SLUICE_TYPE_PAIRS && row->type != SLUICE_TYPE_TEXTS;
        if (scalar && row->fallback && !strstr(row->fallback, "${") &&
            !value_store(row, text_of(row->fallback), config, arena, error))
            return fail_within(error, "the default of '%s'", row->name);
    }
    return 0;
}

int option_text_set(const sluice_component *type, const char *assignment, void *config, sluice_arena *arena,
                    sluice_error *error) {
    const char *equals = strchr(assignment, '=');
    if (!equals)
        return fail(error, SLUICE_E_CONFIG, "'%s' is not NAME=VALUE", assignment);
    sluice_text name = {assignment, (uint64_t)(equals - assignment)}, value = text_of(equals + 1),
                key = {NULL, 0};
    const char *dot = memchr(name.ptr, '.', name.len);
    if (dot) {
        key = (sluice_text){dot + 1, name.len - (uint64_t)(dot + 1 - name.ptr)};
        name.len = (uint64_t)(dot - name.ptr);
    }
    const sluice_option *row = find(type, name);
    if (!row)
        return fail(error, SLUICE_E_CONFIG, "'%s' has no option '%.*s'", type->name, TEXT_ARG(name));
    if (row->type == SLUICE_TYPE_TEXTS)
        return add_text(row, value, config, arena, error);
    if (row->type == SLUICE_TYPE_PAIRS)
        return add_pair(row, key, value, config, arena, error);
    return value_store(row, value, config, arena, error) ? 0 : fail_within(error, "option '%s'", row->name);
}
